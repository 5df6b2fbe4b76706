import { DeviceError, ErrorCode } from '../../../base/errors';
import { ModbusExceptionError } from './exceptions';
import {
  answerLength,
  describeRequest,
  isReadRequest,
  quantityOf,
  type ModbusRequest,
  type ReadRequest,
  type WriteRequest,
} from './request';

/**
 * Between requests and protocol data units (function code and data), whatever carries them: no unit, no framing, no I/O.
 * Source: MODBUS Application Protocol Specification V1.1b3, sections 6.1-6.6, 6.11, 6.12, 6.16 and 7.
 */

/** Function code and data, in bytes (section 4.1). */
export const MAX_PDU_LENGTH = 253;

const EXCEPTION_FLAG = 0x80;
const COIL_ON = 0xff00;
const NOTHING = new Uint8Array();

/**
 * The PDU of a request. Quantities of reads are the caller's affair: a device may bear more than the specification allows.
 * Throws RangeError where a number does not fit into its field, and where the data of a write does not fit into one PDU.
 */
export function encodeRequest(request: ModbusRequest): Buffer {
  switch (request.function) {
    case 1:
    case 2:
    case 3:
    case 4:
      return words(request.function, request.offset, request.quantity);
    case 5:
      return words(request.function, request.offset, request.state ? COIL_ON : 0);
    case 6:
      return words(request.function, request.offset, request.register);
    case 15:
      return withData(request.function, request.offset, request.quantity, request.bits);
    case 16:
      return withData(request.function, request.offset, quantityOf(request), request.registers);
    case 22:
      return words(request.function, request.offset, request.andMask, request.orMask);
  }
}

/**
 * The bytes read (a view of `pdu`), none for a write. Throws ModbusExceptionError where the device refused, and BAD_RESPONSE
 * where `pdu` is no answer to `request`: another function, another length than asked for, another write confirmed.
 */
export function decodeAnswer(unit: number, request: ModbusRequest, pdu: Uint8Array): Uint8Array {
  const [code, second] = pdu;
  if (code === undefined) throw new WrongAnswerError(unit, request, 'it is empty');
  if (code === (request.function | EXCEPTION_FLAG)) {
    if (second === undefined) throw new WrongAnswerError(unit, request, 'it is an exception without a code');
    throw new ModbusExceptionError(second, describeRequest(unit, request));
  }
  if (code !== request.function) {
    throw new WrongAnswerError(unit, request, `it is for function ${code}`, 'it is for another function');
  }
  return isReadRequest(request) ? dataOf(unit, request, pdu) : confirm(unit, request, pdu);
}

/** An answer that came, but not to what was asked. */
export class WrongAnswerError extends DeviceError {
  /** `what` says in words why it is wrong, `kind` the same without the numbers found. */
  constructor(
    private readonly unit: number,
    private readonly request: ModbusRequest,
    what: string,
    private readonly kind = what,
  ) {
    super(ErrorCode.BAD_RESPONSE, `${describeRequest(unit, request)}: wrong answer: ${what}`);
  }

  /** As it is told: numbers that differ each time would make a new error each time. */
  get withoutNumbers(): WrongAnswerError {
    return new WrongAnswerError(this.unit, this.request, this.kind);
  }
}

function dataOf(unit: number, request: ReadRequest, pdu: Uint8Array): Uint8Array {
  const asked = answerLength(request);
  const data = pdu.subarray(2);
  if (data.length !== asked) throw wrongLength(unit, request, data.length, asked);
  if (pdu[1] !== asked) {
    const what = `it counts ${pdu[1]} bytes and has ${asked}`;
    throw new WrongAnswerError(unit, request, what, 'it has another number of bytes than it says');
  }
  return data;
}

const wrongLength = (unit: number, request: ModbusRequest, length: number, asked: number): WrongAnswerError =>
  new WrongAnswerError(unit, request, `${length} bytes instead of ${asked}`, `it has not the ${asked} bytes asked for`);

function confirm(unit: number, request: WriteRequest, pdu: Uint8Array): Uint8Array {
  const length = request.function === 22 ? 7 : 5;
  if (pdu.length !== length) throw wrongLength(unit, request, pdu.length, length);
  if (wordAt(pdu, 1) !== request.offset || !isConfirmed(request, pdu)) {
    throw new WrongAnswerError(unit, request, 'the device confirmed another write');
  }
  return NOTHING;
}

function isConfirmed(request: WriteRequest, pdu: Uint8Array): boolean {
  const echo = wordAt(pdu, 3);
  switch (request.function) {
    case 5:
      return (echo === COIL_ON) === request.state;
    case 6:
      return echo === request.register;
    case 15:
    case 16:
      return echo === quantityOf(request);
    case 22:
      return echo === request.andMask && wordAt(pdu, 5) === request.orMask;
  }
}

function words(code: number, ...fields: readonly number[]): Buffer {
  const pdu = Buffer.allocUnsafe(1 + fields.length * 2);
  let end = pdu.writeUInt8(code, 0);
  for (const field of fields) end = pdu.writeUInt16BE(field, end);
  return pdu;
}

function withData(code: number, offset: number, quantity: number, data: Uint8Array): Buffer {
  const length = 6 + data.length;
  if (length > MAX_PDU_LENGTH) throw new RangeError(`${length} bytes do not fit into a PDU of ${MAX_PDU_LENGTH}`);
  const pdu = Buffer.allocUnsafe(length);
  pdu.writeUInt8(code, 0);
  pdu.writeUInt16BE(offset, 1);
  pdu.writeUInt16BE(quantity, 3);
  pdu.writeUInt8(data.length, 5);
  pdu.set(data, 6);
  return pdu;
}

const wordAt = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
