import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import type { DatabaseSync } from 'node:sqlite';
import { faultOf, StoreFault } from './fault';

/** `DLMQ`: so that the database of another program is not taken for ours. */
const APPLICATION_ID = 0x444c4d51;
/** Of the tables below; kept as `user_version`. */
const VERSION = 1;

/**
 * `flight` is apart from `message` because SQLite writes a whole row when a column of it changes. `damaged` has messages that are not
 * what was once written.
 */
const TABLES = `
  CREATE TABLE message (key INTEGER PRIMARY KEY, accepted REAL NOT NULL, body BLOB NOT NULL);
  CREATE TABLE flight (key INTEGER PRIMARY KEY, packet INTEGER NOT NULL);
  CREATE TABLE note (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE damaged (key INTEGER PRIMARY KEY, accepted REAL, body BLOB);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/** @throws StoreFault `absent` where Node.js was built, or started, without it */
function loadSqlite(): typeof Sqlite {
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof Sqlite | undefined;
  if (sqlite === undefined) throw new StoreFault('absent', 'there is no SQLite in this Node.js');
  return sqlite;
}

/** The folder, and the file with rights of its own, before SQLite opens it: nobody but the owner may read what is in there. */
export function createFile(file: string): void {
  const made = mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // Never one that is there: closing it would undo the lock of another connection in this process (POSIX has them per process).
  if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
  // A new folder is there after a power cut only once that has been written in the one above. Windows has no such call.
  if (made !== undefined && process.platform !== 'win32') syncFile(dirname(made));
}

/** Brings a file, or what is in a folder, to the medium. */
export function syncFile(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Opens a database for this process alone and makes its tables where it is new. With a lock of its own and the log in place
 * (WAL) each commit appends to one file; the last of them is whole or not there.
 *
 * @throws StoreFault
 */
export function openDatabase(file: string): DatabaseSync {
  const { DatabaseSync: Database } = loadSqlite();
  const database = new Database(file);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    const version = numberOf(database, 'user_version');
    const application = numberOf(database, 'application_id');
    const isNew = version === 0 && numberOf(database, 'schema_version') === 0;
    if (!isNew && application !== APPLICATION_ID) throw new StoreFault('foreign', 'it was not made by this package');
    if (version > VERSION) throw new StoreFault('newer', `its version is ${version}, and ${VERSION} is known here`);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF');
    database.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA cell_size_check = ON');
    if (isNew) database.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`);
    return database;
  } catch (error) {
    closeQuietly(database);
    throw faultOf(error);
  }
}

export function closeQuietly(database: DatabaseSync): void {
  try {
    database.close();
  } catch {
    // It was not open, or cannot be written: there is nothing more to be done about it.
  }
}

const numberOf = (database: DatabaseSync, pragma: string): number =>
  Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
