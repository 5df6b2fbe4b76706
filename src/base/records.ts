/**
 * Values of which nothing is known yet, as objects with members. Pure: also runs in the editor.
 */

/** An object and no list: what JSON calls an object. For what was parsed; bytes and dates count as one too. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same without bytes and dates, which are values: for what a flow gives. */
export const isPlainRecord = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer) && !(value instanceof Date);

/** `value`, or an object without members where it is none. */
export const asRecord = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

/** A member of an object or a list; undefined for what has none. */
export const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
