/**
 * Tables pasted from a spreadsheet or a CSV file: RFC 4180 quoting, and tab or semicolon as separator where the first line has them.
 */
export function parseCsv(text: string): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
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
      row.push(cell);
      cell = '';
    } else if (character === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
    } else if (character !== '\r' || text[at + 1] !== '\n') {
      cell += character;
    }
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows.filter((cells) => cells.some((value) => value.trim() !== ''));
}

/** The separator that occurs most in the first line, outside quotes. */
function separatorOf(text: string): string {
  const firstLine = text.replaceAll(/"[^"]*"/g, '').split('\n', 1)[0] ?? '';
  const counts = ['\t', ';', ','].map((candidate) => ({ candidate, count: firstLine.split(candidate).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).candidate;
}
