import { DeviceError, ErrorCode } from '../errors';
import { show } from '../show';
import { coerce } from './coerce';
import type { FloatType, IntegerType } from './type-names';
import { floatBytes, integerFormat, isFloatType } from './type-names';

export type NumberType = IntegerType | FloatType;

/** Bytes of a number. */
export const numberWidth = (type: NumberType): 1 | 2 | 4 | 8 =>
  isFloatType(type) ? floatBytes(type) : integerFormat(type).bytes;

/** What is decoded is brought in order here. */
const scratch = new Uint8Array(8);
const view = new DataView(scratch.buffer);

/** The number at the beginning of `view`. */
const READERS: Readonly<Record<NumberType, () => number | bigint>> = {
  int8: () => view.getInt8(0),
  int16: () => view.getInt16(0),
  int: () => view.getInt32(0),
  int32: () => view.getInt32(0),
  int64: () => view.getBigInt64(0),
  uint8: () => view.getUint8(0),
  uint16: () => view.getUint16(0),
  uint: () => view.getUint32(0),
  uint32: () => view.getUint32(0),
  uint64: () => view.getBigUint64(0),
  float: () => shortestFloat32(view.getFloat32(0)),
  float32: () => shortestFloat32(view.getFloat32(0)),
  double: () => view.getFloat64(0),
  float64: () => view.getFloat64(0),
};

/** The number in big-endian `bytes`, whose count fits `type` (8-bit types: one byte, or two of which the low one counts). */
export function decodeNumber(type: NumberType, bytes: Uint8Array): number | bigint {
  scratch.set(bytes.subarray(bytes.length - numberWidth(type)));
  return READERS[type]();
}

/** The number of which the bytes begin at `at`; there are as many as its type takes. */
export type NumberDecoder = (bytes: Uint8Array, at: number) => number | bigint;

/**
 * Prepared for numbers that are read again and again, without a view or a copy for each. `order`: where the bytes of the number
 * are, the most significant first, counted from the first.
 */
export function decoderInOrder(type: NumberType, order: readonly number[]): NumberDecoder {
  const [first = 0, second = 0] = order;
  if (type === 'uint16') return (bytes, at) => ((bytes[at + first] ?? 0) << 8) | (bytes[at + second] ?? 0);
  if (type === 'int16') {
    return (bytes, at) => (((bytes[at + first] ?? 0) << 24) >> 16) | (bytes[at + second] ?? 0);
  }
  const read = READERS[type];
  return (bytes, at) => {
    let end = 0;
    for (const place of order) scratch[end++] = bytes[at + place] ?? 0;
    return read();
  };
}

/** The big-endian bytes of a number; `length` is the type's width, or 2 for an 8-bit type in a register of its own. */
export function encodeNumber(type: NumberType, value: unknown, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const width = numberWidth(type);
  if (length !== width && !(width === 1 && length === 2)) {
    throw new DeviceError(ErrorCode.BAD_VALUE, `${type} takes ${width} bytes, not ${length}`);
  }
  if (isFloatType(type)) {
    const number = floatOf(type, value);
    if (length === 8) view.setFloat64(0, number);
    else view.setFloat32(0, number);
    return bytes;
  }
  const whole = integerOf(type, value);
  if (length === 8) view.setBigUint64(0, BigInt.asUintN(64, whole));
  else if (length === 4) view.setUint32(0, Number(BigInt.asUintN(32, whole)));
  else if (length === 2) view.setUint16(0, Number(BigInt.asUintN(16, whole)));
  else view.setUint8(0, Number(BigInt.asUintN(8, whole)));
  return bytes;
}

function integerOf(type: IntegerType, value: unknown): bigint {
  const coerced = coerce(type, value);
  if (!coerced.ok) throw new DeviceError(ErrorCode.BAD_VALUE, coerced.message);
  return BigInt(coerced.value as number | bigint);
}

/** NaN and the infinities have a byte form, although a flow may not write them (`coerce` refuses them). */
function floatOf(type: FloatType, value: unknown): number {
  if (typeof value === 'number' && !Number.isFinite(value)) return value;
  const coerced = coerce(type, value);
  if (!coerced.ok) throw new DeviceError(ErrorCode.BAD_VALUE, coerced.message);
  if (typeof coerced.value !== 'number')
    throw new DeviceError(ErrorCode.BAD_VALUE, `must be a number, got ${show(value)}`);
  return coerced.value;
}

/** Below this a 32-bit float has fewer digits the smaller it is (subnormal numbers). */
const SMALLEST_NORMAL_FLOAT32 = 2 ** -126;

/**
 * The decimal with the fewest digits that means the same 32-bit float. Every float has one of at most 9 significant
 * digits; a normal one that has a shorter one than 6 also gives it when rounded to 6.
 */
function shortestFloat32(value: number): number {
  if (!Number.isFinite(value) || Number.isInteger(value)) return value;
  const least = Math.abs(value) < SMALLEST_NORMAL_FLOAT32 ? 1 : 6;
  for (let digits = least; digits < 9; digits += 1) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}
