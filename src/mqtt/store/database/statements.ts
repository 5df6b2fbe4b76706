import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Changes } from '../batch';

/** Compiled once, for as long as a database is open. */
export class Statements {
  readonly changes: Changes;
  readonly page: StatementSync;
  readonly any: StatementSync;
  readonly setAside: (key: number) => void;

  constructor(database: DatabaseSync) {
    const put = database.prepare('INSERT OR REPLACE INTO message (key, accepted, body) VALUES (?, ?, ?)');
    const fly = database.prepare('INSERT OR REPLACE INTO flight (key, packet) VALUES (?, ?)');
    const land = database.prepare('DELETE FROM flight WHERE key BETWEEN ? AND ?');
    const remove = database.prepare('DELETE FROM message WHERE key BETWEEN ? AND ?');
    const note = database.prepare('INSERT OR REPLACE INTO note (name, value) VALUES (?, ?)');
    const forget = database.prepare('DELETE FROM note WHERE name = ?');
    const keep = database.prepare(
      'INSERT OR REPLACE INTO damaged SELECT key, accepted, body FROM message WHERE key = ?',
    );
    this.page = database.prepare(
      'SELECT key, accepted AS acceptedAt, body AS record FROM message ' +
        'WHERE key > ? AND key NOT IN (SELECT key FROM flight) ORDER BY key',
    );
    this.any = database.prepare('SELECT 1 FROM message LIMIT 1');
    this.changes = {
      put: (key, acceptedAt, record) => {
        put.run(key, acceptedAt, record);
      },
      flight: (key, packet) => {
        if (packet === 0) land.run(key, key);
        else fly.run(key, packet);
      },
      remove: (first, last) => {
        remove.run(first, last);
        land.run(first, last);
      },
      note: (name, value) => {
        if (value === undefined) forget.run(name);
        else note.run(name, value);
      },
    };
    this.setAside = (key) => {
      keep.run(key);
      this.changes.remove(key, key);
    };
  }
}
