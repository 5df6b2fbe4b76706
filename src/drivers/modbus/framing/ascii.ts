import type { Frame, FrameDecoder, Framing } from './framing';
import type { LineOptions } from './rtu';

/**
 * The framing of ASCII: a colon, unit, PDU and LRC in hexadecimal digits, carriage return and line feed. Answers come in turn.
 * We send upper case and take both; what is in front of a colon, a second colon in the middle of a frame, and a frame whose LRC
 * is wrong are noise.
 * Source: MODBUS over Serial Line V1.02, section 2.5.2.
 */
export const asciiFraming = ({ echo }: LineOptions): Framing => ({
  matching: 'in-turn',
  encode: encodeAscii,
  createDecoder: () => new AsciiDecoder(echo),
});

const COLON = 0x3a;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Colon, 2 digits for each of 255 bytes, CR, LF (section 2.5.2.1). */
const MAX_LENGTH = 513;
/** Unit, function, LRC. */
const MIN_BYTES = 3;

/** Two's complement of the sum of all bytes (appendix 6.2.1). */
const lrc = (bytes: Uint8Array): number => {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
};

function encodeAscii({ unit, pdu }: Frame): Buffer {
  const bytes = Buffer.from([unit, ...pdu]);
  const hex = Buffer.concat([bytes, Buffer.of(lrc(bytes))]).toString('hex');
  return Buffer.from(`:${hex.toUpperCase()}\r\n`, 'latin1');
}

class AsciiDecoder implements FrameDecoder {
  /** From its colon on; undefined outside of a frame. */
  private line: number[] | undefined;
  private echo: Frame | undefined;
  private hasNoise = false;

  constructor(private readonly hearsItself: boolean) {}

  get isMidFrame(): boolean {
    return this.line !== undefined;
  }

  get isNoisy(): boolean {
    return this.hasNoise || this.isMidFrame;
  }

  reset(request?: Frame): void {
    this.line = undefined;
    this.hasNoise = false;
    this.echo = this.hearsItself ? request : undefined;
  }

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    for (const byte of chunk) {
      const frame = this.take(byte);
      if (frame !== undefined && !this.isEcho(frame)) frames.push(frame);
    }
    return frames;
  }

  private take(byte: number): Frame | undefined {
    if (byte === COLON) {
      if (this.line !== undefined) this.hasNoise = true;
      this.line = [];
      return undefined;
    }
    const { line } = this;
    if (line === undefined) {
      if (byte !== CARRIAGE_RETURN && byte !== LINE_FEED) this.hasNoise = true;
      return undefined;
    }
    if (byte !== LINE_FEED) {
      line.push(byte);
      if (line.length > MAX_LENGTH) this.spoil();
      return undefined;
    }
    const frame = parseLine(line);
    if (frame === undefined) this.spoil();
    this.line = undefined;
    return frame;
  }

  private spoil(): void {
    this.line = undefined;
    this.hasNoise = true;
  }

  /** On a line that hears itself the request comes first. */
  private isEcho(frame: Frame): boolean {
    const { echo } = this;
    if (echo === undefined) return false;
    if (frame.unit === echo.unit && Buffer.compare(frame.pdu, echo.pdu) === 0) this.echo = undefined;
    return true;
  }
}

/** What stands between colon and line feed. */
function parseLine(line: readonly number[]): Frame | undefined {
  const text = String.fromCharCode(...line);
  const digits = /^((?:[0-9A-Fa-f]{2})+)\r$/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const bytes = Buffer.from(digits, 'hex');
  const content = bytes.subarray(0, -1);
  if (bytes.length < MIN_BYTES || lrc(content) !== bytes.at(-1)) return undefined;
  return { id: 0, unit: content.readUInt8(0), pdu: content.subarray(1) };
}
