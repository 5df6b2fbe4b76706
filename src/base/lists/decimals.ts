/**
 * Decimal numbers as people write them, with either mark. Pure: also runs in the editor.
 */
export type DecimalMark = 'point' | 'comma';

/** How a cell looks: surely with that mark, or `both`: `1,234` is 1.234 or 1234. Undefined: neither mark occurs, or it is no number. */
export function markIn(text: string): DecimalMark | 'both' | undefined {
  const number = /[-+]?[\d.,']*\d/.exec(text)?.[0] ?? '';
  const [comma, point] = [number.lastIndexOf(','), number.lastIndexOf('.')];
  if (comma === -1 && point === -1) return undefined;
  if (comma !== -1 && point !== -1) return comma > point ? 'comma' : 'point';
  const mark = comma === -1 ? 'point' : 'comma';
  const isOnce = number.indexOf(mark === 'comma' ? ',' : '.') === Math.max(comma, point);
  const other = mark === 'comma' ? 'point' : 'comma';
  // Several of the same mark part thousands; a single one with three digits behind it may.
  if (!isOnce) return other;
  if (mark === 'comma' && /^[-+]?[1-9]\d{0,2},\d{3}$/.test(number)) return 'both';
  return mark;
}

/** A number in the form that all programs read (`-1234.5`, `1e-3`); undefined for what is none. */
export function decimalOf(text: string, mark: DecimalMark | undefined = 'point'): string | undefined {
  const trimmed = text
    .trim()
    .replaceAll(/[\u00A0\u202F' ]/g, '')
    .replace('\u2212', '-');
  const [thousands, decimal] = markIn(trimmed) === 'comma' || mark === 'comma' ? ['.', ','] : [',', '.'];
  // A point alone is a decimal mark even where others write a comma: 0.1 beside 0,1.
  const plain =
    decimal === ',' && !trimmed.includes(',') ? trimmed : trimmed.replaceAll(thousands, '').replace(decimal, '.');
  const [, sign = '', number, exponent = ''] = /^([+-]?)(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.exec(plain) ?? [];
  if (number === undefined) return undefined;
  const [whole = '', fraction = ''] = number.split('.');
  return `${sign === '-' ? '-' : ''}${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
}

export interface Step {
  readonly type: 'Multiply' | 'Divide' | 'Add' | 'Subtract';
  readonly value: string;
}

/**
 * A factor as lists have it: `0.1`, `0,1`, `x10`, `*0.1`, `1/10`, `/10`, `÷10`, `10^-1`. Undefined for what is none. A factor of 1 is none at
 * all: an empty list.
 */
export function factorOf(text: string, mark: DecimalMark | undefined = 'point'): readonly Step[] | undefined {
  const cell = text.trim().replace(/^[=]/, '');
  const [, power] = /^(?:[x×*]\s*)?10\s*(?:\^|\*\*)\s*([-+\u2212]?\d{1,2})$/i.exec(cell) ?? [];
  if (power !== undefined) return scaled(Number(power.replace('\u2212', '-')));
  const [, divisor] = /^(?:1\s*)?[/÷:]\s*(.+)$/.exec(cell) ?? [];
  const number = decimalOf(divisor ?? cell.replace(/^[x×*]\s*/i, ''), mark);
  if (number === undefined) return undefined;
  return Number(number) === 1 ? [] : [{ type: divisor === undefined ? 'Multiply' : 'Divide', value: number }];
}

/** Times 10 to a power, without rounding. */
export function scaled(power: number): readonly Step[] {
  if (power === 0) return [];
  const ten = `1${'0'.repeat(Math.abs(power))}`;
  return [{ type: power > 0 ? 'Multiply' : 'Divide', value: ten }];
}
