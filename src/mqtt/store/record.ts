import { crc32 } from 'node:zlib';
import type { MessageProperties, Precedence } from '../../base/broker-connection';

/**
 * A message as it lies in the database, all but its key, the time it was accepted and its place in the protocol:
 *
 *     0  4  CRC-32 of key, time and all that follows; big-endian like all numbers here
 *     4  1  QoS in bits 0 and 1, retained in bit 2, bit 3: it has properties of MQTT 5, precedence in bits 4 and 5
 *     5  2  length of the topic in bytes
 *     7     topic in UTF-8; where there are properties four bytes of their length, and they as JSON; then the payload
 *
 * SQLite sees to it that a transaction is there whole or not at all, but has no checksum of what is in its pages: this tells a page
 * that the medium has spoilt.
 */
export interface Content {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  readonly properties?: MessageProperties;
  readonly precedence?: Precedence | undefined;
}

const HEADER = 7;
const RETAINED = 4;
const HAS_PROPERTIES = 8;
/** Of the properties. */
const LENGTH_BYTES = 4;
const PRECEDENCE_BITS = 4;
/** By their number in the record. */
const PRECEDENCES: readonly (Precedence | undefined)[] = [undefined, 'first', 'inOrder', 'newestFirst'];
/** Key and time, for the checksum. */
const seed = Buffer.alloc(16);

/** Bytes of topic, properties and payload in a record of so many bytes. */
export const contentSize = (recordSize: number): number => recordSize - HEADER;

/** Of the whole record, in bytes. */
export function recordSize({ topic, payload, properties }: Omit<Content, 'qos' | 'retained'>): number {
  const more = properties === undefined ? 0 : LENGTH_BYTES + Buffer.byteLength(propertiesText(properties));
  return HEADER + Buffer.byteLength(topic) + more + Buffer.byteLength(payload);
}

/** Writes the record of a message, which is `size` bytes long, at `offset`. */
export function writeRecord(
  target: Buffer,
  offset: number,
  size: number,
  message: Content & { readonly key: number; readonly acceptedAt: number },
): void {
  const { topic, payload, qos, retained, precedence, properties } = message;
  const flags = (retained ? RETAINED : 0) | (properties === undefined ? 0 : HAS_PROPERTIES);
  target[offset + 4] = qos | flags | (PRECEDENCES.indexOf(precedence) << PRECEDENCE_BITS);
  const topicLength = target.write(topic, offset + HEADER);
  target.writeUInt16BE(topicLength, offset + 5);
  let start = offset + HEADER + topicLength;
  if (properties !== undefined) {
    const length = target.write(propertiesText(properties), start + LENGTH_BYTES);
    target.writeUInt32BE(length, start);
    start += LENGTH_BYTES + length;
  }
  if (typeof payload === 'string') target.write(payload, start);
  else payload.copy(target, start);
  const sum = checksum(message.key, message.acceptedAt, target.subarray(offset + 4, offset + size));
  target.writeUInt32BE(sum, offset);
}

/** Whether a record is what was once written for this key and time. */
export function isSound(key: number, acceptedAt: number, bytes: unknown): boolean {
  if (!(bytes instanceof Uint8Array) || typeof acceptedAt !== 'number') return false;
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (record.length < HEADER || record.length < HEADER + record.readUInt16BE(5)) return false;
  return record.readUInt32BE(0) === checksum(key, acceptedAt, record.subarray(4));
}

/** Reads a sound record. The payload is a part of it, not a copy. */
export function readRecord(record: Buffer): Content & { readonly payload: Buffer } {
  const flags = record[4] ?? 0;
  const topicEnd = HEADER + record.readUInt16BE(5);
  const hasProperties = (flags & HAS_PROPERTIES) !== 0;
  const propertiesStart = topicEnd + LENGTH_BYTES;
  const payloadStart = hasProperties ? propertiesStart + record.readUInt32BE(topicEnd) : topicEnd;
  return {
    topic: record.toString('utf8', HEADER, topicEnd),
    payload: record.subarray(payloadStart),
    qos: (flags & 3) as 0 | 1 | 2,
    retained: (flags & RETAINED) !== 0,
    ...(hasProperties && { properties: propertiesOf(record.toString('utf8', propertiesStart, payloadStart)) }),
    precedence: PRECEDENCES[(flags >> PRECEDENCE_BITS) & 3],
  };
}

/** Correlation data, which are bytes, as Base64. */
function propertiesText({ correlationData, ...rest }: MessageProperties): string {
  return JSON.stringify({ ...rest, ...(correlationData && { correlationData: correlationData.toString('base64') }) });
}

/** Of a sound record. */
function propertiesOf(text: string): MessageProperties {
  const { correlationData, ...rest } = JSON.parse(text) as Omit<MessageProperties, 'correlationData'> & {
    readonly correlationData?: string;
  };
  return { ...rest, ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData, 'base64') }) };
}

function checksum(key: number, acceptedAt: number, rest: Buffer): number {
  seed.writeDoubleBE(key, 0);
  seed.writeDoubleBE(acceptedAt, 8);
  return crc32(rest, crc32(seed));
}
