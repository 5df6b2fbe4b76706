import { isReadFunction } from '../pdu/request';
import { answerPduLength } from './answer-length';
import { crc16 } from './crc';
import type { Frame, FrameDecoder, Framing } from './framing';

/** How a line treats what is sent on it. */
export interface LineOptions {
  /** The adapter hears itself: each request comes back in front of its answer. */
  readonly echo: boolean;
}

/**
 * The framing of RTU: unit, PDU, CRC with its low byte first. Answers come in turn.
 *
 * A frame ends where its own content says so and not where the line is silent: adapters, drivers and gateways hand bytes on in
 * pieces, with gaps of their own. Where the bytes do not fit, they are searched for a frame, the awaited one first, so that
 * noise in front of an answer costs nothing.
 * Source: MODBUS over Serial Line V1.02, section 2.5.1.
 */
export const rtuFraming = ({ echo }: LineOptions): Framing => ({
  matching: 'in-turn',
  encode: encodeRtu,
  createDecoder: () => new RtuDecoder(echo),
});

const CRC_LENGTH = 2;
/** Unit, function, exception code, CRC. */
const MIN_LENGTH = 5;
/** Unit, function, CRC. */
const SHORTEST = 4;
/** An ADU of 256 bytes (section 2.5.1), and the echo of another in front of it. */
const MOST_BUFFERED = 512;
const EXCEPTION_FLAG = 0x80;
const NOTHING = Buffer.alloc(0);

function encodeRtu({ unit, pdu }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(1 + pdu.length + CRC_LENGTH);
  bytes.writeUInt8(unit, 0);
  bytes.set(pdu, 1);
  bytes.writeUInt16LE(crc16(bytes, 0, bytes.length - CRC_LENGTH), bytes.length - CRC_LENGTH);
  return bytes;
}

/** What the answer to a request begins with. */
interface Expected {
  readonly unit: number;
  readonly code: number;
  /** The byte count of a read. */
  readonly count: number | undefined;
}

interface Found {
  readonly start: number;
  readonly end: number;
}

class RtuDecoder implements FrameDecoder {
  private buffered: Buffer = NOTHING;
  private expected: Expected | undefined;
  /** What comes back of our own request, until it has. */
  private echo: Buffer | undefined;
  private hasNoise = false;

  constructor(private readonly hearsItself: boolean) {}

  get isMidFrame(): boolean {
    return this.buffered.length > 0;
  }

  get isNoisy(): boolean {
    return this.hasNoise || this.buffered.length > 0;
  }

  reset(request?: Frame): void {
    this.buffered = NOTHING;
    this.hasNoise = false;
    this.expected = request && expectedOf(request);
    this.echo = request && this.hearsItself ? encodeRtu(request) : undefined;
  }

  push(chunk: Buffer): Frame[] {
    this.buffered = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    if (this.echo !== undefined && !this.dropEcho(this.echo)) return [];
    const frames: Frame[] = [];
    for (let found = this.find(); found !== undefined; found = this.find()) {
      const { start, end } = found;
      frames.push({
        id: 0,
        unit: this.buffered.readUInt8(start),
        pdu: this.buffered.subarray(start + 1, end - CRC_LENGTH),
      });
      this.drop(end, start > 0);
    }
    this.bound();
    return frames;
  }

  /** True once the echo has come; what is in front of it is noise. */
  private dropEcho(echo: Buffer): boolean {
    const at = this.buffered.indexOf(echo);
    if (at < 0) {
      this.bound();
      return false;
    }
    this.echo = undefined;
    this.drop(at + echo.length, at > 0);
    return true;
  }

  private drop(end: number, isNoise: boolean): void {
    this.hasNoise ||= isNoise;
    this.buffered = this.buffered.subarray(end);
  }

  private bound(): void {
    if (this.buffered.length > MOST_BUFFERED) this.drop(this.buffered.length - MOST_BUFFERED, true);
  }

  /** The awaited answer wherever it is, else any frame, but none that reaches into what may still become the awaited one. */
  private find(): Found | undefined {
    const { buffered, expected } = this;
    let limit = buffered.length;
    for (let start = 0; expected !== undefined && start + MIN_LENGTH <= buffered.length; start++) {
      const end = endOfExpected(buffered, start, expected);
      if (end === undefined) continue;
      if (end <= buffered.length && isWhole(buffered, start, end)) return { start, end };
      if (end > buffered.length) {
        limit = start;
        break;
      }
    }
    for (let start = 0; start + SHORTEST <= limit; start++) {
      const end = endOfAny(buffered, start);
      if (end !== undefined && end <= limit && isWhole(buffered, start, end)) return { start, end };
    }
    return undefined;
  }
}

function expectedOf({ unit, pdu }: Frame): Expected {
  const code = pdu[0] ?? 0;
  const quantity = ((pdu[3] ?? 0) << 8) | (pdu[4] ?? 0);
  if (!isReadFunction(code)) return { unit, code, count: undefined };
  return { unit, code, count: code <= 2 ? Math.ceil(quantity / 8) : quantity * 2 };
}

/** Where the awaited answer would end if it began at `start`; undefined where it does not begin there. */
function endOfExpected(bytes: Buffer, start: number, { unit, code, count }: Expected): number | undefined {
  if (bytes[start] !== unit) return undefined;
  const found = bytes[start + 1];
  if (found === (code | EXCEPTION_FLAG)) return start + MIN_LENGTH;
  if (found !== code) return undefined;
  if (count !== undefined) return bytes[start + 2] === count ? start + 3 + count + CRC_LENGTH : undefined;
  const length = answerPduLength(bytes, start + 1);
  return typeof length === 'number' ? start + 1 + length + CRC_LENGTH : undefined;
}

/** Where a frame that begins at `start` would end. One of an unknown function can only be all there is. */
function endOfAny(bytes: Buffer, start: number): number | undefined {
  const length = answerPduLength(bytes, start + 1);
  if (length === undefined) return undefined;
  if (length === 'unknown') return start === 0 ? bytes.length : undefined;
  return start + 1 + length + CRC_LENGTH;
}

function isWhole(bytes: Buffer, start: number, end: number): boolean {
  return crc16(bytes, start, end - CRC_LENGTH) === bytes.readUInt16LE(end - CRC_LENGTH);
}
