/**
 * Tables as spreadsheets and CSV files have them: RFC 4180 quoting, and tab or semicolon as separator where the first line has
 * them. Pure: also runs in the editor.
 */
export interface CsvRow {
  /** Of the text, from 1; where the row begins. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows that are not empty. */
export function parseCsvRows(text: string): CsvRow[] {
  const separator = separatorOf(text);
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let begin = 1;
  const end = (): void => {
    const row = [...cells, cell];
    if (row.some((value) => value.trim() !== '')) rows.push({ line: begin, cells: row });
    cells = [];
    cell = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\n') line += 1;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && cell.trim() === '') {
      cell = '';
      quoted = true;
    } else if (character === separator) {
      cells.push(cell);
      cell = '';
    } else if (character === '\n') {
      end();
      begin = line;
    } else if (character !== '\r' || text[at + 1] !== '\n') {
      cell += character;
    }
  }
  if (cell !== '' || cells.length > 0) end();
  return rows;
}

/** As `parseCsvRows`, the cells alone. */
export const parseCsv = (text: string): string[][] => parseCsvRows(text).map(({ cells }) => [...cells]);

/** What `parseCsv` reads back: comma and CRLF, quotes where they are needed. */
export function formatCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

/** A blank at an end and a lone empty cell would be lost without quotes. */
const quoted = (cell: string): string => (/[",;\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** The separator that occurs most in the first line, outside quotes. */
function separatorOf(text: string): string {
  const firstLine = text.replaceAll(/"[^"]*"/g, '').split('\n', 1)[0] ?? '';
  const counts = ['\t', ';', ','].map((candidate) => ({ candidate, count: firstLine.split(candidate).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).candidate;
}
