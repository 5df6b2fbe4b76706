import { parseDuration } from './duration';
import type { Checked, Problem } from './problems';
import { show } from './show';

export { show };

/**
 * Reads a configuration field by field and gathers everything that is wrong with it, each with the field's path as in the
 * flow. A read always answers a usable value (the default where the given one is bad), so that one pass finds all problems.
 * Numbers and booleans may be text, because `${ENV}` yields text. Pure: also runs in the editor.
 */
export class FieldReader {
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(
    raw: unknown,
    private readonly path = '',
    readonly problems: Problem[] = [],
  ) {
    if (raw !== undefined && raw !== null && (typeof raw !== 'object' || Array.isArray(raw))) {
      this.problems.push({
        field: path === '' ? 'configuration' : path,
        message: `must be an object, got ${show(raw)}`,
      });
      this.values = {};
    } else {
      this.values = (raw ?? {}) as Record<string, unknown>;
    }
  }

  /** The full path of a field of this object. */
  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  fail(name: string, message: string): void {
    this.problems.push({ field: this.pathOf(name), message });
  }

  /** The value as given; undefined when absent, null or empty text. */
  given(name: string): unknown {
    const value = Object.hasOwn(this.values, name) ? this.values[name] : undefined;
    return value === null || value === '' ? undefined : value;
  }

  keys(): string[] {
    return Object.keys(this.values);
  }

  object(name: string): FieldReader {
    return new FieldReader(this.given(name), this.pathOf(name), this.problems);
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

  /** `value` if nothing is wrong so far, else all problems. */
  check<T>(value: T): Checked<T> {
    return this.problems.length === 0 ? { ok: true, value } : { ok: false, problems: this.problems };
  }
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
