import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Frame, FrameDecoder, Framing } from './framing';

/**
 * The framing of Modbus/TCP: transaction id, protocol id (always 0), length, unit id, PDU; all numbers big-endian. Answers are
 * matched by transaction id, 0-65535.
 * Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3.
 */
export const mbap: Framing = {
  matching: 'by-id',
  encode: encodeMbap,
  createDecoder: () => new MbapDecoder(),
};

const HEADER_LENGTH = 7;
const LENGTH_END = 6;
/** The length field counts the unit id and the PDU. */
const MIN_LENGTH = 2;
const MAX_LENGTH = 254;
const NOTHING = Buffer.alloc(0);

function encodeMbap({ id, unit, pdu }: Frame): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_LENGTH + pdu.length);
  frame.writeUInt16BE(id, 0);
  frame.writeUInt16BE(0, 2);
  frame.writeUInt16BE(pdu.length + 1, 4);
  frame.writeUInt8(unit, LENGTH_END);
  frame.set(pdu, HEADER_LENGTH);
  return frame;
}

class MbapDecoder implements FrameDecoder {
  /** What does not fit is an error here. */
  readonly isNoisy = false;
  private buffered: Buffer = NOTHING;

  get isMidFrame(): boolean {
    return this.buffered.length > 0;
  }

  push(chunk: Buffer): Frame[] {
    let rest = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    const frames: Frame[] = [];
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
      frames.push({ id: rest.readUInt16BE(0), unit: rest.readUInt8(LENGTH_END), pdu });
      rest = rest.subarray(end);
    }
    this.buffered = rest;
    return frames;
  }

  reset(): void {
    this.buffered = NOTHING;
  }
}
