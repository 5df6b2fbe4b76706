import { rmSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { applyBatch } from '../batch';
import { contentSize, isSound } from '../record';
import { faultOf, StoreFault } from './fault';
import { eraseOwner, ownerOf, signOwner } from './owner';
import { salvage, setAside } from './salvage';
import { Statements } from './statements';
import { closeQuietly, createFile, openDatabase, syncFile } from './schema';

export interface DatabaseOptions {
  readonly file: string;
  /** Whether each commit is on the medium before it returns, or what was committed in so many ms together. */
  readonly syncEveryMs: number | 'commit';
  readonly now: () => number;
}

/** What is in a database that has been opened. */
export interface Contents {
  /** Of all messages, in the order of their keys. */
  readonly keys: Float64Array<ArrayBuffer>;
  /** Bytes of topic and payload of each. */
  readonly sizes: Float64Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  /** Those that have been sent in the session that was. */
  readonly inFlight: readonly InFlight[];
  /** Keys of those that had been sent and are not what was once written; the others show when they are read. */
  readonly damaged: readonly number[];
  readonly notes: readonly Note[];
}

export interface Row {
  readonly key: number;
  readonly acceptedAt: number;
  readonly record: Uint8Array;
}

export interface InFlight extends Row {
  readonly packet: number;
}

export type Note = readonly [name: string, value: Uint8Array];

export interface Rows {
  readonly rows: readonly Row[];
  readonly isLast: boolean;
  /** Keys of messages that are not what was once written; they are set aside in the table `damaged`. */
  readonly damaged: readonly number[];
}

/** What was amiss and has been mended. */
export type Repair =
  | { readonly what: 'salvaged'; readonly aside: string; readonly saved: number }
  /** The file had gone, and is there again with all that was in it. */
  | { readonly what: 'restored' };

/** What a page holds at most: it passes through memory as a whole. */
const PAGE_ROWS = 1000;
const PAGE_BYTES = 4 * 1024 * 1024;
/** The log is written back to the database when it is about this long; until then it grows. */
const LOG_BYTES = 4 * 1024 * 1024;
/** A commit writes whole pages: that of its messages and some around them. */
const COMMIT_OVERHEAD = 4 * 4096;
/** A database that is empty and larger than this gives its space back. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** Messages in a SQLite database, for one process alone. Everything happens before it returns. */
export class MessageDatabase {
  private database: DatabaseSync | undefined;
  private inode = 0;
  private statements: Statements | undefined;
  private logBytes = 0;
  private syncedAt = 0;
  /** Something was committed that may not be on the medium yet. */
  isDirty = false;

  constructor(
    private readonly options: DatabaseOptions,
    private readonly onRepair: (repair: Repair) => void,
  ) {}

  /** @throws StoreFault */
  open(): Contents {
    return this.guarded(() => {
      const { file } = this.options;
      createFile(file);
      try {
        this.use(openDatabase(file));
        return this.contents();
      } catch (error) {
        const { kind } = faultOf(error);
        if (kind === 'inUse') throw new StoreFault('inUse', ownerOf(file), error);
        if (kind !== 'damaged') throw error;
        return this.repair();
      }
    });
  }

  /** All of a batch or nothing. @throws StoreFault */
  commit(batch: Uint8Array): void {
    this.guarded(() => {
      this.requireFile();
      const { syncEveryMs, now } = this.options;
      const isSynced = syncEveryMs === 'commit' || now() - this.syncedAt >= syncEveryMs;
      this.write(isSynced, ({ changes }) => applyBatch(batch, changes));
      this.logBytes += batch.length + COMMIT_OVERHEAD;
    });
  }

  /** Brings what was committed to the medium. @throws StoreFault */
  sync(): void {
    this.guarded(() => {
      this.requireFile();
      this.write(true, ({ changes }) => changes.note('synced', Buffer.from(String(this.options.now()))));
      this.logBytes += COMMIT_OVERHEAD;
    });
  }

  /** Messages that wait, with higher keys than `after`. @throws StoreFault */
  page(after: number): Rows {
    return this.guarded(() => {
      const { page } = this.require().statements;
      const rows: Row[] = [];
      const damaged: number[] = [];
      let bytes = 0;
      let isLast = true;
      for (const row of page.iterate(after) as Iterable<unknown>) {
        if (rows.length >= PAGE_ROWS || bytes >= PAGE_BYTES) {
          isLast = false;
          break;
        }
        const { key, acceptedAt, record } = row as Row;
        if (isSound(key, acceptedAt, record)) rows.push({ key, acceptedAt, record });
        else damaged.push(key);
        bytes += record.length;
      }
      this.setRowsAside(damaged);
      return { rows, isLast, damaged };
    });
  }

  /** To be called now and then, when there is time: a log that is long is written back, space that nobody needs is freed. */
  tidy(force = false): void {
    if (!force && this.logBytes < LOG_BYTES) return;
    this.guarded(() => {
      const { database, statements } = this.require();
      if (statements.any.get() === undefined && statSync(this.options.file).size > KEPT_BYTES) database.exec('VACUUM');
      database.exec(`PRAGMA wal_checkpoint(${force ? 'TRUNCATE' : 'PASSIVE'})`);
      this.logBytes = 0;
    });
  }

  /** The medium was full: what the log has written back needs no room of its own. */
  makeRoom(): void {
    try {
      this.require().database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // The commit that follows says what is wrong.
    }
  }

  /** With everything on the medium where that can be. Never throws. */
  close(): void {
    const { database } = this;
    if (database === undefined) return;
    try {
      if (this.isDirty) this.sync();
      this.tidy(true);
    } catch {
      // What was committed is in the log, where the next run finds it.
    }
    this.statements = undefined;
    this.database = undefined;
    closeQuietly(database);
    eraseOwner(this.options.file);
  }

  private use(database: DatabaseSync): void {
    const { file } = this.options;
    this.database = database;
    this.statements = new Statements(database);
    this.inode = statSync(file).ino;
    this.syncedAt = 0;
    // The lock is there from the first access on; a first commit shows that writing works, before anybody relies on it.
    this.write(true, ({ changes }) => changes.note('synced', Buffer.from(String(this.options.now()))));
    signOwner(file);
  }

  private write(isSynced: boolean, change: (statements: Statements) => void): void {
    const { database, statements } = this.require();
    if (this.options.syncEveryMs !== 'commit') database.exec(`PRAGMA synchronous = ${isSynced ? 'FULL' : 'NORMAL'}`);
    database.exec('BEGIN IMMEDIATE');
    try {
      change(statements);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
    this.isDirty = !isSynced;
    if (isSynced) this.syncedAt = this.options.now();
  }

  private setRowsAside(damaged: readonly number[]): void {
    if (damaged.length > 0) this.write(true, ({ setAside: remember }) => damaged.forEach(remember));
  }

  private contents(): Contents {
    const { database } = this.require();
    const sent = database.prepare(
      'SELECT key, accepted AS acceptedAt, body AS record, packet FROM flight JOIN message USING (key) ORDER BY key',
    );
    const inFlight = sent.all() as unknown as InFlight[];
    const isGood = ({ key, acceptedAt, record }: Row): boolean => isSound(key, acceptedAt, record);
    const damaged = inFlight.filter((row) => !isGood(row)).map(({ key }) => key);
    this.setRowsAside(damaged);
    const keys: number[] = [];
    const sizes: number[] = [];
    const times: number[] = [];
    const all = database.prepare('SELECT key, accepted, length(body) AS size FROM message ORDER BY key');
    for (const row of all.iterate() as Iterable<unknown>) {
      const { key, accepted, size } = row as { key: number; accepted: number; size: number };
      keys.push(key);
      times.push(accepted);
      sizes.push(Math.max(0, contentSize(size)));
    }
    const notes = database.prepare('SELECT name, value FROM note').all() as unknown as {
      name: string;
      value: Uint8Array;
    }[];
    return {
      keys: Float64Array.from(keys),
      sizes: Float64Array.from(sizes),
      times: Float64Array.from(times),
      inFlight: inFlight.filter(isGood),
      damaged,
      notes: notes.map(({ name, value }) => [name, value]),
    };
  }

  /** Deleted, or another one in its place: SQLite would go on writing into a file that nobody finds. All of it is written anew. */
  private requireFile(): void {
    const { file } = this.options;
    const there = statSync(file, { throwIfNoEntry: false });
    if (there?.ino === this.inode || (process.platform === 'win32' && there !== undefined)) return;
    const { database } = this.require();
    if (there !== undefined) setAside(file, 'found');
    let fresh: DatabaseSync;
    try {
      createFile(file);
      database.exec(`VACUUM INTO '${file.replaceAll("'", "''")}'`);
      syncFile(file);
      fresh = openDatabase(file);
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
    closeQuietly(database);
    this.use(fresh);
    this.onRepair({ what: 'restored' });
  }

  /** Sets what is there aside, and begins anew with all of it that can be read. @throws StoreFault */
  repair(): Contents {
    return this.guarded(() => {
      const { file } = this.options;
      if (this.database !== undefined) closeQuietly(this.database);
      this.database = this.statements = undefined;
      const aside = setAside(file, 'damaged');
      createFile(file);
      const fresh = openDatabase(file);
      const saved = salvage(aside, fresh);
      this.use(fresh);
      this.onRepair({ what: 'salvaged', aside, saved });
      return this.contents();
    });
  }

  private require(): { readonly database: DatabaseSync; readonly statements: Statements } {
    const { database, statements } = this;
    if (database === undefined || statements === undefined) throw new StoreFault('failed', 'it is not open');
    return { database, statements };
  }

  private guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw faultOf(error);
    }
  }
}
