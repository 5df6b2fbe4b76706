import { recordSize, writeRecord } from './record';
import type { StoredMessage } from './message-store';

/**
 * Changes to the database on their way to the thread that makes them, as bytes one after the other: what is handed over is not copied
 * again, and a thousand messages cost one allocation. A kind (1 byte), then numbers as big-endian doubles:
 *
 *     PUT     key, time, length, record          FLIGHT  key, packet (see `packetOf`)
 *     REMOVE  first key, last key                NOTE    length, length or -1, name, value
 */
const PUT = 1;
const FLIGHT = 2;
const REMOVE = 3;
const NOTE = 4;

const KIND = 1;
const NUMBER = 8;
const FIRST_SIZE = 16_384;
/** Released messages have this on top of their packet identifier. */
const RELEASED = 0x1_0000;

/** The place of a message in the protocol, as one number: 0 where it waits. */
export const packetOf = ({ packetId, isReleased }: Pick<StoredMessage, 'packetId' | 'isReleased'>): number =>
  packetId === undefined ? 0 : isReleased ? packetId + RELEASED : packetId;

export const placeOf = (packet: number): Pick<StoredMessage, 'packetId' | 'isReleased'> =>
  packet === 0
    ? { packetId: undefined, isReleased: false }
    : { packetId: packet % RELEASED, isReleased: packet >= RELEASED };

/** Gathers changes until they are handed over. */
export class BatchWriter {
  private buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  private length = 0;

  /** Keys of messages to be removed. */
  private removed: number[] = [];

  /** Bytes gathered so far. */
  get size(): number {
    return this.length;
  }

  put(message: StoredMessage): void {
    const size = recordSize(message);
    let at = this.reserve(KIND + 3 * NUMBER + size, PUT);
    at = this.number(this.number(this.number(at, message.key), message.acceptedAt), size);
    writeRecord(this.buffer, at, size, message);
  }

  flight(key: number, packet: number): void {
    this.number(this.number(this.reserve(KIND + 2 * NUMBER, FLIGHT), key), packet);
  }

  remove(key: number): void {
    this.removed.push(key);
  }

  /** A value of `undefined` takes the note away. */
  note(name: string, value: Buffer | undefined): void {
    const nameLength = Buffer.byteLength(name);
    let at = this.reserve(KIND + 2 * NUMBER + nameLength + (value?.length ?? 0), NOTE);
    at = this.number(this.number(at, nameLength), value?.length ?? -1);
    this.buffer.write(name, at);
    value?.copy(this.buffer, at + nameLength);
  }

  /** Changes that were made before; they stay in their order. */
  append(changes: Uint8Array): void {
    const at = this.grow(changes.length);
    this.buffer.set(changes, at);
  }

  /** What has been gathered, in memory of its own that may be handed over; the next change begins another batch. */
  take(): Uint8Array<ArrayBuffer> {
    this.writeRemoved();
    const taken = new Uint8Array(this.buffer.buffer, 0, this.length);
    this.buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
    this.length = 0;
    return taken;
  }

  /**
   * What is through is mostly a row of keys, and a range is removed far faster than each of its messages. Last of all: whatever was said
   * of a message before it went is in front of it.
   */
  private writeRemoved(): void {
    const keys = this.removed.sort((a, b) => a - b);
    this.removed = [];
    for (let index = 0; index < keys.length;) {
      const first = keys[index] ?? 0;
      let last = first;
      while (keys[++index] === last + 1) last++;
      this.number(this.number(this.reserve(KIND + 2 * NUMBER, REMOVE), first), last);
    }
  }

  private reserve(size: number, kind: number): number {
    const at = this.grow(size);
    this.buffer[at] = kind;
    return at + KIND;
  }

  private grow(size: number): number {
    const at = this.length;
    this.length += size;
    if (this.length > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.length, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, at);
      this.buffer = larger;
    }
    return at;
  }

  private number(at: number, value: number): number {
    return this.buffer.writeDoubleBE(value, at);
  }
}

export interface Changes {
  put(key: number, acceptedAt: number, record: Buffer): void;
  flight(key: number, packet: number): void;
  remove(first: number, last: number): void;
  note(name: string, value: Buffer | undefined): void;
}

/** Makes the changes of a batch, in their order. */
export function applyBatch(batch: Uint8Array, changes: Changes): void {
  const buffer = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
  let at = 0;
  const number = (): number => {
    at += NUMBER;
    return buffer.readDoubleBE(at - NUMBER);
  };
  const bytes = (length: number): Buffer => {
    at += length;
    return buffer.subarray(at - length, at);
  };
  while (at < buffer.length) {
    const kind = buffer[at];
    at += KIND;
    if (kind === PUT) changes.put(number(), number(), bytes(number()));
    else if (kind === FLIGHT) changes.flight(number(), number());
    else if (kind === REMOVE) changes.remove(number(), number());
    else {
      const nameLength = number();
      const valueLength = number();
      const name = bytes(nameLength).toString();
      changes.note(name, valueLength < 0 ? undefined : bytes(valueLength));
    }
  }
}

/**
 * The changes of a batch without its messages: those were refused, what is known of others still holds. Only the last is left of
 * several for the same message, so that what is owed never grows beyond what is stored.
 */
export function withoutPuts(batch: Uint8Array): Uint8Array {
  const refused = new Set<number>();
  const packets = new Map<number, number | undefined>();
  const notes = new Map<string, Buffer | undefined>();
  applyBatch(batch, {
    put: (key) => void refused.add(key),
    flight: (key, packet) => void packets.set(key, packet),
    remove: (first, last) => {
      for (let key = first; key <= last; key++) packets.set(key, undefined);
    },
    note: (name, value) => void notes.set(name, value),
  });
  const rest = new BatchWriter();
  for (const [key, packet] of packets) {
    if (refused.has(key)) continue;
    if (packet === undefined) rest.remove(key);
    else rest.flight(key, packet);
  }
  for (const [name, value] of notes) rest.note(name, value);
  return rest.take();
}
