/** What Node-RED itself writes into a node of a flow. */
const GENERIC = ['id', 'type', 'z', 'x', 'y', 'g', 'd', 'l', 'wires', 'info', 'icon', 'inputLabels', 'outputLabels'];

/**
 * An example may name only types that are ours or Node-RED's, and of ours only properties that the node has (nested
 * ones too, where the default says what they are).
 *
 * @param {import('./sources.mjs').Sources} sources
 * @returns {string[]} problems
 */
export function checkExamples({ types, examples, coreTypes }) {
  const defaults = new Map(types.map(({ type, definition }) => [type, defaultsOf(definition)]));
  const problems = [];
  for (const { file, flow } of examples) {
    if (!Array.isArray(flow)) {
      problems.push(`${file}: must be a list of nodes`);
      continue;
    }
    const subflows = new Set(flow.filter(({ type }) => type === 'subflow').map(({ id }) => `subflow:${id}`));
    for (const node of flow) {
      const known = defaults.get(node.type);
      const place = `${file}: ${node.type} "${node.name ?? node.id}"`;
      if (known !== undefined) {
        const own = Object.fromEntries(Object.entries(node).filter(([name]) => !GENERIC.includes(name)));
        problems.push(...unknownKeys(own, known).map((name) => `${place}: unknown property ${name}`));
      } else if (!coreTypes.has(node.type) && !subflows.has(node.type)) {
        problems.push(`${place}: unknown type`);
      }
    }
  }
  return problems;
}

const defaultsOf = (definition) =>
  Object.fromEntries(Object.entries(definition.defaults).map(([name, { value }]) => [name, value]));

/** Paths in `given` that `known` has no key for; an empty object in `known` may hold anything. */
function unknownKeys(given, known, path = '') {
  return Object.entries(given).flatMap(([key, value]) => {
    if (!Object.hasOwn(known, key)) return [`${path}${key}`];
    const inner = known[key];
    const isNested = isPlainObject(value) && isPlainObject(inner) && Object.keys(inner).length > 0;
    return isNested ? unknownKeys(value, inner, `${path}${key}.`) : [];
  });
}

const isPlainObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
