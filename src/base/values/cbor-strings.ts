const BYTES = 2;
const TEXT = 3;
const INDEFINITE = 31;
const BREAK = 0xff;

/** The first byte of a text and of bytes in pieces. */
const TEXT_IN_PIECES = 0x7f;
const BYTES_IN_PIECES = 0x5f;

interface Head {
  readonly major: number;
  /** Additional information, in the lower five bits. */
  readonly info: number;
  /** The argument: a length, a number of items, a value. */
  readonly value: number;
  /** Where what comes after the head begins. */
  readonly end: number;
}

/**
 * The same CBOR with each string in one piece. RFC 8949 3.2.3 lets texts and bytes be written in pieces of unknown number, and Jackson for
 * Java does so with every text of 4,000 characters or more; cbor-x 1.6.9 refuses them. What is no CBOR comes back as it is, for the
 * decoder to say so.
 */
export function withWholeStrings(bytes: Buffer): Buffer {
  if (!bytes.includes(TEXT_IN_PIECES) && !bytes.includes(BYTES_IN_PIECES)) return bytes;
  const parts: Buffer[] = [];
  let from = 0;
  // Items follow each other whatever they are in, so that nothing needs to be known of lists and maps.
  for (let at = 0; at < bytes.length;) {
    const head = headAt(bytes, at);
    if (head === undefined) return bytes;
    const { major, info, value, end } = head;
    if (major !== BYTES && major !== TEXT) {
      at = end;
    } else if (info !== INDEFINITE) {
      at = end + value;
    } else {
      const string = piecesAt(bytes, end, major);
      if (string === undefined) return bytes;
      parts.push(bytes.subarray(from, at), headOf(major, string.length), ...string.pieces);
      at = string.end;
      from = at;
    }
  }
  return from === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
}

interface Pieces {
  readonly pieces: readonly Buffer[];
  readonly length: number;
  readonly end: number;
}

function piecesAt(bytes: Buffer, start: number, major: number): Pieces | undefined {
  const pieces: Buffer[] = [];
  let length = 0;
  let at = start;
  while (bytes[at] !== BREAK) {
    const head = headAt(bytes, at);
    if (head?.major !== major || head.info === INDEFINITE) return undefined;
    at = head.end + head.value;
    if (at >= bytes.length) return undefined; // not even the break is there
    pieces.push(bytes.subarray(head.end, at));
    length += head.value;
  }
  return { pieces, length, end: at + 1 };
}

function headAt(bytes: Buffer, at: number): Head | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const major = first >> 5;
  const info = first & 0x1f;
  if (info < 24 || info === INDEFINITE) return { major, info, value: info, end: at + 1 };
  const size = 1 << (info - 24);
  if (size > 8 || at + 1 + size > bytes.length) return undefined;
  const value = size === 8 ? Number(bytes.readBigUInt64BE(at + 1)) : bytes.readUIntBE(at + 1, size);
  return { major, info, value, end: at + 1 + size };
}

function headOf(major: number, length: number): Buffer {
  const head = Buffer.alloc(5);
  head[0] = (major << 5) | 26;
  head.writeUInt32BE(length, 1);
  return head;
}
