import { isPlainRecord } from '../records';
import { show } from '../show';
import { base64ToBytes, bitsToBytes, bytesToBase64, bytesToBits, bytesToHex, hexToBytes } from './byte-text';
import { plainValue } from './plain-value';
import type { FloatType, IntegerType, ValueType } from './type-names';
import { floatBytes, integerFormat, integerRange, isFloatType, isIntegerType } from './type-names';

export type Coerced = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/**
 * A value from a flow, JSON or text as the true value of `type`, or what is wrong with it.
 *
 * | type | accepted | result |
 * |---|---|---|
 * | integers up to 32 bit | whole numbers in range, also as bigint or text (`42`, `-7`, `0x2a`) | number |
 * | int64, uint64 | the same; a number beyond 2^53 - 1 is refused, since it has lost digits already | bigint |
 * | float, double | finite numbers in range, also as bigint or text | number |
 * | boolean | true, false, 1, 0, and these as text | boolean |
 * | string | text, numbers, booleans | string |
 * | hexString, binaryString, base64String | text in that notation, or bytes | string: lower-case hex; bits; padded Base64 |
 * | datetime | Date, ms since the epoch, ISO 8601 text with a zone | Date |
 * | array, object | itself, or JSON text of one | array, object |
 *
 * Nothing is rounded here: 2.5 is not an int. For the result of inverse operations see `toTyped`.
 */
export function coerce(type: ValueType, value: unknown): Coerced {
  if (value === undefined || value === null) return refuse(`must be ${EXPECTED[type]}`, value);
  if (isIntegerType(type)) return toInteger(type, value);
  if (isFloatType(type)) return toFloat(type, value);
  switch (type) {
    case 'boolean':
      return toBoolean(value);
    case 'string':
      return toText(value);
    case 'hexString':
      return toByteText(type, value, hexToBytes, bytesToHex);
    case 'binaryString':
      return toByteText(type, value, bitsToBytes, bytesToBits);
    case 'base64String':
      return toByteText(type, value, base64ToBytes, bytesToBase64);
    case 'datetime':
      return toDate(value);
    case 'array':
    case 'object':
      return toJsonValue(type, value);
  }
}

const EXPECTED: Readonly<Record<ValueType, string>> = {
  int8: 'a whole number (int8)',
  int16: 'a whole number (int16)',
  int: 'a whole number (int)',
  int32: 'a whole number (int32)',
  int64: 'a whole number (int64)',
  uint8: 'a whole number (uint8)',
  uint16: 'a whole number (uint16)',
  uint: 'a whole number (uint)',
  uint32: 'a whole number (uint32)',
  uint64: 'a whole number (uint64)',
  float: 'a finite number (float)',
  float32: 'a finite number (float32)',
  double: 'a finite number (double)',
  float64: 'a finite number (float64)',
  boolean: 'true or false',
  string: 'text',
  hexString: 'whole bytes in hexadecimal, such as "0aff"',
  binaryString: 'whole bytes of the digits 0 and 1, such as "00001010"',
  base64String: 'Base64 text',
  datetime: 'a date and time with zone, such as "2026-01-31T12:00:00Z"',
  array: 'an array',
  object: 'an object',
};

const DECIMAL_NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const WHOLE_NUMBER = /^([+-]?)(\d+)(?:\.0*)?$/;
const HEX_NUMBER = /^0x[0-9a-f]+$/i;

/** Largest finite 32-bit float: (2 - 2^-23) x 2^127. */
const MAX_FLOAT32 = 3.4028234663852886e38;

/** Text longer than this is no number that any type could hold. */
const MAX_NUMBER_TEXT = 400;

const accept = (value: unknown): Coerced => ({ ok: true, value });
const refuse = (rule: string, value: unknown): Coerced => ({ ok: false, message: `${rule}, got ${show(value)}` });

function toInteger(type: IntegerType, value: unknown): Coerced {
  const range = integerRange(type);
  const wide = integerFormat(type).bytes === 8;
  const whole = wholeNumber(value);
  if (whole === undefined) return refuse(`must be ${EXPECTED[type]}`, value);
  if (wide && typeof value === 'number' && !Number.isSafeInteger(value)) {
    return refuse(
      `must be given as text or bigint beyond ${Number.MAX_SAFE_INTEGER}, where numbers lose digits`,
      value,
    );
  }
  if (whole < range.min || whole > range.max) {
    return refuse(`must be from ${String(range.min)} to ${String(range.max)} (${type})`, value);
  }
  return accept(wide ? whole : Number(whole));
}

/** A whole number of any size, given as number, bigint or text; undefined for everything else. */
export function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== 'string' || value.length > MAX_NUMBER_TEXT) return undefined;
  const text = value.trim();
  if (HEX_NUMBER.test(text)) return BigInt(text);
  const [, sign, digits] = WHOLE_NUMBER.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}

function toFloat(type: FloatType, value: unknown): Coerced {
  const number = floatNumber(value);
  if (number === undefined || !Number.isFinite(number)) return refuse(`must be ${EXPECTED[type]}`, value);
  if (floatBytes(type) === 4 && Math.abs(number) > MAX_FLOAT32) {
    return refuse(`must be from ${-MAX_FLOAT32} to ${MAX_FLOAT32} (${type})`, value);
  }
  return accept(number);
}

function floatNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.length > MAX_NUMBER_TEXT) return undefined;
  const text = value.trim();
  return DECIMAL_NUMBER.test(text) ? Number(text) : undefined;
}

function toBoolean(value: unknown): Coerced {
  const plain = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (plain === true || plain === 'true' || plain === 1 || plain === 1n || plain === '1') return accept(true);
  if (plain === false || plain === 'false' || plain === 0 || plain === 0n || plain === '0') return accept(false);
  return refuse(`must be ${EXPECTED.boolean}`, value);
}

function toText(value: unknown): Coerced {
  if (typeof value === 'string') return accept(value);
  const plain = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
  return plain ? accept(String(value)) : refuse(`must be ${EXPECTED.string}`, value);
}

function toByteText(
  type: ValueType,
  value: unknown,
  parse: (text: string) => Uint8Array | undefined,
  format: (bytes: Uint8Array) => string,
): Coerced {
  const bytes = value instanceof Uint8Array ? value : typeof value === 'string' ? parse(value) : undefined;
  return bytes === undefined ? refuse(`must be ${EXPECTED[type]}`, value) : accept(format(bytes));
}

/** ISO 8601 in the profile of RFC 3339; a date alone is midnight UTC. A time without a zone would mean another moment on every machine. */
const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/i;

function toDate(value: unknown): Coerced {
  const date = value instanceof Date || typeof value === 'number' ? new Date(value) : dateOfText(value);
  if (date === undefined || Number.isNaN(date.getTime())) return refuse(`must be ${EXPECTED.datetime}`, value);
  return accept(date);
}

function dateOfText(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const [, year, month, day] = ISO_DATE.exec(text) ?? [];
  if (year === undefined) return undefined;
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) > daysInMonth ? undefined : new Date(text.replace(' ', 'T').toUpperCase());
}

function toJsonValue(type: ValueType, value: unknown): Coerced {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (typeof value === 'string' && parsed !== undefined) {
    const plain = plainValue(parsed);
    if (!plain.ok) return plain;
  }
  const fits = type === 'array' ? Array.isArray(parsed) : isPlainRecord(parsed);
  return fits ? accept(parsed) : refuse(`must be ${EXPECTED[type]}`, value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
