import { DeviceError, ErrorCode } from '../../base/errors';
import { integerToJson } from '../../base/values/index';

/** How deep a primitive may be nested, both ways; also what stops contents that contain themselves. */
export const MAX_DEPTH = 100;

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** Whether JSON.stringify writes `value` just as `toPlain` would have it: nearly always, and quicker found out than made. */
export function isPlain(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || (depth < MAX_DEPTH && hasPlainMembers(value, depth + 1));
    case 'bigint':
    case 'function':
    case 'symbol':
      return false;
  }
}

function hasPlainMembers(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth));
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || Object.hasOwn(value, '__proto__')) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], depth)) return false;
  return true;
}

/**
 * `value` as JSON knows it: bytes become Base64, times ISO text, Maps objects, Sets lists; members that are undefined are left out.
 * 64-bit integers become what `integerToJson` makes of their value: the same in JSON and CBOR, so that a flow sees no
 * difference. Throws a DeviceError BAD_VALUE that names the place of what cannot be written.
 */
export function toPlain(value: unknown, place = 'content', depth = 0): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw unwritable(place, `is ${value}, which is no number for a CSE`);
      return value;
    case 'bigint':
      return integer(value, place);
    case 'object':
      return value === null ? null : plainObject(value, place, depth);
    case 'function':
    case 'symbol':
      throw unwritable(place, `is a ${typeof value}`);
  }
}

function plainObject(value: object, place: string, depth: number): unknown {
  if (depth >= MAX_DEPTH) {
    throw unwritable(shortened(place), `contains itself, or is nested deeper than ${MAX_DEPTH} levels`);
  }
  if (value instanceof Uint8Array) return asBuffer(value).toString('base64');
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw unwritable(place, 'is an invalid date');
    return value.toISOString();
  }
  if (value instanceof Map) return plainMembers([...value] as [unknown, unknown][], place, depth);
  if (value instanceof Set || Array.isArray(value)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [...value];
    return Array.from(items, (item, index) => toPlain(item, `${place}[${index}]`, depth + 1) ?? null);
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return toPlain((value as { toJSON: () => unknown }).toJSON(), place, depth + 1);
  }
  return plainMembers(Object.entries(value), place, depth);
}

function plainMembers(entries: readonly (readonly [unknown, unknown])[], place: string, depth: number): object {
  const members: Record<string, unknown> = {};
  for (const [key, member] of entries) {
    const name = String(key);
    const plain = toPlain(member, `${place}.${name}`, depth + 1);
    if (plain !== undefined && name !== '__proto__') members[name] = plain;
  }
  return members;
}

function integer(value: bigint, place: string): number | string {
  if (value < MIN_INT64 || value > MAX_UINT64) throw unwritable(place, 'is an integer of more than 64 bits');
  return integerToJson(value);
}

/**
 * What a codec has decoded, in place, without members named `__proto__`. Throws a DeviceError BAD_RESPONSE when it is nested too
 * deep.
 */
export function guarded(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) {
    throw new DeviceError(ErrorCode.BAD_RESPONSE, `the payload is nested deeper than ${MAX_DEPTH} levels`);
  }
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) guarded(item, depth + 1);
    return value;
  }
  // JSON.parse makes it an ordinary member; who copies members one by one would set a prototype with it.
  if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__');
  for (const member of Object.values(value)) guarded(member, depth + 1);
  return value;
}

const unwritable = (place: string, problem: string): DeviceError =>
  new DeviceError(ErrorCode.BAD_VALUE, `${place} cannot be sent: it ${problem}`);

const shortened = (place: string): string => (place.length > 60 ? `${place.slice(0, 57)}...` : place);

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
