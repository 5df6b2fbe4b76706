/**
 * Whether a value changed in a way worth reporting. A number counts as changed only when it differs by more than `deadband`
 * (>= 0). To keep a slow drift from hiding in the deadband for ever, `before` must be the value last reported, not the one last
 * read.
 */
export function valueChanged(before: unknown, after: unknown, deadband = 0): boolean {
  if (isNumber(before) && isNumber(after)) return numberChanged(before, after, deadband);
  return !sameValue(before, after);
}

function numberChanged(before: number | bigint, after: number | bigint, deadband: number): boolean {
  // Compared as they are first: 64-bit integers that differ may be the same double.
  if (before == after || Object.is(before, after)) return false;
  return deadband === 0 || !(Math.abs(Number(before) - Number(after)) <= deadband);
}

/** Deep equality of what readings hold: scalars, dates, bytes, arrays, plain objects. NaN equals NaN. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (isNumber(a) && isNumber(b) && a == b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date || b instanceof Date) {
    return a instanceof Date && b instanceof Date && Object.is(a.getTime(), b.getTime());
  }
  if (Array.isArray(a) !== Array.isArray(b) || ArrayBuffer.isView(a) !== ArrayBuffer.isView(b)) return false;
  const membersOfA = Object.entries(a);
  const membersOfB = new Map(Object.entries(b));
  return (
    membersOfA.length === membersOfB.size &&
    membersOfA.every(([key, value]) => membersOfB.has(key) && sameValue(value, membersOfB.get(key)))
  );
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';
