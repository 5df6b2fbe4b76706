/** What is needed of a stream: an older kind of it will do, as MQTT.js has. */
export interface ReadableEnd {
  push(chunk: unknown, encoding?: BufferEncoding): boolean;
}

const PUBLISH = 3;
const PUBACK = 0x40;
const PUBREC = 0x50;
/** "An implementation or administrative imposed limit has been exceeded" (MQTT 5, 3.4.2.1). */
const QUOTA_EXCEEDED = 0x97;
/** What of a PUBLISH is looked at: topic and packet identifier (MQTT 3.1.1, 3.3.2). */
const LONGEST_HEAD = 2 + 65_535 + 2;
/** Fixed header: a byte, and up to four of length (2.2.3). */
const MOST_LENGTH_BYTES = 4;

/** A PUBLISH that was larger than allowed, and has been thrown away while it came. */
export interface OversizePublish {
  readonly topic: string;
  readonly qos: number;
  /** At QoS 1 and 2. */
  readonly packetId: number | undefined;
  /** In bytes. */
  readonly packetSize: number;
}

/**
 * Watches the bytes from a broker go by, and lets no PUBLISH through that is larger than allowed: MQTT.js gathers a packet in memory
 * before it looks at its size. Pure, but for the events.
 */
export class InboundFilter {
  /** Of a fixed header that is not complete. */
  private header: number[] = [];
  private bodyLeft = 0;
  private skipped: { first: number; packetSize: number; head: Buffer[]; headBytes: number } | undefined;
  /** What comes is no MQTT: the parser behind says so. */
  private isLost = false;

  constructor(
    /** In bytes. */
    private readonly maximumPacketSize: number,
    private readonly onOversize: (publish: OversizePublish) => void,
  ) {}

  /** What of these bytes goes on, in order. */
  take(chunk: Buffer): readonly Buffer[] {
    if (this.isLost) return [chunk];
    const parts: Buffer[] = [];
    let keptFrom = 0;
    let position = 0;
    if (this.header.length > 0) {
      // Held back until it was known how long the packet is.
      chunk = Buffer.concat([Buffer.from(this.header), chunk]);
      this.header = [];
    }
    while (position < chunk.length) {
      if (this.bodyLeft > 0) {
        const end = Math.min(chunk.length, position + this.bodyLeft);
        this.bodyLeft -= end - position;
        if (this.skipped) this.lookAt(chunk.subarray(position, end));
        position = end;
        if (this.skipped) {
          keptFrom = position;
          if (this.bodyLeft === 0) this.tell();
        }
        continue;
      }
      const start = position;
      const first = chunk[start] ?? 0;
      const length = readLength(chunk, position + 1);
      if (length === 'more') {
        this.header = [...chunk.subarray(start)];
        if (start > keptFrom) parts.push(chunk.subarray(keptFrom, start));
        return parts;
      }
      if (length === 'wrong') {
        this.isLost = true;
        break;
      }
      position = length.end;
      this.bodyLeft = length.value;
      const packetSize = length.end - start + length.value;
      if (packetSize > this.maximumPacketSize && first >> 4 === PUBLISH) {
        if (start > keptFrom) parts.push(chunk.subarray(keptFrom, start));
        keptFrom = position;
        this.skipped = { first, packetSize, head: [], headBytes: 0 };
      }
    }
    if (chunk.length > keptFrom) parts.push(keptFrom === 0 ? chunk : chunk.subarray(keptFrom));
    return parts;
  }

  private lookAt(bytes: Buffer): void {
    const { skipped } = this;
    if (!skipped || skipped.headBytes >= LONGEST_HEAD) return;
    // A copy: the piece would keep all of its chunk in memory.
    const piece = Buffer.from(bytes.subarray(0, LONGEST_HEAD - skipped.headBytes));
    skipped.head.push(piece);
    skipped.headBytes += piece.length;
  }

  private tell(): void {
    const { skipped } = this;
    this.skipped = undefined;
    if (!skipped) return;
    const head = Buffer.concat(skipped.head);
    const qos = (skipped.first >> 1) & 3;
    const topicEnd = head.length < 2 ? 2 : 2 + head.readUInt16BE(0);
    const topic = head.toString('utf8', 2, topicEnd);
    const packetId = qos > 0 && head.length >= topicEnd + 2 ? head.readUInt16BE(topicEnd) : undefined;
    this.onOversize({ topic, qos, packetId, packetSize: skipped.packetSize });
  }
}

/** The variable byte integer at `position` (1.5.5 of MQTT 5), and where it ends. */
function readLength(chunk: Buffer, position: number): { value: number; end: number } | 'more' | 'wrong' {
  let value = 0;
  for (let index = 0; index < MOST_LENGTH_BYTES; index++) {
    const byte = chunk[position + index];
    if (byte === undefined) return 'more';
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { value, end: position + index + 1 };
  }
  return 'wrong';
}

/** Acknowledges a message that was thrown away, so that the broker does not bring it again with each connect. */
export function refusal(qos: number, packetId: number, version: number): Buffer {
  const reason = version === 5 ? [QUOTA_EXCEEDED] : [];
  const type = qos === 1 ? PUBACK : PUBREC;
  return Buffer.from([type, 2 + reason.length, packetId >> 8, packetId & 0xff, ...reason]);
}

/** Puts `take` between a stream and whoever reads it. To be called before anything has come. */
export function filterIncoming(stream: ReadableEnd, take: (chunk: Buffer) => readonly Buffer[]): void {
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (!Buffer.isBuffer(chunk)) return push(chunk, encoding);
    let wantsMore = true;
    for (const part of take(chunk)) wantsMore = push(part);
    return wantsMore;
  };
}

/** What else speaks there, by the first bytes; undefined where nothing else is known to. */
export function otherProtocol(first: Buffer): string | undefined {
  // A TLS record: alert or handshake, version 3.x (RFC 8446, 5.1).
  if ((first[0] === 0x15 || first[0] === 0x16) && first[1] === 3) return 'TLS';
  const text = first.toString('latin1', 0, 8);
  if (text.startsWith('HTTP/') || text.startsWith('<')) return 'HTTP';
  return text.startsWith('SSH-') ? 'SSH' : undefined;
}
