/**
 * The length of an answer's PDU that begins at `at`, as far as its own first bytes tell it: an RTU frame does not say how long
 * it is. `undefined`: more bytes are needed to tell; `unknown`: a function that this table does not have.
 * Source: MODBUS Application Protocol Specification V1.1b3, section 6.
 */
export function answerPduLength(bytes: Uint8Array, at: number): number | 'unknown' | undefined {
  const code = bytes[at];
  if (code === undefined) return undefined;
  if ((code & EXCEPTION_FLAG) !== 0) return 2;
  if (COUNTED.has(code)) return plus(2, bytes[at + 1]);
  const fixed = FIXED.get(code);
  if (fixed !== undefined) return fixed;
  if (code === READ_FIFO) return plus(3, wordAt(bytes, at + 1));
  if (code === ENCAPSULATED) return identificationLength(bytes, at);
  return 'unknown';
}

const EXCEPTION_FLAG = 0x80;
/** Byte count, then as many bytes: reads of the four tables, event log, server id, file records, read/write of registers. */
const COUNTED = new Set([1, 2, 3, 4, 12, 17, 20, 21, 23]);
/** Exception status, diagnostics, event counter, the writes. */
const FIXED = new Map([
  [5, 5],
  [6, 5],
  [7, 2],
  [8, 5],
  [11, 5],
  [15, 5],
  [16, 5],
  [22, 7],
]);
const READ_FIFO = 24;
const ENCAPSULATED = 43;
const READ_IDENTIFICATION = 14;

/** Function 43/14: a head of 7 bytes that ends with the number of objects; each object is id, length, value (section 6.21). */
function identificationLength(bytes: Uint8Array, at: number): number | 'unknown' | undefined {
  const kind = bytes[at + 1];
  if (kind !== undefined && kind !== READ_IDENTIFICATION) return 'unknown';
  const objects = bytes[at + 6];
  if (objects === undefined) return undefined;
  let end = at + 7;
  for (let object = 0; object < objects; object++) {
    const length = bytes[end + 1];
    if (length === undefined) return undefined;
    end += 2 + length;
  }
  return end - at;
}

function wordAt(bytes: Uint8Array, at: number): number | undefined {
  const [high, low] = [bytes[at], bytes[at + 1]];
  return high === undefined || low === undefined ? undefined : (high << 8) | low;
}

const plus = (head: number, count: number | undefined): number | undefined =>
  count === undefined ? undefined : head + count;
