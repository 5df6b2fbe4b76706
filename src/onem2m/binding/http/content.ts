import { codecOf } from '../../primitive/serialization';
import type { Serialization } from '../../primitive/codec';

/** `content` as a body; empty for undefined. Throws BAD_VALUE. */
export async function encodeBody(content: unknown, serialization: Serialization): Promise<Buffer> {
  if (content === undefined) return Buffer.alloc(0);
  const encoded = (await codecOf(serialization)).encode(content);
  return typeof encoded === 'string' ? Buffer.from(encoded) : encoded;
}

/** What a body says; undefined for an empty one. Throws BAD_RESPONSE. */
export async function decodeBody(body: Buffer, serialization: Serialization): Promise<unknown> {
  return body.length === 0 ? undefined : (await codecOf(serialization)).decode(body);
}
