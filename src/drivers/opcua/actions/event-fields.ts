import type { VariantValue } from '../values/natural';
import { naturalVariant } from '../values/natural';

/**
 * One event as plain data, by the names of its fields: bytes (`EventId`) as Base64 text, times as ISO text, the rest as
 * values have them. Fields the event does not have are left out. `ActiveState.Id` is called `ActiveState`: it says the same
 * as a boolean.
 */
export function eventToJson(fields: readonly string[], values: readonly VariantValue[]): Record<string, unknown> {
  const entries = fields.flatMap((field, index): [string, unknown][] => {
    const variant = values[index];
    const value = variant === undefined ? undefined : naturalVariant(variant);
    if (value === undefined || value === null) return [];
    return [[field.replace(/\.Id$/, ''), toJson(value)]];
  });
  return Object.fromEntries(entries);
}

function toJson(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  return value instanceof Date ? value.toISOString() : value;
}
