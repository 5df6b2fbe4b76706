import { isDeepStrictEqual } from 'node:util';

/** Attributes of `wanted` that `present` does not have as they are wished. Lists are compared as sets: CSEs reorder them. */
export function changedAttributes(
  wanted: Readonly<Record<string, unknown>>,
  present: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => !isSame(value, present[name])));
}

function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return isDeepStrictEqual(a, b);
  const others: unknown[] = b;
  return a.length === b.length && a.every((item: unknown) => others.some((other) => isDeepStrictEqual(item, other)));
}
