import { decodeBytes, encodeValue, numberDecoder } from '../../../base/values/codec';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { isNumericType } from '../../../base/values/index';
import type { ModbusProperty } from '../config/property';
import { REGISTERS } from '../pdu/registers';

/**
 * Between the bytes of Modbus messages and the values of properties: registers high byte first, bits packed with the lowest
 * address in the least significant bit, as on the wire.
 */

/**
 * The value of a property that begins at `at` in the data of an answer, which has all of it: `at` in bits where the table has
 * bits, else in bytes. Throws DeviceError BAD_VALUE.
 */
export type Decoder = (bytes: Uint8Array, at: number) => unknown;

export function decoderOf(property: ModbusProperty): Decoder {
  const { type, visitor } = property;
  const { register, quantity, endianness } = visitor;
  if (REGISTERS[register].bits) {
    if (type === 'boolean') return (bytes, at) => bitAt(bytes, at) === 1;
    return (bytes, at) => toHex(sliceBits(bytes, at, quantity));
  }
  if (type === 'boolean') {
    const mask = 1 << registerBit(property);
    return (bytes, at) => (wordAt(bytes, at) & mask) !== 0;
  }
  if (type === 'int8' || type === 'uint8') {
    const low = lowByte(property);
    const decode = numberDecoder(type, endianness);
    return (bytes, at) => decode(bytes, at + low);
  }
  if (isNumericType(type)) return numberDecoder(type, endianness);
  return (bytes, at) => {
    const value = decodeBytes(type, bytes.subarray(at, at + quantity * 2), endianness);
    return type === 'string' ? endOfText(String(value)) : value;
  };
}

/** A text ends at its first NUL, behind which devices leave what was there before; blanks at its end are padding. */
const endOfText = (text: string): string => (text.split('\0', 1)[0] ?? '').replace(/ +$/, '');

/** Packed bits for a coil property; unused bits of the last byte are 0. Throws DeviceError BAD_VALUE. */
export function encodeBits(property: ModbusProperty, value: unknown): Uint8Array {
  const { quantity } = property.visitor;
  if (property.type === 'boolean') {
    if (typeof value !== 'boolean') throw badValue(property, 'must be true or false');
    return Uint8Array.of(value ? 1 : 0);
  }
  const length = Math.ceil(quantity / 8);
  if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/i.test(value) || value.length !== length * 2) {
    throw badValue(property, `must be ${length * 2} hex digits for ${quantity} coils`);
  }
  const bits = Uint8Array.from({ length }, (_, index) => parseInt(value.slice(index * 2, index * 2 + 2), 16));
  const unused = length * 8 - quantity;
  if (((bits[length - 1] ?? 0) & (0xff << (8 - unused)) & 0xff) !== 0) {
    throw badValue(property, `must not set bits beyond the ${quantity} coils`);
  }
  return bits;
}

/** Register bytes of a value that is not a single bit. Throws DeviceError BAD_VALUE. */
export function encodeRegisters(property: ModbusProperty, value: unknown): Uint8Array {
  const { type, visitor } = property;
  if (type !== 'int8' && type !== 'uint8') return encodeValue(type, value, visitor.endianness, visitor.quantity * 2);
  const byte = encodeValue(type, value, visitor.endianness, 1)[0] ?? 0;
  const high = type === 'int8' && byte > 127 ? 0xff : 0;
  return lowByte(property) === 1 ? Uint8Array.of(high, byte) : Uint8Array.of(byte, high);
}

/** The bit of the register as on the wire that a boolean is: with a little-endian order the two bytes change places. */
export function registerBit(property: ModbusProperty): number {
  const bit = property.visitor.bit ?? 0;
  return lowByte(property) === 1 ? bit : bit ^ 8;
}

/** Which of a register's two bytes is the less significant. `BigEndianSwap` leaves a single register as it is. */
const lowByte = ({ visitor }: ModbusProperty): 0 | 1 => (visitor.endianness.startsWith('Little') ? 0 : 1);

function sliceBits(bytes: Uint8Array, first: number, quantity: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(quantity / 8));
  for (let index = 0; index < quantity; index++) {
    bits[index >> 3] = (bits[index >> 3] ?? 0) | (bitAt(bytes, first + index) << (index & 7));
  }
  return bits;
}

const bitAt = (bytes: Uint8Array, at: number): number => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1;

/** The register in two bytes as on the wire. */
export const wordAt = (bytes: Uint8Array, at = 0): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const badValue = (property: ModbusProperty, message: string): DeviceError =>
  new DeviceError(ErrorCode.BAD_VALUE, `${property.name}: ${message}`);
