import { codecOf } from '../../primitive/serialization';
import type { Serialization } from '../../primitive/codec';

/**
 * `content` as a body; empty for undefined. JSON is ASCII alone: tinyIoT drops the bytes of all other characters, and takes them
 * escaped (docs/facts/onem2m.md#http). Throws BAD_VALUE.
 */
export async function encodeBody(content: unknown, serialization: Serialization): Promise<Buffer> {
  if (content === undefined) return Buffer.alloc(0);
  const encoded = (await codecOf(serialization)).encode(content);
  return typeof encoded === 'string' ? Buffer.from(encoded.replace(/[^\0-\x7f]/g, escaped), 'latin1') : encoded;
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What a body says; undefined for an empty one. Throws BAD_RESPONSE. */
export async function decodeBody(body: Buffer, serialization: Serialization): Promise<unknown> {
  return body.length === 0 ? undefined : (await codecOf(serialization)).decode(body);
}
