import { existsSync, renameSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { isSound } from '../record';
import { closeQuietly, openDatabase } from './schema';

/** Renames a database and its log; answers where it is now. What SQLite has open is closed before. */
export function setAside(file: string, why: 'damaged' | 'found'): string {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const aside = `${file}.${why}-${stamp}`;
  renameSync(file, aside);
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${aside}-wal`);
  return aside;
}

interface MessageRow {
  readonly key: number;
  readonly accepted: number;
  readonly body: Uint8Array;
}

/** Takes what can still be read of a damaged database into another; answers how many messages that were. */
export function salvage(aside: string, into: DatabaseSync): number {
  let damaged: DatabaseSync;
  try {
    damaged = openDatabase(aside);
  } catch {
    return 0;
  }
  into.exec('BEGIN IMMEDIATE');
  try {
    let saved = 0;
    const put = into.prepare('INSERT OR IGNORE INTO message (key, accepted, body) VALUES (?, ?, ?)');
    for (const { key, accepted, body } of readableMessages(damaged)) {
      if (!isSound(key, accepted, body)) continue;
      put.run(key, accepted, body);
      saved++;
    }
    const flight = into.prepare('INSERT OR IGNORE INTO flight (key, packet) VALUES (?, ?)');
    for (const { key, packet } of readable(damaged, 'SELECT key, packet FROM flight')) {
      flight.run(key as number, packet as number);
    }
    const note = into.prepare('INSERT OR IGNORE INTO note (name, value) VALUES (?, ?)');
    for (const { name, value } of readable(damaged, 'SELECT name, value FROM note')) {
      note.run(name as string, value as Uint8Array);
    }
    into.exec('COMMIT');
    return saved;
  } catch (error) {
    into.exec('ROLLBACK');
    throw error;
  } finally {
    closeQuietly(damaged);
  }
}

/** The rows up to where they can be read no further. */
function* readable(database: DatabaseSync, sql: string): Generator<Record<string, unknown>> {
  try {
    yield* database.prepare(sql).iterate() as Iterable<Record<string, unknown>>;
  } catch {
    // What lies behind a page that cannot be read.
  }
}

/** Messages in the order of their keys, over gaps that cannot be read: those of a page have keys that follow each other. */
function* readableMessages(database: DatabaseSync): Generator<MessageRow> {
  for (let after = -1; ;) {
    try {
      const rows = database
        .prepare('SELECT key, accepted, body FROM message WHERE key > ? ORDER BY key')
        .iterate(after);
      for (const row of rows as Iterable<unknown>) {
        after = (row as MessageRow).key;
        yield row as MessageRow;
      }
      return;
    } catch {
      const next = nextReadable(database, after);
      if (next === undefined) return;
      after = next;
    }
  }
}

/** The lowest key after which there is something that can be read; undefined where there is none. */
function nextReadable(database: DatabaseSync, after: number): number | undefined {
  const canRead = (key: number): boolean => {
    try {
      database.prepare('SELECT key, body FROM message WHERE key > ? ORDER BY key LIMIT 1').get(key);
      return true;
    } catch {
      return false;
    }
  };
  let step = 1;
  while (!canRead(after + step)) {
    step *= 2;
    if (step > 2 ** 40) return undefined;
  }
  let [bad, good] = [after, after + step];
  while (good - bad > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (canRead(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
