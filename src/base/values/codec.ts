import { DeviceError, ErrorCode } from '../errors';
import { show } from '../show';
import { base64ToBytes, bitsToBytes, bytesToBase64, bytesToBits, bytesToHex, hexToBytes } from './byte-text';
import { coerce } from './coerce';
import {
  decodeNumber,
  decoderInOrder,
  encodeNumber,
  numberWidth,
  type NumberDecoder,
  type NumberType,
} from './number-codec';
import { isNumericType, type ValueType } from './type-names';

/**
 * How typed values lie in bytes. Pure: also runs in the editor.
 *
 * The order of a number's bytes on the wire, as the specification names it (0102 stands for a 16-bit value):
 *
 * | order | 16 bit | 32 bit | 64 bit |
 * |---|---|---|---|
 * | BigEndian | 01 02 | A B C D | 1 2 3 4 5 6 7 8 |
 * | BigEndianSwap | 01 02 | B A D C | 2 1 4 3 6 5 8 7 |
 * | LittleEndian | 02 01 | D C B A | 8 7 6 5 4 3 2 1 |
 * | LittleEndianSwap | 02 01 | C D A B | 7 8 5 6 3 4 1 2 |
 *
 * Byte strings (`string`, `hexString`, `binaryString`, `base64String`) are sequences, not numbers: BigEndian and
 * LittleEndian leave them as they are; the two Swap orders swap the two bytes of every 16-bit word (register), and
 * leave an odd last byte where it is.
 */
export const ENDIANNESSES = ['BigEndian', 'BigEndianSwap', 'LittleEndian', 'LittleEndianSwap'] as const;

export type Endianness = (typeof ENDIANNESSES)[number];

/** The number of bytes a value of `type` takes; undefined where any number will do (byte strings, boolean, datetime). */
export const byteLength = (type: ValueType): number | undefined =>
  isNumericType(type) ? numberWidth(type) : undefined;

/**
 * The value in `bytes`. Integers are numbers, 64-bit ones bigint; a 32-bit float is the shortest decimal that means the
 * same float (23.1, not 23.100000381469727); NaN and the infinities pass.
 *
 * - 8-bit integers may come in one 16-bit register: its low byte counts.
 * - `boolean`: not all bytes zero.
 * - `string`: UTF-8 without the trailing NULs; broken UTF-8 becomes U+FFFD.
 * - `datetime`: 4 bytes are seconds, 8 bytes milliseconds since 1970-01-01T00:00Z, both signed.
 *
 * Throws a DeviceError BAD_VALUE when the number of bytes does not fit, or for `array` and `object`, which have no byte form.
 */
export function decodeBytes(type: ValueType, bytes: Uint8Array, endianness: Endianness): unknown {
  if (isNumericType(type)) return decodeNumber(type, reorderNumber(numberBytes(type, bytes), endianness));
  switch (type) {
    case 'boolean':
      return bytes.some((byte) => byte !== 0);
    case 'string':
      return decodeText(reorderString(bytes, endianness));
    case 'hexString':
      return bytesToHex(reorderString(bytes, endianness));
    case 'binaryString':
      return bytesToBits(reorderString(bytes, endianness));
    case 'base64String':
      return bytesToBase64(reorderString(bytes, endianness));
    case 'datetime':
      return decodeDate(bytes, endianness);
    case 'array':
    case 'object':
      throw new DeviceError(ErrorCode.BAD_VALUE, `type ${type} has no form in bytes`);
  }
}

const numberDecoders = new Map<string, NumberDecoder>();

/** What `decodeBytes` makes of the bytes of a number, prepared once for all that are read again and again. */
export function numberDecoder(type: NumberType, endianness: Endianness): NumberDecoder {
  const kind = `${type} ${endianness}`;
  const known = numberDecoders.get(kind);
  if (known !== undefined) return known;
  const places = Uint8Array.from({ length: numberWidth(type) }, (_, place) => place);
  const decoder = decoderInOrder(type, [...reorderNumber(places, endianness)]);
  numberDecoders.set(kind, decoder);
  return decoder;
}

/**
 * The `length` bytes of `value`, the reverse of `decodeBytes`. Strings shorter than `length` are padded with NUL; longer
 * ones, values out of range and values of another type throw a DeviceError BAD_VALUE. An 8-bit integer written to a
 * 16-bit register keeps its sign.
 */
export function encodeValue(type: ValueType, value: unknown, endianness: Endianness, length: number): Uint8Array {
  if (isNumericType(type)) return reorderNumber(encodeNumber(type, value, length), endianness);
  const coerced = coerce(type, value);
  if (!coerced.ok) throw new DeviceError(ErrorCode.BAD_VALUE, coerced.message);
  switch (type) {
    case 'boolean':
      return reorderNumber(encodeFlag(coerced.value === true, length), endianness);
    case 'string':
      return encodeString(new TextEncoder().encode(coerced.value as string), endianness, length);
    case 'hexString':
      return encodeString(hexToBytes(coerced.value as string), endianness, length);
    case 'binaryString':
      return encodeString(bitsToBytes(coerced.value as string), endianness, length);
    case 'base64String':
      return encodeString(base64ToBytes(coerced.value as string), endianness, length);
    case 'datetime':
      return encodeDate(coerced.value as Date, endianness, length);
    case 'array':
    case 'object':
      throw new DeviceError(ErrorCode.BAD_VALUE, `type ${type} has no form in bytes`);
  }
}

/** A number's bytes between big-endian and the given order; the same both ways. Always a copy. */
/** Always a copy: `slice` of a Buffer is a view, and turning that round would change what others read. */
function reorderNumber(bytes: Uint8Array, endianness: Endianness): Uint8Array {
  const isWord = bytes.length === 2;
  const isSwapped = !isWord && (endianness === 'BigEndianSwap' || endianness === 'LittleEndianSwap');
  const copy = isSwapped ? swapWords(bytes) : new Uint8Array(bytes);
  return endianness.startsWith('Little') ? copy.reverse() : copy;
}

const reorderString = (bytes: Uint8Array, endianness: Endianness): Uint8Array =>
  endianness === 'BigEndianSwap' || endianness === 'LittleEndianSwap' ? swapWords(bytes) : bytes;

/** The two bytes of every 16-bit word swapped; an odd last byte stays. */
function swapWords(bytes: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(bytes);
  for (let index = 0; index + 1 < bytes.length; index += 2) {
    swapped.set([bytes[index + 1] ?? 0, bytes[index] ?? 0], index);
  }
  return swapped;
}

function numberBytes(type: NumberType, bytes: Uint8Array): Uint8Array {
  const width = numberWidth(type);
  if (bytes.length === width || (width === 1 && bytes.length === 2)) return bytes;
  throw new DeviceError(ErrorCode.BAD_VALUE, `${type} takes ${width} bytes, got ${bytes.length}`);
}

/** A decoder that keeps a byte order mark: it is part of the value. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function decodeText(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return utf8.decode(bytes.subarray(0, end));
}

function encodeString(bytes: Uint8Array | undefined, endianness: Endianness, length: number): Uint8Array {
  if (bytes === undefined || bytes.length > length) {
    throw new DeviceError(ErrorCode.BAD_VALUE, `must be at most ${length} bytes long, got ${bytes?.length ?? 0}`);
  }
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return reorderString(padded, endianness);
}

function encodeFlag(value: boolean, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (value) bytes[length - 1] = 1;
  return bytes;
}

function decodeDate(bytes: Uint8Array, endianness: Endianness): Date {
  const type = dateType(bytes.length);
  const count = Number(decodeNumber(type, reorderNumber(bytes, endianness)));
  const date = new Date(type === 'int32' ? count * 1000 : count);
  if (Number.isNaN(date.getTime()))
    throw new DeviceError(ErrorCode.BAD_VALUE, `${count} ms is beyond what a date can be`);
  return date;
}

function encodeDate(date: Date, endianness: Endianness, length: number): Uint8Array {
  const type = dateType(length);
  const count = type === 'int32' ? Math.floor(date.getTime() / 1000) : date.getTime();
  return reorderNumber(encodeNumber(type, count, length), endianness);
}

function dateType(length: number): 'int32' | 'int64' {
  if (length === 4) return 'int32';
  if (length === 8) return 'int64';
  throw new DeviceError(ErrorCode.BAD_VALUE, `a datetime takes 4 or 8 bytes, not ${show(length)}`);
}
