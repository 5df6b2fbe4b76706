import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { withDeadline } from '../base/deadline';
import { systemClock, type Clock } from '../base/ports';

/** Certificates and keys are a few KB; a bundle of all public authorities in PEM is larger, and no file to name here. */
export const MOST_PEM_BYTES = 64 * 1024;
/** For one file: a network drive may be gone. ms */
const READ_MS = 5_000;
const FILE = 'file:';

/** The text of a file that was read before; throws for any other, and what reading it threw: an Error with a `code`. */
export type ReadFile = ((path: string) => string) & {
  /** The same, of a file that holds no text. */
  readonly bytes?: (path: string) => Buffer;
};

/** Where nothing was read. */
export const noFiles: ReadFile = () => {
  throw refused('ENOENT');
};

/** `file:` and a path, or a URL; undefined: the text is none. */
export function pathOfReference(text: string): string | undefined {
  const reference = text.trim();
  if (!reference.startsWith(FILE)) return undefined;
  if (!reference.startsWith('file://')) return reference.slice(FILE.length);
  try {
    return fileURLToPath(reference);
  } catch {
    // No such path on this system: reading it says so.
    return reference.slice('file://'.length);
  }
}

/** All texts in these settings that name a file, each once. Only those of fields for certificates (`caFilePEM` ..., `pfxFile`) are references. */
export function pemReferences(...settings: readonly unknown[]): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, name: string): void => {
    if (typeof value === 'string') {
      if (/(?:FilePEM|^pfxFile)$/.test(name) && pathOfReference(value) !== undefined) found.add(value.trim());
    } else if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
      for (const [key, item] of Object.entries(value)) visit(item, key);
    }
  };
  for (const value of settings) visit(value, '');
  return [...found];
}

/**
 * Reads the files that are named, before the settings are checked: regular files of at most 64 KB, each within 5 s. Never rejects; what
 * is wrong with a file is thrown where its text is asked for.
 */
export async function readPemFiles(references: readonly string[], clock: Clock = systemClock): Promise<ReadFile> {
  const read = new Map<string, Promise<Buffer>>();
  for (const reference of references) {
    const path = pathOfReference(reference);
    if (path !== undefined && !read.has(path)) read.set(path, readBounded(path, clock));
  }
  const outcomes = await Promise.all(
    Array.from(read, ([path, text]) =>
      text.then(
        (value) => [path, () => value] as const,
        (error: unknown) => [path, () => raise(error)] as const,
      ),
    ),
  );
  const known = new Map(outcomes);
  const bytes = (path: string): Buffer => (known.get(path) ?? noFileAt(path))();
  return Object.assign((path: string) => bytes(path).toString(), { bytes });
}

const noFileAt = (path: string) => (): Buffer => Buffer.from(noFiles(path));

function raise(error: unknown): never {
  throw error;
}

/** Why a file was not read, with the code that the message about it shows. */
function refused(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function readBounded(path: string, clock: Clock): Promise<Buffer> {
  return withDeadline({ clock, ms: READ_MS, message: 'no answer' }, () => readRegularFile(path)).catch(
    (error: unknown) => {
      const isLate = error instanceof Error && 'code' in error && error.code === 'TIMEOUT';
      throw isLate ? refused('no answer within 5 s') : error;
    },
  );
}

async function readRegularFile(path: string): Promise<Buffer> {
  // Opening a pipe waits for its other end otherwise, and takes a thread of the process with it. Windows has no such flag.
  const file = await open(path, constants.O_RDONLY | (('O_NONBLOCK' in constants && constants.O_NONBLOCK) || 0));
  try {
    if (!(await file.stat()).isFile()) throw refused('it is no regular file');
    const buffer = Buffer.alloc(MOST_PEM_BYTES + 1);
    let length = 0;
    // The size that a file tells need not be that of what comes (those below /proc tell 0).
    for (let got = 1; got > 0 && length < buffer.length; length += got) {
      got = (await file.read(buffer, length, buffer.length - length)).bytesRead;
    }
    if (length > MOST_PEM_BYTES) throw refused('it is larger than 64 KB');
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}
