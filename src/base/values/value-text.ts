import { bytesToBase64 } from './byte-text';
import { integerToJson } from './int64-json';

/**
 * A value as the specification publishes it: `23.5`, `true`, `42`, RFC 3339 for dates, Base64 for bytes, JSON for arrays
 * and objects, with their 64-bit integers as `type` has them. Undefined and null are the empty text.
 */
export function valueToText(value: unknown, type?: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && !(value instanceof Date) && !(value instanceof Uint8Array)) {
    return JSON.stringify(valueToJson(value, type));
  }
  return String(valueToJson(value));
}

/**
 * A value that JSON can carry without loss: a bigint as `integerToJson` has it, by its type where that is known, else by its
 * value; bytes as Base64; dates as ISO 8601 UTC; NaN and the infinities, for which JSON has nothing, as text. Arrays and
 * objects by their members, which count as of the same type. `integer`: another rule for each bigint.
 */
export function valueToJson(
  value: unknown,
  type?: string,
  integer: (value: bigint, type?: string) => unknown = integerToJson,
): unknown {
  if (typeof value === 'bigint') return integer(value, type);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return bytesToBase64(value);
  if (Array.isArray(value)) return value.map((item: unknown) => valueToJson(item, type, integer));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as Float64Array, (item: unknown) => valueToJson(item, type, integer));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, valueToJson(member, type, integer)]));
}
