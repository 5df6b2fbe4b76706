import { formatCsv } from '../../../base/lists/csv';
import { decimalOf } from '../../../base/lists/decimals';
import { isPlainRecord, isRecord } from '../../../base/records';

/** Properties as a CSV that `readTable` makes the same of. Pure: also runs in the editor. */
export function writeTable(properties: readonly Readonly<Record<string, unknown>>[]): string {
  const rows = properties.map(cellsOf);
  const extra = new Set(rows.flatMap((cells) => [...cells.keys()].filter((title) => !TITLES.includes(title))));
  const titles = [...ALWAYS, ...TITLES.filter((title) => !ALWAYS.includes(title)), ...extra].filter(
    (title) => ALWAYS.includes(title) || rows.some((cells) => (cells.get(title) ?? '') !== ''),
  );
  const table = rows.map((cells) => titles.map((title) => cells.get(title) ?? ''));
  return formatCsv([titles.map((title) => (title === 'unit' ? unitTitle(rows) : title)), ...table]);
}

const ALWAYS: readonly string[] = ['name', 'type', 'register', 'offset'];
const TITLES: readonly string[] = [
  ...ALWAYS,
  'quantity',
  'endianness',
  'bit',
  'accessMode',
  'unit',
  'scale',
  'orderOfOperations',
  'deadband',
  'value',
  'description',
];
const IN_VISITOR: readonly string[] = ['register', 'offset', 'quantity', 'endianness', 'bit'];

type Cells = Map<string, string>;

function cellsOf(property: Readonly<Record<string, unknown>>): Cells {
  const cells: Cells = new Map();
  for (const [name, value] of Object.entries(property)) {
    if (name === 'visitor' && isRecord(value)) {
      for (const [member, inner] of Object.entries(value)) {
        if (IN_VISITOR.includes(member)) cells.set(member, plain(inner));
        else cells.set(`visitor.${member}`, plainJson(inner));
      }
    } else if (name === 'orderOfOperations') writeOperations(cells, value);
    else if (TITLES.includes(name) && !IN_VISITOR.includes(name) && name !== 'scale')
      cells.set(name, name === 'value' ? valueText(value) : plain(value));
    else cells.set(`property.${name}`, plainJson(value));
  }
  return cells;
}

/** A single factor is a column that others have, too. */
function writeOperations(cells: Cells, value: unknown): void {
  const [only, ...others] = Array.isArray(value) ? (value as unknown[]) : [];
  const factor = isPlainRecord(only) && only['type'] === 'Multiply' && others.length === 0 ? only['value'] : undefined;
  const isPlain = typeof factor === 'string' && decimalOf(factor) === factor && ![0, 1].includes(Number(factor));
  if (isPlain) cells.set('scale', factor);
  else if (Array.isArray(value) && value.length > 0) cells.set('orderOfOperations', JSON.stringify(value));
}

const plainJson = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));

const plain = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);

/** Cells are read without the blanks around them; a text that has some, or looks like JSON, is written as JSON. */
function valueText(value: unknown): string {
  if (typeof value !== 'string') return plain(value);
  return value.trim() !== value || /^["[{]/.test(value) ? JSON.stringify(value) : value;
}

/** A column of units that are all numbers would be taken for the ids of units on a line. */
const unitTitle = (rows: readonly Cells[]): string => {
  const units = rows.flatMap((cells) => cells.get('unit') ?? []).filter((unit) => unit !== '');
  return units.every((unit) => /^\d{1,3}$/.test(unit)) ? 'uom' : 'unit';
};
