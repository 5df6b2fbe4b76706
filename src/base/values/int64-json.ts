import { integerRange, isValueType } from './type-names';

/**
 * The one rule for integers in JSON, whose numbers hold whole values exactly up to 2^53 - 1 only (RFC 8259, section 6). No
 * digit is ever lost:
 *
 * - By the value, where the type is not known: a number as far as numbers are exact, from -(2^53 - 1) to 2^53 - 1, else
 *   decimal text.
 * - By the type, where it is given: always text for one whose range goes beyond that (`int64`, `uint64`), always a number
 *   for the others. Who reads one value after the other must not meet a counter as number today and as text tomorrow.
 */
export function integerToJson(value: bigint, type?: string): number | string {
  if (type !== undefined && isWideType(type)) return String(value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** Whether a declared type has integers that JSON numbers do not hold. False for what is no type of ours, or none. */
export function isWideType(type: string | undefined): boolean {
  const range = isValueType(type) ? integerRange(type) : undefined;
  return range !== undefined && range.max > BigInt(Number.MAX_SAFE_INTEGER);
}

/**
 * A value that is JSON already, with its integers as their declared type has them (`integerToJson`); also those of an array
 * of this type. What is no integer stays as it is.
 */
export function jsonByType(value: unknown, type: string | undefined): unknown {
  if (!isWideType(type)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => jsonByType(item, type));
  if (typeof value === 'bigint') return integerToJson(value, type);
  return typeof value === 'number' && Number.isInteger(value) ? integerToJson(BigInt(value), type) : value;
}

/**
 * The counterpart for what others have written, in decimal digits and without telling its type: a number if that has the
 * same digits, else the digits. So a float that is written without a point stays a number, however large.
 */
export function integerFromJson(digits: string): number | string {
  const number = Number(digits);
  return String(number) === digits ? number : digits;
}
