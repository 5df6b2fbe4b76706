import type { CsvRow } from '../../../base/lists/csv';
import type { ListAnswers, ListNote, ListQuestion, ListResult } from '../../../base/lists/point-list';
import { fieldOf, type Field } from './headings';
import { kindOf } from './kind-words';
import { listOfCells, type CellLine } from './cell-lines';
import { typeOf } from './type-words';
import { readAddress } from './addresses';

/**
 * A table with a line of titles, as spreadsheets and CSV files have it. Pure: also runs in the editor.
 */
export function readTable(rows: readonly CsvRow[], answers: ListAnswers): ListResult {
  const at = rows.slice(0, MAX_TITLE_LINES).findIndex(isHeader);
  const header = rows[at];
  if (header === undefined) {
    const first = rows[0]?.cells.map((cell) => cell.trim()).filter((cell) => cell !== '') ?? [];
    const found = first.slice(0, 5).join(', ');
    const message = `the first line must name the columns, such as name, address, type; found: ${found === '' ? 'nothing' : found}`;
    return { ok: false, line: rows[0]?.line ?? 1, message };
  }
  const body = rows.slice(at + 1);
  if (body.length === 0)
    return { ok: false, line: header.line, message: 'there is no line below the names of the columns' };
  const columns = header.cells.map((title, column) => columnOf(title, column, body));
  const notes: ListNote[] = [];
  const questions = settleColumns(columns, body, answers);
  const left = columns
    .filter(({ field, path, title }) => field === undefined && path === undefined && title !== '')
    .map(({ title }) => title);
  if (left.length > 0) notes.push({ id: 'leftOut', values: { columns: left.join(', ') } });
  const lines: CellLine[] = [];
  let titles = 0;
  for (const { line, cells } of body) {
    const filled = cells.filter((cell) => cell.trim() !== '').length;
    // A title of a section, or a line of dashes below the header.
    if ((filled === 1 && columns.length > 2) || cells.every((cell) => /^[\s\-=|:]*$/.test(cell))) titles += 1;
    else lines.push(lineOf(line, cells, columns));
  }
  if (titles > 0) notes.push({ id: 'titlesSkipped', values: { count: titles } });
  const titleOf = (field: Field): string => columns.find((column) => column.field === field)?.title ?? field;
  return { ok: true, list: listOfCells('table', lines, answers, { titleOf, questions, notes }) };
}

/** Lines of a letterhead that may stand above the titles. */
const MAX_TITLE_LINES = 20;

interface Column {
  readonly title: string;
  readonly column: number;
  field: Field | undefined;
  /** Of a member of the property that has no column of its own: `visitor.map`, `property.interval`. */
  readonly path?: string;
}

const PATH = /^(visitor|property)\.\w+$/;

function isHeader({ cells }: CsvRow): boolean {
  const fields = new Set(cells.map(fieldOf).filter((field) => field !== undefined));
  return (
    fields.size > 1 &&
    ['name', 'description', 'address', 'addressHex', 'offset', 'register'].some((field) => fields.has(field as Field))
  );
}

const cellsIn = (column: number, body: readonly CsvRow[]): string[] =>
  body.map(({ cells }) => (cells[column] ?? '').trim()).filter((cell) => cell !== '');

/** Three titles mean two things each, and what is below them tells which. */
function columnOf(title: string, column: number, body: readonly CsvRow[]): Column {
  const trimmed = title.trim();
  const field = fieldOf(trimmed);
  const cells = (): string[] => cellsIn(column, body).slice(0, 200);
  if (/^typ(e)?$/i.test(trimmed)) {
    const isKind = cells().length > 0 && cells().every((cell) => kindOf(cell) !== undefined && !isType(cell));
    return { title: trimmed, column, field: isKind ? 'register' : 'type' };
  }
  if (/^register$/i.test(trimmed)) {
    const isAddress =
      cells().some((cell) => kindOf(cell) === undefined) &&
      cells().every((cell) => readAddress(cell.split(/[-\u2013]/)[0] ?? '').ok);
    return { title: trimmed, column, field: isAddress ? 'address' : 'register' };
  }
  if (/^(units?|einheit)$/i.test(trimmed)) {
    const isUnitId = cells().length > 0 && cells().every((cell) => /^\d{1,3}$/.test(cell));
    return { title: trimmed, column, field: isUnitId ? 'unitId' : 'unit' };
  }
  return { title: trimmed, column, field, ...(field === undefined && PATH.test(trimmed) ? { path: trimmed } : {}) };
}

const isType = (cell: string): boolean => {
  const found = typeOf(cell);
  return found.ok || 'ambiguous' in found;
};

/** Which column has the address, and what an offset beside it is; a field has one column, the others are left out and told. */
function settleColumns(
  columns: readonly Column[],
  body: readonly CsvRow[],
  answers: ListAnswers,
): readonly ListQuestion[] {
  const has = (field: Field): boolean => columns.some((column) => column.field === field);
  const offset = columns.find(({ field }) => field === 'offset');
  if (offset !== undefined && !has('address') && !has('addressHex')) offset.field = 'address';
  if (has('address')) for (const column of columns) if (column.field === 'addressHex') column.field = undefined;
  if (!has('name')) {
    const described = columns.find(({ field }) => field === 'description');
    if (described !== undefined) described.field = 'name';
  }
  const seen = new Set<Field>();
  for (const column of columns) {
    if (column.field === undefined) continue;
    if (seen.has(column.field)) column.field = undefined;
    else seen.add(column.field);
  }
  const isOpen =
    offset?.field === 'offset' && cellsIn(offset.column, body).some((cell) => Number(cell.replace(',', '.')) !== 0);
  if (!isOpen) return [];
  const choices = ['after', 'before', 'address', 'ignore'];
  const answer = answers['offset'];
  if (answer === 'ignore') offset.field = undefined;
  return [{ id: 'offset', about: offset.title, choices, ...(answer === undefined ? {} : { answer }) }];
}

function lineOf(line: number, cells: readonly string[], columns: readonly Column[]): CellLine {
  const found: Partial<Record<Field, string>> = {};
  const paths: [path: string, text: string][] = [];
  for (const { field, column, path } of columns) {
    const cell = (cells[column] ?? '').trim();
    if (cell === '') continue;
    if (field !== undefined) found[field] = cell;
    else if (path !== undefined) paths.push([path, cell]);
  }
  const problems =
    cells.length > columns.length && cells.slice(columns.length).some((cell) => cell.trim() !== '')
      ? [`has ${cells.length} values for ${columns.length} columns`]
      : [];
  return { line, cells: found, paths, problems };
}
