import { rowsAsObjects } from '../../device/config/rows';
import { formatCsv, parseCsvRows } from '../../base/lists/csv';
import type { ListAnswers, ListedPoint, ListResult } from '../../base/lists/point-list';
import { setAt, valueAt } from '../form/paths';

/**
 * What people call the columns of one kind of device: titles in lower case without blanks, `_` and `-`, and where in a property
 * the cells go (`{ nodeid: 'visitor.nodeID' }`).
 */
export type PasteColumns = Readonly<Record<string, string>>;

/** How a kind of device reads lists that people have, and writes one. Neither throws. */
export interface ListTools {
  readonly read: (text: string, answers: ListAnswers) => ListResult;
  readonly write: (properties: readonly Readonly<Record<string, unknown>>[]) => string;
}

/** What can be pasted into the table of a kind of device. */
export interface PasteOptions {
  /** Besides those of all devices, where the device has no tools of its own. */
  readonly columns?: PasteColumns;
  /** Loads the device's own. */
  readonly tools?: () => Promise<ListTools>;
  /** Two lines to show what can be pasted: titles and one property. */
  readonly example: string;
}

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

/** As the device has them, or by its columns. Rejects where they cannot be loaded. */
export function toolsOf({ tools, columns = {} }: PasteOptions): Promise<ListTools> {
  return tools?.() ?? Promise.resolve({ read: (text) => readPropertyList(text, columns), write: writePropertyList });
}

/**
 * Property definitions from pasted text: JSON (a list, one object, or an object with `properties`), or a table with a header line.
 * Only the form is checked here; what the properties say is checked by the rules of the device.
 */
export function readPropertyList(text: string, own: PasteColumns): ListResult {
  const trimmed = text.trim().replace(/^\uFEFF/, '');
  if (trimmed === '') return { ok: false, message: 'there is nothing in it' };
  return /^[[{]/.test(trimmed) ? fromJson(trimmed) : fromTable(trimmed, { ...COLUMNS, ...own });
}

const listOf = (format: string, points: readonly ListedPoint[]): ListResult => ({
  ok: true,
  list: { format, points, questions: [], notes: [] },
});

function fromJson(text: string): ListResult {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { ok: false, message: `not valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const inner = valueAt(parsed, 'properties');
  const list: unknown[] = Array.isArray(parsed) ? parsed : Array.isArray(inner) ? inner : [parsed];
  // A flow has them as texts.
  const points = objectsOf(list).map((value, at): ListedPoint => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) return { item: at + 1, problems: ['must be an object with the fields of a property'] };
    return { item: at + 1, property: value as Record<string, unknown>, problems: [] };
  });
  return listOf('json', points);
}

const objectsOf = (list: unknown[]): unknown[] => rowsAsObjects({ properties: list })['properties'] as unknown[];

function fromTable(text: string, columns: PasteColumns): ListResult {
  const [header, ...rows] = parseCsvRows(text);
  const paths = (header?.cells ?? []).map(
    (title) => columns[title.toLowerCase().replaceAll(/[\s_-]/g, '')] ?? title.trim(),
  );
  if (!paths.includes('name')) {
    return { ok: false, message: 'the first line must name the columns, one of them "name"', line: 1 };
  }
  if (rows.length === 0) return { ok: false, message: 'there is no line below the names of the columns', line: 1 };
  const points = rows.map(({ line, cells }): ListedPoint => {
    const problems = cells.length > paths.length ? [`has ${cells.length} values for ${paths.length} columns`] : [];
    return { line, property: propertyOf(paths, cells), problems };
  });
  return listOf('table', points);
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
  if (path === 'deadband' && Number.isFinite(Number(cell))) return Number(cell);
  if (path === 'readOnly') return cell.toLowerCase() === 'true' || cell === '1';
  if (path === 'orderOfOperations' || /^[[{"]/.test(cell)) {
    try {
      return JSON.parse(cell) as unknown;
    } catch {
      return cell;
    }
  }
  return cell;
}

/** The table as a CSV that `readPropertyList` makes the same of: a column for each member of a property that there is. */
function writePropertyList(properties: readonly Readonly<Record<string, unknown>>[]): string {
  const rows = properties.map((property) => new Map(cellsOf(property, '')));
  const paths = [...new Set(['name', ...rows.flatMap((cells) => [...cells.keys()])])];
  return formatCsv([paths, ...rows.map((cells) => paths.map((path) => cells.get(path) ?? ''))]);
}

function cellsOf(value: Readonly<Record<string, unknown>>, place: string): [path: string, cell: string][] {
  return Object.entries(value).flatMap(([name, member]): [string, string][] => {
    const path = `${place}${name}`;
    if (member === undefined || member === null) return [];
    if (typeof member === 'object' && !Array.isArray(member))
      return cellsOf(member as Record<string, unknown>, `${path}.`);
    const isPlain = typeof member === 'string' && member.trim() === member && !/^[[{"]/.test(member);
    return [[path, isPlain ? member : JSON.stringify(member)]];
  });
}
