/** What kept the database from doing what it was asked for. */
export type FaultKind =
  /** This Node.js has no SQLite built in. */
  | 'absent'
  /** Another has it open. */
  | 'inUse'
  /** A later version of this package has written it. */
  | 'newer'
  /** It is the database of another program. */
  | 'foreign'
  /** The medium is full. */
  | 'full'
  /** What is on the medium is not what was written. */
  | 'damaged'
  /** Rights, a medium that is gone, anything else. */
  | 'failed';

export class StoreFault extends Error {
  constructor(
    readonly kind: FaultKind,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** Primary result codes of SQLite (https://sqlite.org/rescode.html); extended ones have them in their low byte. */
const KINDS: Readonly<Record<number, FaultKind>> = { 5: 'inUse', 6: 'inUse', 11: 'damaged', 13: 'full', 26: 'damaged' };

/** Any error of SQLite or of the file system. */
export function faultOf(error: unknown): StoreFault {
  if (error instanceof StoreFault) return error;
  const { code, errcode, message } = error as { code?: unknown; errcode?: unknown; message?: unknown };
  const kind = typeof errcode === 'number' ? KINDS[errcode & 0xff] : code === 'ENOSPC' ? 'full' : undefined;
  return new StoreFault(kind ?? 'failed', String(message), error);
}
