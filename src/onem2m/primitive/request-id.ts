import { randomFillSync } from 'node:crypto';

const BYTES = 9;
/** Filled at once: asking for a few random bytes costs as much as asking for many. */
const pool = Buffer.alloc(BYTES * 256);
let used = pool.length;

/** A request identifier: 12 characters of `A-Z a-z 0-9 - _`, 72 random bits. */
export function newRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES;
  return pool.toString('base64url', used - BYTES, used);
}
