/** How values of a flow look in a text input, and back. */

export type InputKind = 'text' | 'number' | 'any';

/** What the input shows for a stored value. */
export function toInput(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

/**
 * What is stored for what was typed. A `number` input stores a number when the text is one, otherwise the text as it is, so that
 * `${PORT}` and mistakes survive and can be shown. An `any` input stores JSON objects and lists as such.
 */
export function fromInput(text: string, kind: InputKind): unknown {
  const trimmed = text.trim();
  if (kind === 'number' && trimmed !== '' && String(Number(trimmed)) === trimmed) return Number(trimmed);
  if (kind === 'any' && /^[[{]/.test(trimmed)) {
    try {
      return JSON.parse(trimmed) as unknown;
    } catch {
      return text;
    }
  }
  return kind === 'number' ? trimmed : text;
}
