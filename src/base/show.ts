/** A value as shown in an error message: short, with quotes around text. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return String(value); // JSON would say null for NaN
  const text = jsonOf(value);
  if (text === undefined) return typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** JSON as far as it goes: bigints as text; undefined for functions and for objects that contain themselves. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? String(member) : member));
  } catch {
    return undefined;
  }
}
