import { type AskedObject, AskedFields, pathTo } from './asked-fields';
import { parseDuration } from '../duration';
import { type Change, changed, type Fields, migrate, type Migration } from './migrations';
import { givenPath, Moves } from './moves';
import type { Checked, Problem } from './problems';
import { show } from '../show';

export { show };

/**
 * Reads a configuration field by field and gathers everything that is wrong with it, each with the field's path as in the
 * flow. A read always answers a usable value (the default where the given one is bad), so that one pass finds all problems.
 * Numbers and booleans may be text, because `${ENV}` yields text. A field that is given and that nobody asks for is told as a warning.
 * Pure: also runs in the editor.
 */
export class FieldReader {
  private readonly fields: AskedObject;
  private readonly findings: Findings;

  /** `found`: a list that problems go to, or what the reader of another part of the same configuration has found. */
  constructor(
    raw: unknown,
    private readonly path = '',
    found: Problem[] | Findings = [],
  ) {
    this.findings = Array.isArray(found) ? new Findings(found) : found;
    const isObject = raw === undefined || raw === null || (typeof raw === 'object' && !Array.isArray(raw));
    if (!isObject) {
      this.problems.push({
        field: path === '' ? 'configuration' : path,
        message: `must be an object, got ${show(raw)}`,
      });
    }
    this.fields = this.findings.asked.enter(path, (isObject ? (raw ?? {}) : {}) as Record<string, unknown>);
  }

  get problems(): Problem[] {
    return this.findings.problems;
  }

  /** Brings a whole configuration to its present form, before its first field is read. Problems name fields as they were given. */
  upgrade(migrations: readonly Migration[]): void {
    const { config, moves, warnings } = migrate(this.fields.values, migrations);
    this.become(config, moves);
    this.knows('version');
    for (const { field, message } of warnings) this.warn(field, message);
  }

  /** The same for a part that has no version of its own, such as a property in a message: only spellings. */
  respell(change: Change): void {
    const moves = new Moves();
    this.become(changed(this.fields.values, change, moves), moves);
  }

  private become(values: Fields, moves: ReadonlyMap<string, string>): void {
    this.fields.values = values;
    const all = this.findings.moves;
    const added = [...moves].map(([now, given]) => [this.pathOf(now), givenPath(all, this.pathOf(given))] as const);
    for (const [now, given] of added) all.set(now, given);
  }

  /** Tells older names that migrations have left, because the present name is given as well. */
  tellOlder(names: Readonly<Record<string, string>>): void {
    for (const [older, name] of Object.entries(names)) {
      if (!Object.hasOwn(this.fields.values, older) || this.given(older) === undefined) continue;
      this.warn(older, `has no effect: it is an older name of ${name}, which is given, too`);
    }
  }

  /** Says of fields that they are known, though they are read elsewhere, or not in this case. */
  knows(...names: readonly string[]): void {
    for (const name of names) this.fields.asked.add(name);
  }

  /** The full path of a field of this object. */
  pathOf(name: string): string {
    return pathTo(this.path, name);
  }

  warn(name: string, message: string): void {
    this.findings.warnings.push({ field: this.pathOf(name), message });
  }

  fail(name: string, message: string): void {
    this.problems.push({ field: this.pathOf(name), message });
  }

  /** The value as given; undefined when absent, null or empty text. */
  given(name: string): unknown {
    const { values, asked } = this.fields;
    asked.add(name);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === null || value === '' ? undefined : value;
  }

  /** The names of all members, for objects whose members have names of their own: none of them is unknown. */
  keys(): string[] {
    this.fields.free = true;
    return Object.keys(this.fields.values);
  }

  object(name: string): FieldReader {
    return this.item({ value: this.given(name), field: this.pathOf(name) });
  }

  /** A reader of another object of the same configuration, such as an item of `list`. */
  item({ value, field }: { readonly value: unknown; readonly field: string }): FieldReader {
    return new FieldReader(value, field, this.findings);
  }

  list(name: string): { readonly value: unknown; readonly field: string }[] {
    const value = this.given(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.fail(name, `must be a list, got ${show(value)}`);
      return [];
    }
    return value.map((item: unknown, index) => ({ value: item, field: `${this.pathOf(name)}[${index}]` }));
  }

  string(name: string, fallback = ''): string {
    const value = this.given(name);
    if (value === undefined) return fallback;
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
    if (typeof value === 'string') return value;
    this.fail(name, `must be text, got ${show(value)}`);
    return fallback;
  }

  requiredString(name: string, expected: string): string {
    const value = this.string(name).trim();
    const given = this.given(name);
    if (value === '' && (given === undefined || typeof given === 'string')) {
      this.fail(name, `is required: ${expected}`);
    }
    return value;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.given(name);
    if (value === undefined) return fallback;
    const number = finiteNumber(value);
    if (number !== undefined && Number.isInteger(number) && number >= min && number <= max) return number;
    this.fail(name, `must be a whole number from ${min} to ${max}, got ${show(value)}`);
    return fallback;
  }

  number(name: string, fallback: number): number {
    const value = this.given(name);
    if (value === undefined) return fallback;
    const number = finiteNumber(value);
    if (number !== undefined) return number;
    this.fail(name, `must be a number, got ${show(value)}`);
    return fallback;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.given(name);
    if (value === undefined) return fallback;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    this.fail(name, `must be true or false, got ${show(value)}`);
    return fallback;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.given(name);
    if (value === undefined) return fallback;
    const found = allowed.find((item) => item === value);
    if (found !== undefined) return found;
    this.fail(name, `must be one of ${allowed.join(', ')}, got ${show(value)}`);
    return fallback;
  }

  /** Milliseconds of a duration in Go notation; the fallback itself must be a valid one. */
  duration(name: string, fallback: string, minMs = 0): number {
    const parsed = parseDuration(this.given(name) ?? fallback);
    if (parsed.ok && parsed.ms >= minMs) return parsed.ms;
    this.fail(name, parsed.ok ? `must be at least ${minMs}ms, got ${show(this.given(name))}` : parsed.message);
    const usual = parseDuration(fallback);
    return usual.ok ? usual.ms : minMs;
  }

  /** The value of a part that was checked by itself; what was found in it is told with the rest. */
  take<T>(checked: Checked<T>, fallback: T): T {
    this.findings.warnings.push(...(checked.warnings ?? []));
    if (checked.ok) return checked.value;
    this.problems.push(...checked.problems);
    return fallback;
  }

  /** `value` if nothing is wrong so far, else all problems. To be called once all is read: what was not asked for is told. */
  check<T>(value: T): Checked<T> {
    const { problems, warnings, asked, moves } = this.findings;
    const asGiven = ({ field, message }: Problem): Problem => ({ field: givenPath(moves, field), message });
    const all = [...warnings, ...asked.unknown()].map(asGiven);
    const told = all.length === 0 ? {} : { warnings: all };
    return problems.length === 0
      ? { ok: true, value, ...told }
      : { ok: false, problems: problems.map(asGiven), ...told };
  }
}

/** What all readers of one configuration have found in it. */
class Findings {
  readonly warnings: Problem[] = [];
  readonly moves = new Map<string, string>();
  readonly asked = new AskedFields();

  constructor(readonly problems: Problem[]) {}
}

/** A finite number, also as text (decimal, or hexadecimal with `0x`). */
function finiteNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Problems in one line: `protocol.tcp.endpoint: must be ...; properties[2].type: ...`. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map((problem) => `${problem.field}: ${problem.message}`).join('; ');
}
