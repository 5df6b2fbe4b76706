/**
 * How a configuration of an earlier version becomes one of today. Pure: runs before a configuration is read at run time, and in the
 * editor when a node is opened, pasted or imported, so that saving writes the present form.
 */
import { isRecord } from '../records';
import { Moves } from './moves';
import type { Problem } from './problems';
import { show } from '../show';

export type Fields = Readonly<Record<string, unknown>>;

/** Is told of every value that goes to another place: where it is now and where it was given, both as paths. */
export type Moved = (now: string, given: string) => void;

/**
 * One change of a configuration's form. Never throws, whatever it is given; loses nothing; changes nothing a second time. Answers the
 * very object that it got where there is nothing to change.
 */
export type Change = (raw: Fields, moved: Moved) => Fields;

export interface Migration {
  /** The version that this migration leads to, from 1 up. */
  readonly to: number;
  /** What changes, for people: "protocol.tcp.slaveID is workerID". */
  readonly describe: string;
  /**
   * Only names and spellings change, so that it is right for any version: manifests, messages and what people write by hand have the
   * older names, too. All other migrations are only for configurations of an earlier version than `to`.
   */
  readonly spelling?: boolean;
  readonly migrate: Change;
}

export interface Migrated {
  readonly config: Fields;
  /** What `config` now is: the present version, or a later one that it had already. */
  readonly version: number;
  /** The migrations that changed something. */
  readonly applied: readonly Migration[];
  /** Where values were given, by where they are now. */
  readonly moves: ReadonlyMap<string, string>;
  readonly warnings: readonly Problem[];
}

/** What nodes without any migration are. A flow without a version is 0. */
const FIRST_VERSION = 1;

/** The version that new configurations have. */
export const currentVersion = (migrations: readonly Migration[]): number =>
  Math.max(FIRST_VERSION, ...migrations.map(({ to }) => to));

/**
 * Brings a configuration to the present version, by all migrations that lead beyond its own, in the order of the list. One of a later
 * version than is known here is told and otherwise left as it is, but for spellings.
 */
export function migrate(raw: Fields, migrations: readonly Migration[]): Migrated {
  const current = currentVersion(migrations);
  const given = versionOf(raw['version']);
  const moves = new Moves();
  const applied: Migration[] = [];
  let config = raw;
  for (const migration of migrations) {
    if (migration.spelling !== true && migration.to <= (given ?? 0)) continue;
    const before = config;
    config = changed(config, migration.migrate, moves);
    if (config !== before) applied.push(migration);
  }
  const warnings: Problem[] = [];
  if (given === undefined) {
    warnings.push({
      field: 'version',
      message: `must be a whole number from 0, got ${show(raw['version'])}: taken as 0`,
    });
  } else if (given > current) {
    const newer = `is ${given}, and this version of the package knows only up to ${current}`;
    warnings.push({ field: 'version', message: `${newer}: what is new in it is kept, but not understood` });
  }
  return { config, version: Math.max(current, given ?? 0), applied, moves, warnings };
}

/** What a change makes of `raw`; adds to `moves` where values were given, by where they are now. */
export const changed = (raw: Fields, change: Change, moves: Moves): Fields =>
  change(raw, (now, from) => moves.note(now, from));

/** 0 where there is none; undefined where it is no version. */
function versionOf(given: unknown): number | undefined {
  if (!isGiven(given)) return 0;
  const number = typeof given === 'string' && /^\d+$/.test(given.trim()) ? Number(given) : given;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

export const isFields = (value: unknown): value is Fields => isRecord(value);

/** Whether a value says anything: dialogs save empty text for what is not there. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** All these changes, one after the other. */
export const inOrder =
  (...changes: readonly Change[]): Change =>
  (raw, moved) =>
    changes.reduce((fields, change) => change(fields, moved), raw);

/**
 * A change of what is at a path: `client.store`, or of each item of a list with `properties[]`. What is no object there is left alone,
 * for whoever reads it to refuse.
 */
export function inside(path: string, change: Change): Change {
  const [first = '', ...rest] = path.split('.');
  const name = first.replace(/\[\]$/, '');
  const isList = name !== first;
  const inner = rest.length === 0 ? change : inside(rest.join('.'), change);
  return (raw, moved) => {
    const value = own(raw, name);
    if (!isList) return isFields(value) ? withMember(raw, name, inner(value, below(moved, name))) : raw;
    if (!Array.isArray(value)) return raw;
    const items = value.map((item: unknown, index) =>
      isFields(item) ? inner(item, below(moved, `${name}[${index}]`)) : item,
    );
    return items.every((item, index) => item === value[index]) ? raw : withMember(raw, name, items);
  };
}

/** Other names for members, older to present. Where both are given the present one counts, and the older one stays beside it. */
export const renamed = (names: Readonly<Record<string, string>>): Change =>
  inOrder(...Object.entries(names).map(([older, name]) => moving(older, name)));

/**
 * Another place for a value: `visitor.orderOfOperations` to `orderOfOperations`. Not where the new place is taken or cannot be made.
 * An empty value at the old place is removed: it says nothing.
 */
export function moving(from: string, to: string): Change {
  const source = from.split('.');
  const target = to.split('.');
  return (raw, moved) => {
    if (!hasAt(raw, source)) return raw;
    const value = valueAt(raw, source);
    if (!isGiven(value)) return without(raw, source);
    if (isGiven(valueAt(raw, target)) || !isFree(raw, target)) return raw;
    moved(to, from);
    const isRename = source.length === 1 && target.length === 1;
    return isRename ? renameMember(raw, from, to, value) : withValue(without(raw, source), target, value);
  };
}

/** The same object with another value for one member; the very object where that is no other. */
export const withMember = (raw: Fields, name: string, value: unknown): Fields =>
  own(raw, name) === value && Object.hasOwn(raw, name) ? raw : { ...raw, [name]: value };

/** The same object without a member. */
export const withoutMember = (raw: Fields, name: string): Fields =>
  Object.hasOwn(raw, name) ? Object.fromEntries(Object.entries(raw).filter(([key]) => key !== name)) : raw;

export const own = (raw: Fields, name: string): unknown => (Object.hasOwn(raw, name) ? raw[name] : undefined);

const below =
  (moved: Moved, path: string): Moved =>
  (now, given) =>
    moved(`${path}.${now}`, `${path}.${given}`);

function valueAt(raw: Fields, path: readonly string[]): unknown {
  return path.reduce((value: unknown, name) => (isFields(value) ? own(value, name) : undefined), raw);
}

function hasAt(raw: Fields, path: readonly string[]): boolean {
  const parent = path.length === 1 ? raw : valueAt(raw, path.slice(0, -1));
  return isFields(parent) && Object.hasOwn(parent, path.at(-1) ?? '');
}

/** Whether every object on the way is there or can be made. */
function isFree(raw: Fields, path: readonly string[]): boolean {
  return path.slice(0, -1).every((_, index) => {
    const parent = valueAt(raw, path.slice(0, index + 1));
    return !isGiven(parent) || isFields(parent);
  });
}

function without(raw: Fields, [name = '', ...rest]: readonly string[]): Fields {
  const inner = own(raw, name);
  if (rest.length === 0) return withoutMember(raw, name);
  return isFields(inner) ? withMember(raw, name, without(inner, rest)) : raw;
}

function withValue(raw: Fields, [name = '', ...rest]: readonly string[], value: unknown): Fields {
  if (rest.length === 0) return withMember(raw, name, value);
  const inner = own(raw, name);
  return withMember(raw, name, withValue(isFields(inner) ? inner : {}, rest, value));
}

/** In the place of the older name, so that a flow's file changes by one line. */
function renameMember(raw: Fields, older: string, name: string, value: unknown): Fields {
  const others = Object.entries(raw).filter(([key]) => key !== name);
  return Object.fromEntries(others.map(([key, member]) => (key === older ? [name, value] : [key, member])));
}
