import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** SQLite's lock keeps others out; this file beside the database only says who they have met. */
const ownerFile = (file: string): string => `${file}.owner`;

export function signOwner(file: string): void {
  const owner = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  try {
    writeFileSync(ownerFile(file), `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  } catch {
    // Only the words of somebody else's error depend on it.
  }
}

export function eraseOwner(file: string): void {
  try {
    rmSync(ownerFile(file), { force: true });
  } catch {
    // As above.
  }
}

/** Who has it, in words. */
export function ownerOf(file: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(ownerFile(file), 'utf8')) as Record<string, unknown>;
    if (pid === process.pid && host === hostname()) return 'another connection of this process';
    return `the process ${String(pid)} on ${String(host)}, since ${String(since)}`;
  } catch {
    return 'another process';
  }
}
