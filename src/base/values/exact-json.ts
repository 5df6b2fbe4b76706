const BYTE_ORDER_MARK = 0xfeff;

/** The text behind a byte order mark, which JSON does not have (RFC 8259, 8.1) and some senders write. */
export const withoutByteOrderMark = (text: string): string =>
  text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;

/**
 * JSON without the loss of a digit: an integer that a number does not hold exactly is what `integer` makes of its digits (at most 20, and a
 * sign). Throws a SyntaxError where the text is no JSON.
 */
export function parseExactJson(json: string, integer: (digits: string) => unknown): unknown {
  // To look at each value costs more than to parse, and hardly any text has one so long.
  if (!/\d{16}/.test(json)) return JSON.parse(json) as unknown;
  return JSON.parse(json, (_key, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && /^-?\d{1,20}$/.test(source) ? integer(source) : value;
  }) as unknown;
}
