import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';

/**
 * When what was accepted is on the medium. `always`: before it counts as accepted. `interval`: within a second; it survives the end of
 * the process in any case, a power cut may take the last second.
 */
export type Durability = 'always' | 'interval';

/** `client.store` of type `file`, for one connection. */
export interface FileStoreSettings {
  readonly file: string;
  readonly durability: Durability;
  /** Of topics and payloads. */
  readonly maxBytes: number;
}

/** Below the user directory, where `directoryPrefix` is not given. */
const USUAL_PREFIX = 'devicelink/mqtt';

/** The directory of an extension's stores: `<prefix>/<uid>`, as in Octopus. A relative prefix is below the user directory. */
export function storeDirectory(userDirectory: string, prefix: string, uid: string): string {
  return join(resolve(userDirectory, prefix === '' ? USUAL_PREFIX : prefix), safeName(uid));
}

/** The database of one connection. */
export const storeFile = (directory: string, clientId: string): string => join(directory, `${safeName(clientId)}.db`);

/** Names of devices, which Windows has for files, too. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)?$/;

/** Of any text: the part of it that every file system takes, and where that is not all of it, what tells it from others. */
function safeName(text: string): string {
  const safe = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .slice(0, 60);
  if (safe === text && !RESERVED.test(safe)) return safe;
  return `${safe}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
