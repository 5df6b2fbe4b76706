import { decodeBytes, encodeValue } from '../../../base/values/codec';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { ModbusProperty } from '../config/property';
import { REGISTERS, type AddressRange } from '../pdu/registers';

/**
 * Between the bytes of Modbus messages and the values of properties. `bytes` is the data of an answer that covers `range`,
 * as on the wire: registers high byte first, bits packed with the lowest address in the least significant bit.
 */
export function decodeProperty(property: ModbusProperty, bytes: Uint8Array, range: AddressRange): unknown {
  const { register, offset, quantity } = property.visitor;
  const first = offset - range.offset;
  if (REGISTERS[register].bits) {
    const bits = sliceBits(bytes, first, quantity);
    return property.type === 'boolean' ? bits[0] === 1 : toHex(bits);
  }
  return (
    decodeWord(property, bytes, first * 2) ??
    decodeRegisters(property, bytes.subarray(first * 2, (first + quantity) * 2))
  );
}

/** A 16-bit integer at `at`, which most registers are, without a view of its own; undefined for what is none. */
function decodeWord(property: ModbusProperty, bytes: Uint8Array, at: number): number | undefined {
  const { type, visitor } = property;
  if ((type !== 'uint16' && type !== 'int16') || visitor.quantity !== 1 || at + 2 > bytes.length) return undefined;
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  const word = lowByte(property) === 1 ? (first << 8) | second : (second << 8) | first;
  return type === 'int16' ? (word << 16) >> 16 : word;
}

/** A text ends at its first NUL, behind which devices leave what was there before; blanks at its end are padding. */
const endOfText = (text: string): string => (text.split('\0', 1)[0] ?? '').replace(/ +$/, '');

function decodeRegisters(property: ModbusProperty, bytes: Uint8Array): unknown {
  const { type, visitor } = property;
  if (type === 'boolean') return (wordAt(bytes) & (1 << registerBit(property))) !== 0;
  const low = lowByte(property);
  const isByte = type === 'int8' || type === 'uint8';
  const value = decodeBytes(type, isByte ? bytes.subarray(low, low + 1) : bytes, visitor.endianness);
  return type === 'string' ? endOfText(String(value)) : value;
}

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
    const from = first + index;
    const bit = ((bytes[from >> 3] ?? 0) >> (from & 7)) & 1;
    bits[index >> 3] = (bits[index >> 3] ?? 0) | (bit << (index & 7));
  }
  return bits;
}

/** The register in two bytes as on the wire. */
export const wordAt = (bytes: Uint8Array): number => ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const badValue = (property: ModbusProperty, message: string): DeviceError =>
  new DeviceError(ErrorCode.BAD_VALUE, `${property.name}: ${message}`);
