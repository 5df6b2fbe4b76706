/** Reads and writes nested values by the paths that problems name: `protocol.tcp.endpoint`, `properties[2].visitor.bit`. */

type Step = string | number;

function stepsOf(path: string): Step[] {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) =>
    index === undefined ? (name ?? '') : Number(index),
  );
}

const isContainer = (value: unknown): value is Record<Step, unknown> => typeof value === 'object' && value !== null;

/** The value at a path; undefined where the path leads nowhere. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const step of stepsOf(path)) {
    if (!isContainer(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** Sets the value at a path, making the objects on the way. `undefined` removes the last step's key. */
export function setAt(root: object, path: string, value: unknown): void {
  const steps = stepsOf(path);
  const last = steps.pop();
  if (last === undefined || [...steps, last].includes('__proto__')) return;
  let container = root as Record<Step, unknown>;
  for (const step of steps) {
    const inner = Object.hasOwn(container, step) ? container[step] : undefined;
    if (isContainer(inner)) {
      container = inner;
    } else {
      if (value === undefined) return;
      const made: Record<Step, unknown> = {};
      container[step] = made;
      container = made;
    }
  }
  if (value === undefined) Reflect.deleteProperty(container, last);
  else container[last] = value;
}
