/** A Markdown table with its columns padded, so that it reads well as text too. `rows` hold texts or numbers. */
export function table(columns, rows) {
  const lines = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, column) => Math.max(3, ...lines.map((line) => (line[column] ?? '').length)));
  const format = (line) => `| ${widths.map((width, column) => (line[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [head, ...body] = lines;
  return [format(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(format)].join('\n');
}

/** One benchmark's result as a Markdown section. */
export function section({ title, columns, rows, notes = [] }) {
  return [`## ${title}`, '', table(columns, rows), '', ...[notes].flat().map((note) => `- ${note}`)]
    .join('\n')
    .trimEnd();
}
