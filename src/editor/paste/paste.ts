import { parseCsv } from './csv';
import { setAt, valueAt } from '../form/paths';

export type PasteResult =
  | { readonly ok: true; readonly properties: Record<string, unknown>[] }
  | { readonly ok: false; readonly message: string; readonly line?: number };

/**
 * What people call the columns of one kind of device: titles in lower case without blanks, `_` and `-`, and where in a property
 * the cells go (`{ nodeid: 'visitor.nodeID' }`).
 */
export type PasteColumns = Readonly<Record<string, string>>;

/** Of all devices; any other title is taken as a path (`visitor.offset`). */
const COLUMNS: PasteColumns = {
  access: 'accessMode',
  accessmode: 'accessMode',
  datatype: 'type',
  deadband: 'deadband',
  description: 'description',
  name: 'name',
  orderofoperations: 'orderOfOperations',
  readonly: 'readOnly',
  scale: 'scale',
  factor: 'scale',
  type: 'type',
  unit: 'unit',
  value: 'value',
};

const NUMBERS = new Set(['visitor.offset', 'visitor.quantity', 'visitor.bit', 'deadband']);

/**
 * Property definitions from pasted text: JSON (a list, one object, or an object with `properties`), or a table with a header line.
 * Only the form is checked here; what the properties say is checked in their rows.
 */
export function parsePastedProperties(text: string, own: PasteColumns = {}): PasteResult {
  const trimmed = text.trim().replace(/^\uFEFF/, '');
  if (trimmed === '') return { ok: false, message: 'nothing was pasted' };
  return /^[[{]/.test(trimmed) ? fromJson(trimmed) : fromTable(trimmed, { ...COLUMNS, ...own });
}

function fromJson(text: string): PasteResult {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { ok: false, message: `not valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const inner = valueAt(parsed, 'properties');
  const list: unknown[] = Array.isArray(parsed) ? parsed : Array.isArray(inner) ? inner : [parsed];
  const properties: Record<string, unknown>[] = [];
  for (const [index, item] of list.entries()) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      return { ok: false, message: `item ${index + 1} must be an object with the fields of a property` };
    }
    properties.push(item as Record<string, unknown>);
  }
  return { ok: true, properties };
}

function fromTable(text: string, columns: PasteColumns): PasteResult {
  const [header = [], ...rows] = parseCsv(text);
  const paths = header.map((title) => columns[title.toLowerCase().replaceAll(/[\s_-]/g, '')] ?? title.trim());
  if (!paths.includes('name')) {
    return { ok: false, message: 'the first line must name the columns, one of them "name"', line: 1 };
  }
  if (rows.length === 0) return { ok: false, message: 'there is no line below the column names' };
  const properties: Record<string, unknown>[] = [];
  for (const [index, cells] of rows.entries()) {
    if (cells.length > paths.length) {
      const message = `has ${cells.length} values for ${paths.length} columns`;
      return { ok: false, message, line: index + 2 };
    }
    properties.push(propertyOf(paths, cells));
  }
  return { ok: true, properties };
}

function propertyOf(paths: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const property: Record<string, unknown> = {};
  for (const [column, path] of paths.entries()) {
    const cell = (cells[column] ?? '').trim();
    if (cell === '' || path === '') continue;
    if (path === 'scale') setAt(property, 'orderOfOperations', [{ type: 'Multiply', value: cell }]);
    else setAt(property, path, valueOf(path, cell));
  }
  return property;
}

function valueOf(path: string, cell: string): unknown {
  if (NUMBERS.has(path) && Number.isFinite(Number(cell))) return Number(cell);
  if (path === 'readOnly') return cell.toLowerCase() === 'true' || cell === '1';
  if (path === 'orderOfOperations') {
    try {
      return JSON.parse(cell) as unknown;
    } catch {
      return cell;
    }
  }
  return cell;
}
