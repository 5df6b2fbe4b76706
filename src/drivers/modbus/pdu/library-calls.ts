import type { ModbusRTU } from 'modbus-serial/ModbusRTU';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { ModbusExceptionError } from './exceptions';
import {
  answerLength,
  describeRequest,
  isReadRequest,
  type ModbusRequest,
  type ReadRequest,
  type WriteRequest,
} from './request';

/** Called once with the bytes read (none for a write), or with what went wrong. */
export type Settle = (error: DeviceError | undefined, bytes: Uint8Array) => void;

const NOTHING = new Uint8Array();

/**
 * Sends `request` to `unit` through those calls of modbus-serial that take the unit id themselves: its promise functions
 * take it from client-wide state (setID). Also checks what the library does not: byte counts, and the echo of a write.
 */
export function callLibrary(client: ModbusRTU, unit: number, request: ModbusRequest, settle: Settle): void {
  if (isReadRequest(request)) callRead(client, unit, request, settle);
  else callWrite(client, unit, request, settle);
}

function callRead(client: ModbusRTU, unit: number, request: ReadRequest, settle: Settle): void {
  const { offset, quantity } = request;
  const next = (error: unknown, answer: { readonly buffer: Buffer } | undefined): void => {
    const bytes = answer?.buffer ?? NOTHING;
    if (error instanceof Error) settle(describe(error, unit, request), NOTHING);
    else if (bytes.length !== answerLength(request)) {
      settle(badResponse(unit, request, `${bytes.length} bytes instead of ${answerLength(request)}`), NOTHING);
    } else settle(undefined, bytes);
  };
  switch (request.function) {
    case 1:
      client.writeFC1(unit, offset, quantity, next);
      break;
    case 2:
      client.writeFC2(unit, offset, quantity, next);
      break;
    case 3:
      client.writeFC3(unit, offset, quantity, next);
      break;
    case 4:
      client.writeFC4(unit, offset, quantity, next);
      break;
  }
}

function callWrite(client: ModbusRTU, unit: number, request: WriteRequest, settle: Settle): void {
  const { offset } = request;
  const next = (error: unknown, answer: object | undefined): void => {
    if (error instanceof Error) settle(describe(error, unit, request), NOTHING);
    else if (!isEchoOf(request, answer ?? {})) {
      settle(badResponse(unit, request, 'the device confirmed another write'), NOTHING);
    } else settle(undefined, NOTHING);
  };
  switch (request.function) {
    case 5:
      client.writeFC5(unit, offset, request.state, next);
      break;
    case 6:
      client.writeFC6(unit, offset, request.register, next);
      break;
    case 15:
      client.writeFC15(unit, offset, toStates(request.bits, request.quantity), next);
      break;
    case 16:
      client.writeFC16(unit, offset, toWords(request.registers), next);
      break;
    case 22:
      client.writeFC22(unit, offset, request.andMask, request.orMask, next);
      break;
  }
}

function isEchoOf(request: WriteRequest, answer: object): boolean {
  const echo = answer as Partial<Record<'address' | 'length' | 'value' | 'andMask' | 'orMask' | 'state', unknown>>;
  if (echo.address !== request.offset) return false;
  switch (request.function) {
    case 5:
      return echo.state === request.state;
    case 6:
      return echo.value === request.register;
    case 15:
      return echo.length === request.quantity;
    case 16:
      return echo.length === request.registers.length / 2;
    case 22:
      return echo.andMask === request.andMask && echo.orMask === request.orMask;
  }
}

function describe(error: Error, unit: number, request: ModbusRequest): DeviceError {
  const { modbusCode } = error as { modbusCode?: unknown };
  if (typeof modbusCode === 'number') return new ModbusExceptionError(modbusCode, describeRequest(unit, request));
  return badResponse(unit, request, error.message);
}

export const badResponse = (unit: number, request: ModbusRequest, what: string): DeviceError =>
  new DeviceError(ErrorCode.BAD_RESPONSE, `${describeRequest(unit, request)}: wrong answer: ${what}`);

const toStates = (bits: Uint8Array, quantity: number): boolean[] =>
  Array.from({ length: quantity }, (_, index) => (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1);

const toWords = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / 2 }, (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0));
