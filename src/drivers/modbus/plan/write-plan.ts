import { DeviceError, ErrorCode } from '../../../base/errors';
import type { ModbusProperty } from '../config/property';
import type { ReadRequest, WriteRequest } from '../pdu/request';
import { REGISTERS } from '../pdu/registers';
import { encodeBits, encodeRegisters, registerBit, wordAt } from './values';

/**
 * How one value is written: the request that fits best, and what to try where the device does not know that function
 * (exception 1). Writes are not merged: each stays one atomic request, in the order given, with an outcome of its own.
 */
export interface WritePlan {
  readonly request: WriteRequest;
  readonly fallback: WriteFallback;
}

export type WriteFallback =
  | { readonly kind: 'none' }
  /** The same by the function for several. */
  | { readonly kind: 'request'; readonly request: WriteRequest }
  /** Read the register, set the bit, write it back; not atomic, but all that is left without FC22. */
  | { readonly kind: 'read-modify-write'; readonly read: ReadRequest; readonly mask: number; readonly state: boolean };

/** Functions 5 and 6 for one coil or register, 15 and 16 for several, 22 for a bit. Throws DeviceError BAD_VALUE or READ_ONLY. */
export function planWrite(property: ModbusProperty, value: unknown): WritePlan {
  const { register, offset, quantity } = property.visitor;
  if (!REGISTERS[register].writable) {
    throw new DeviceError(ErrorCode.READ_ONLY, `${property.name}: ${register} cannot be written`);
  }
  if (register === 'CoilRegister') {
    const bits = encodeBits(property, value);
    const several: WriteRequest = { function: 15, offset, quantity, bits };
    if (quantity > 1) return { request: several, fallback: { kind: 'none' } };
    const request: WriteRequest = { function: 5, offset, state: bits[0] === 1 };
    return { request, fallback: { kind: 'request', request: several } };
  }
  if (property.type === 'boolean') return planBit(property, value);
  const registers = encodeRegisters(property, value);
  const several: WriteRequest = { function: 16, offset, registers };
  if (quantity > 1) return { request: several, fallback: { kind: 'none' } };
  const request: WriteRequest = { function: 6, offset, register: wordAt(registers) };
  return { request, fallback: { kind: 'request', request: several } };
}

function planBit(property: ModbusProperty, value: unknown): WritePlan {
  if (typeof value !== 'boolean') {
    throw new DeviceError(ErrorCode.BAD_VALUE, `${property.name}: must be true or false`);
  }
  const { offset } = property.visitor;
  const mask = 1 << registerBit(property);
  return {
    request: { function: 22, offset, andMask: 0xffff & ~mask, orMask: value ? mask : 0 },
    fallback: { kind: 'read-modify-write', read: { function: 3, offset, quantity: 1 }, mask, state: value },
  };
}

export type RegisterWrite = Extract<WriteRequest, { readonly function: 6 }>;

/** The write that ends a read-modify-write, from the register as just read (two bytes). */
export function modifiedRegister(offset: number, bytes: Uint8Array, mask: number, state: boolean): RegisterWrite {
  const before = wordAt(bytes);
  return { function: 6, offset, register: state ? before | mask : before & ~mask };
}
