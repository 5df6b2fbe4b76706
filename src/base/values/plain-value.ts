/** A copy, or what is wrong with the value. */
type Plain = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** More is no value of a device; JSON, and all that walks through a value, goes down as deep as it is. */
export const MOST_LEVELS = 64;
/** Members in all. What is in several places counts in each. */
export const MOST_MEMBERS = 1_000_000;

/** Bytes and lists of numbers are taken as they are: nothing in them can do harm. */
const isBinary = (value: object): boolean => ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

class NotPlain extends Error {}

/**
 * A value that anybody gave (a flow, a command), as data of one's own: nothing in it is computed, refers to itself, or is changed
 * afterwards by who gave it. What is no data (functions, objects whose members cannot be read, cycles, more than 64 levels or a
 * million members) is refused. Members that are undefined stay.
 */
export function plainValue(value: unknown): Plain {
  const copying = { above: new Set<object>(), members: 0 };
  try {
    return { ok: true, value: copy(value, copying) };
  } catch (error) {
    if (error instanceof NotPlain) return { ok: false, message: error.message };
    // Whatever a getter or a proxy throws, which may itself be hostile.
    return { ok: false, message: 'must be plain data, but its members cannot be read' };
  }
}

interface Copying {
  /** What is being copied: meeting one of these again is a cycle. */
  readonly above: Set<object>;
  members: number;
}

function copy(value: unknown, copying: Copying): unknown {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new NotPlain(`must be data, got a ${typeof value}`);
  if (typeof value !== 'object' || value === null || isBinary(value)) return value;
  // Throws for what only claims to be a date.
  if (value instanceof Date) return new Date(Date.prototype.getTime.call(value));
  if (copying.above.has(value)) throw new NotPlain('must not contain itself');
  if (copying.above.size >= MOST_LEVELS) throw new NotPlain(`must not have more than ${MOST_LEVELS} levels`);
  copying.above.add(value);
  const result = copyMembers(value, copying);
  copying.above.delete(value);
  return result;
}

function copyMembers(value: object, copying: Copying): unknown {
  if (Array.isArray(value)) return Array.from(value, (item: unknown) => member(item, copying));
  // What a library made (a point in time, a decimal number) often says itself how it is written.
  if (saysItself(value)) return member(value.toJSON(), copying);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, member(item, copying)] as const));
}

const saysItself = (value: object): value is { toJSON(): unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function';

function member(value: unknown, copying: Copying): unknown {
  copying.members += 1;
  if (copying.members > MOST_MEMBERS) throw new NotPlain(`must not have more than ${MOST_MEMBERS} members`);
  return copy(value, copying);
}
