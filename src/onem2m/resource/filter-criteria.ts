import { DeviceError, ErrorCode } from '../../base/errors';
import { describeProblems, FieldReader } from '../../base/fields/fields';
import { show } from '../../base/show';
import { describeTypes, isTypeNumber, resourceType } from './resource-types';
import { fromTimestamp, toWholeSeconds } from '../primitive/times';

/** Filter criteria (`fc`, TS-0001 8.1.2) by short names, and the names that flows may use for them. Pure: also runs in the editor. */

type FilterCriteria = Record<string, unknown>;

type Kind = 'time' | 'count' | 'types' | 'texts' | 'usage' | 'operation';

/** Short name, kind, names in flows. */
const CONDITIONS: readonly (readonly [shortName: string, kind: Kind, ...names: string[]])[] = [
  ['crb', 'time', 'createdBefore'],
  ['cra', 'time', 'createdAfter'],
  ['ms', 'time', 'modifiedSince'],
  ['us', 'time', 'unmodifiedSince'],
  ['sts', 'count', 'stateTagSmaller'],
  ['stb', 'count', 'stateTagBigger'],
  ['exb', 'time', 'expireBefore', 'expiresBefore'],
  ['exa', 'time', 'expireAfter', 'expiresAfter'],
  ['sza', 'count', 'sizeAbove'],
  ['szb', 'count', 'sizeBelow'],
  ['cty', 'texts', 'contentType'],
  ['lbl', 'texts', 'labels', 'label'],
  ['clbl', 'texts', 'childLabels'],
  ['palb', 'texts', 'parentLabels'],
  ['ty', 'types', 'type', 'types', 'resourceType'],
  ['chty', 'types', 'childType', 'childTypes'],
  ['pty', 'types', 'parentType', 'parentTypes'],
  ['fu', 'usage', 'filterUsage'],
  ['fo', 'operation', 'filterOperation'],
  ['lim', 'count', 'limit'],
  ['lvl', 'count', 'level'],
  ['ofst', 'count', 'offset'],
];

/** Names of conditions that pass as they are. */
const RENAMED: Readonly<Record<string, string>> = {
  labelsQuery: 'lbq',
  childAttribute: 'catr',
  parentAttribute: 'patr',
  semanticsFilter: 'smf',
  applyRelativePath: 'arp',
};

const USAGES = { discovery: 1, conditional: 2, ipeOnDemand: 3, discoveryBasedOperation: 4 } as const;
const OPERATIONS = { and: 1, or: 2, xor: 3 } as const;

const KINDS = new Map<string, Kind>(CONDITIONS.map(([shortName, kind]) => [shortName, kind]));
const SHORT_NAMES = new Map<string, string>([
  ...CONDITIONS.flatMap(([shortName, , ...names]) => names.map((name): [string, string] => [name, shortName])),
  ...Object.entries(RENAMED),
]);

/**
 * `fc` of a filter as a flow gives it: by short names, by the names above, any other attribute with the value it must have (also within
 * `attributes`). Times may be oneM2M's, ISO text, a Date or ms; types may be names. What is wrong goes to the reader's problems.
 */
export function toFilterCriteria(reader: FieldReader): FilterCriteria {
  const found = new Map<string, unknown>();
  for (const name of reader.keys()) {
    if (name === '__proto__' || reader.given(name) === undefined) continue;
    if (name === 'attributes') {
      const attributes = reader.object(name);
      for (const attribute of attributes.keys()) addCondition(found, attributes, attribute, attribute);
    } else {
      addCondition(found, reader, name, SHORT_NAMES.get(name) ?? name);
    }
  }
  return Object.fromEntries(found);
}

/** The same of a value in a message. Throws a DeviceError BAD_MESSAGE that names each wrong field below `field`. */
export function filterCriteriaOf(given: unknown, field: string): FilterCriteria {
  const reader = new FieldReader(given, field);
  const criteria = toFilterCriteria(reader);
  if (reader.problems.length > 0) throw new DeviceError(ErrorCode.BAD_MESSAGE, describeProblems(reader.problems));
  return criteria;
}

/** As parameters of a query (TS-0009 6.2.2.2): lists repeat their name (`ty=3&ty=4`). Absent and null conditions are left out. */
export function toQuery(criteria: Readonly<FilterCriteria>): [string, string][] {
  return Object.entries(criteria).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .filter((item) => item !== undefined && item !== null)
      .map((item): [string, string] => [name, typeof item === 'string' ? item : JSON.stringify(item)]),
  );
}

/**
 * The reverse. Types and counts become numbers, types also where they are joined by `+` (which a query reads as a space); conditions
 * that may have several values become lists, others only where they are repeated.
 */
export function fromQuery(query: Iterable<readonly [string, string]>): FilterCriteria {
  const values = new Map<string, unknown[]>();
  for (const [name, text] of query) {
    if (name === '' || name === '__proto__') continue;
    const kind = KINDS.get(name);
    const items = kind === 'types' ? text.split(/[+,\s]+/).filter((item) => item !== '') : [text];
    const isNumeric = kind !== undefined && kind !== 'time' && kind !== 'texts';
    const parsed = items.map((item) => (isNumeric && /^-?\d{1,15}$/.test(item) ? Number(item) : item));
    values.set(name, [...(values.get(name) ?? []), ...parsed]);
  }
  return Object.fromEntries(
    [...values].map(([name, items]) => [name, isList(name) || items.length > 1 ? items : items[0]]),
  );
}

const isList = (shortName: string): boolean => {
  const kind = KINDS.get(shortName);
  return kind === 'types' || (kind === 'texts' && shortName !== 'cty');
};

function addCondition(found: Map<string, unknown>, reader: FieldReader, name: string, shortName: string): void {
  const value = reader.given(name);
  if (value === undefined) return;
  const condition = read(reader, name, shortName, value);
  if (condition !== undefined) found.set(shortName, condition);
}

function read(reader: FieldReader, name: string, shortName: string, value: unknown): unknown {
  switch (KINDS.get(shortName)) {
    case 'time':
      return readTime(reader, name, shortName, value);
    case 'count':
      // No result at all is nothing to ask for.
      return reader.integer(name, 0, shortName === 'lim' ? 1 : 0, Number.MAX_SAFE_INTEGER);
    case 'types':
      return asList(value).map((item) => readType(reader, name, item));
    case 'texts':
      return asList(value).map((item) => readScalar(reader, name, item, String));
    case 'usage':
      return readNumberOrName(reader, name, value, USAGES);
    case 'operation':
      return readNumberOrName(reader, name, value, OPERATIONS);
    case undefined:
      return Array.isArray(value)
        ? value.map((item) => readScalar(reader, name, item))
        : readScalar(reader, name, value);
  }
}

/** What ends with a time is to hold all that is before it: a second that has begun counts. Those that begin with one take it in too. */
const END_OF_SECOND: ReadonlySet<string> = new Set(['crb', 'us', 'exb']);

function readTime(reader: FieldReader, name: string, shortName: string, value: unknown): string | undefined {
  if (typeof value === 'string' && /^\d{8}T\d{6}(?:,\d{1,6})?$/.test(value)) return value;
  const ms = value instanceof Date ? value.getTime() : typeof value === 'number' ? value : fromTimestamp(value);
  if (ms !== undefined && Number.isFinite(ms)) return toWholeSeconds(ms, END_OF_SECOND.has(shortName) ? 'up' : 'down');
  reader.fail(name, `must be a time (20261122T032406, ISO 8601, a Date or ms since 1970), got ${show(value)}`);
  return undefined;
}

function readType(reader: FieldReader, name: string, value: unknown): number {
  const ty = isTypeNumber(value) ? value : resourceType(value)?.ty;
  if (ty === undefined) reader.fail(name, `knows no type ${show(value)}; known are ${describeTypes()}`);
  return ty ?? 0;
}

function readNumberOrName(
  reader: FieldReader,
  name: string,
  value: unknown,
  names: Readonly<Record<string, number>>,
): number {
  if (typeof value === 'string' && Object.hasOwn(names, value)) return names[value] ?? 0;
  const highest = Math.max(...Object.values(names));
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= highest) return number;
  reader.fail(name, `must be one of ${Object.keys(names).join(', ')}, or 1 to ${highest}, got ${show(value)}`);
  return 1;
}

function readScalar(reader: FieldReader, name: string, value: unknown, convert = (item: unknown): unknown => item) {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return convert(value);
  reader.fail(name, `must be text, a number, true or false, got ${show(value)}`);
  return undefined;
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
