import { DeviceError, ErrorCode } from '../../../base/errors';

/**
 * The framing of Modbus/TCP: transaction id, protocol id (always 0), length, unit id, PDU; all numbers big-endian.
 * Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3.
 */
export interface MbapFrame {
  readonly transactionId: number;
  readonly unit: number;
  /** Function code and data, 1-253 bytes. */
  readonly pdu: Buffer;
}

const HEADER_LENGTH = 7;
const LENGTH_END = 6;
/** The length field counts the unit id and the PDU. */
const MIN_LENGTH = 2;
const MAX_LENGTH = 254;

export function encodeMbap({ transactionId, unit, pdu }: MbapFrame): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_LENGTH + pdu.length);
  frame.writeUInt16BE(transactionId, 0);
  frame.writeUInt16BE(0, 2);
  frame.writeUInt16BE(pdu.length + 1, 4);
  frame.writeUInt8(unit, LENGTH_END);
  pdu.copy(frame, HEADER_LENGTH);
  return frame;
}

/** Cuts a byte stream into frames. After it has thrown, the stream is out of step for good and must be closed. */
export class MbapReader {
  private buffered: Buffer = Buffer.alloc(0);

  /** The beginning of a frame is here, its end is not. */
  get isMidFrame(): boolean {
    return this.buffered.length > 0;
  }

  /** The frames that `chunk` completes. Throws DeviceError BAD_RESPONSE on a header that Modbus/TCP does not allow. */
  push(chunk: Buffer): MbapFrame[] {
    let rest = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    const frames: MbapFrame[] = [];
    while (rest.length >= LENGTH_END) {
      const protocol = rest.readUInt16BE(2);
      const length = rest.readUInt16BE(4);
      if (protocol !== 0 || length < MIN_LENGTH || length > MAX_LENGTH) {
        throw new DeviceError(
          ErrorCode.BAD_RESPONSE,
          `the device sent something that is not Modbus/TCP (protocol ${protocol}, length ${length})`,
          { advice: 'check that the endpoint speaks Modbus/TCP and not RTU over TCP' },
        );
      }
      const end = LENGTH_END + length;
      if (rest.length < end) break;
      const pdu = rest.subarray(HEADER_LENGTH, end);
      frames.push({ transactionId: rest.readUInt16BE(0), unit: rest.readUInt8(LENGTH_END), pdu });
      rest = rest.subarray(end);
    }
    this.buffered = rest;
    return frames;
  }
}
