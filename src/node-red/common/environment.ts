import type { Problem } from '../../base/fields/problems';
import { memberOf } from '../../base/records';

/** `${NAME}`, anywhere in a text. */
const REFERENCE = /\$\{([^{}]+)\}/g;
const WHOLE = /^\$\{([^{}]+)\}$/;
/** What Node-RED takes for a reference: only a whole text, also in an older spelling (@node-red/runtime 5.0, lib/flows/util.js). */
const REFERENCE_OF_NODE_RED = /^\$(?:\{\S+\}|\(\S+\))$/;

/** What Node-RED itself keeps in a node's definition: not part of a device's configuration. */
const RESERVED = new Set([
  'id',
  'type',
  'z',
  'g',
  'x',
  'y',
  'l',
  'd',
  'wires',
  'info',
  'icon',
  'inputLabels',
  'outputLabels',
  'credentials',
]);

/** `_alias`, `_users` and the like are Node-RED's, too. */
const isReserved = (key: string): boolean => RESERVED.has(key) || key.startsWith('_');

export interface Replaced {
  readonly value: Record<string, unknown>;
  /** References to variables that are not set, each with the field it stands in. */
  readonly problems: readonly Problem[];
}

/**
 * A node's definition without Node-RED's own fields, in which every `${NAME}` is replaced by what `lookup` answers. The definition stays
 * as it is; parts without references are its own.
 *
 * Node-RED replaces a reference only where it is the whole text of a field; here it may also be a part of it
 * (`tcp://${HOST}:1883`). A whole reference takes the variable's own type (a subflow's number stays a number).
 */
export function replaceEnvironment(
  definition: Readonly<Record<string, unknown>>,
  lookup: (name: string) => unknown,
  only?: OnlyWhere,
): Replaced {
  const problems: Problem[] = [];
  const known = Object.entries(definition).filter(([key]) => !isReserved(key));
  const replacing = { lookup, problems, isLimited: only !== undefined };
  const value = replaceIn(Object.fromEntries(known), only?.model, undefined, replacing);
  return { value: value as Record<string, unknown>, problems };
}

/**
 * What Node-RED makes of a value in a node's definition before the node gets it, for a part of a definition that it could not look into.
 * What is not set stays, and is found by `replaceEnvironment`, to which all goes.
 */
export function replaceAsNodeRed(value: unknown, lookup: (name: string) => unknown): unknown {
  if (typeof value === 'string') {
    const found = REFERENCE_OF_NODE_RED.test(value) ? lookup(value.slice(2, -1)) : undefined;
    return found === undefined ? value : found;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => replaceAsNodeRed(item, lookup));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceAsNodeRed(item, lookup)]));
}

/** References are replaced only where `model` has the same text in the same place; elsewhere each is a problem. */
export interface OnlyWhere {
  readonly model: unknown;
}

interface Replacing {
  readonly lookup: (name: string) => unknown;
  readonly problems: Problem[];
  readonly isLimited: boolean;
}

/** The same for credentials, which are texts. */
export function replaceInCredentials(
  credentials: object | undefined,
  lookup: (name: string) => unknown,
  only?: OnlyWhere,
): { readonly value: Record<string, string>; readonly problems: readonly Problem[] } {
  const { value, problems } = replaceEnvironment({ ...credentials }, lookup, only);
  const texts = Object.entries(value).map(([name, text]) => [
    name,
    typeof text === 'string' ? text : JSON.stringify(text),
  ]);
  return { value: Object.fromEntries(texts) as Record<string, string>, problems };
}

function replaceIn(value: unknown, model: unknown, path: Path | undefined, replacing: Replacing): unknown {
  if (typeof value === 'string') {
    if (!value.includes('${')) return value;
    return !replacing.isLimited || value === model
      ? replaceText(value, path, replacing)
      : refuseReferences(value, path, replacing.problems);
  }
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) =>
      replaceIn(
        item,
        replacing.isLimited ? memberOf(model, String(index)) : undefined,
        { step: index, path },
        replacing,
      ),
    );
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  let changed: Map<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    const inModel = replacing.isLimited ? memberOf(model, key) : undefined;
    const replaced = replaceIn(item, inModel, { step: key, path }, replacing);
    if (replaced === item) continue;
    changed ??= new Map(Object.entries(value));
    changed.set(key, replaced);
  }
  return changed === undefined ? value : Object.fromEntries(changed);
}

/** Where a value is: made a text only where something is wrong with it, as tables are long and mostly right. */
interface Path {
  readonly step: string | number;
  readonly path: Path | undefined;
}

function fieldOf(path: Path | undefined): string {
  if (path === undefined) return '';
  const above = fieldOf(path.path);
  if (typeof path.step === 'number') return `${above}[${path.step}]`;
  return above === '' ? path.step : `${above}.${path.step}`;
}

function refuseReferences(text: string, path: Path | undefined, problems: Problem[]): string {
  const [reference] = text.match(REFERENCE) ?? [];
  if (reference !== undefined) {
    const message = `${reference} is replaced only where the deployed node has it: deploy first`;
    problems.push({ field: fieldOf(path), message });
  }
  return text;
}

function replaceText(text: string, path: Path | undefined, { lookup, problems }: Replacing): unknown {
  const found = (name: string): unknown => {
    const value = lookup(name);
    if (value === undefined) {
      problems.push({ field: fieldOf(path), message: `the environment variable ${name} is not set` });
    }
    return value;
  };
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) return found(whole) ?? text;
  return text.replace(REFERENCE, (reference, name: string) => {
    const value = found(name);
    if (value === undefined || value === null) return reference;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
