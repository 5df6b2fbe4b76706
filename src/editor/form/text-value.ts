/** How values of a flow look in a text input, and back. */

export type InputKind = 'text' | 'number' | 'any' | 'list';

/** What the input shows for a stored value. */
export function toInput(value: unknown, kind: InputKind = 'text'): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  const isOfItems = kind === 'list' || kind === 'text';
  if (isOfItems && Array.isArray(value) && value.every(isPlainItem)) return value.join(', ');
  return JSON.stringify(value);
}

/**
 * What is stored for what was typed. A `number` input stores a number when the text is one, otherwise the text as it is, so that
 * `${PORT}` and mistakes survive and can be shown. An `any` input stores JSON objects and lists as such. A `list` input stores
 * the texts between commas, or a JSON list.
 */
export function fromInput(text: string, kind: InputKind): unknown {
  const trimmed = text.trim();
  if (kind === 'number' && trimmed !== '' && String(Number(trimmed)) === trimmed) return Number(trimmed);
  if (kind === 'list' && !trimmed.startsWith('[')) {
    const items = trimmed.split(',').map((item) => item.trim());
    return items.filter((item) => item !== '');
  }
  if ((kind === 'any' || kind === 'list') && /^[[{]/.test(trimmed)) {
    try {
      return JSON.parse(trimmed) as unknown;
    } catch {
      return text;
    }
  }
  return kind === 'number' ? trimmed : text;
}

/** Whether an item can stand between commas and be found again. */
const isPlainItem = (item: unknown): boolean =>
  typeof item === 'string' && item !== '' && item.trim() === item && !item.includes(',') && !item.startsWith('[');
