/** How a flow gets 64-bit integers: `number` where it is exact and BigInt beyond, always `bigint`, or decimal `text`. */
export const INT64_FORMS = ['number', 'bigint', 'text'] as const;

export type Int64Form = (typeof INT64_FORMS)[number];

/** A number is exact from -(2^53 - 1) to 2^53 - 1; only within that range it stands for one integer alone. */
export function integerAs(form: Int64Form, value: bigint): number | bigint | string {
  if (form === 'text') return String(value);
  const number = Number(value);
  return form === 'number' && Number.isSafeInteger(number) ? number : value;
}

/** The same in a document that has to be JSON: what would be a BigInt is decimal text. */
export const integerInJson = (form: Int64Form, value: bigint): number | string => {
  const told = integerAs(form, value);
  return typeof told === 'bigint' ? String(told) : told;
};

/** A value with its 64-bit integers in that form, also those in arrays and objects. Bytes and dates stay what they are. */
export function integersAs(form: Int64Form, value: unknown): unknown {
  if (typeof value === 'bigint') return integerAs(form, value);
  if (form === 'bigint' || typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof BigInt64Array || value instanceof BigUint64Array)
    return Array.from(value, (item) => integerAs(form, item));
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => integersAs(form, item));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, integersAs(form, item)]));
}
