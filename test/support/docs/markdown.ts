/** Reads Markdown as far as the tests of the pages need it. */

export interface Link {
  /** As written between the brackets. */
  readonly target: string;
  readonly line: number;
}

/** Links and pictures; not those in code. Reference-style links are not used here. */
export function linksOf(markdown: string): Link[] {
  return proseLines(markdown).flatMap(({ text, line }) =>
    [...text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].map((match) => ({
      target: match[1] ?? '',
      line,
    })),
  );
}

/** The anchors of a page's headings, by GitHub's rule: lower case, no punctuation, hyphens for spaces, numbers for repetitions. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const { text } of proseLines(markdown)) {
    const heading = /^#{1,6}\s+(.+?)\s*#*$/.exec(text)?.[1];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

export function slugOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

/** The names in backticks in the first column of the tables whose first column is headed `heading`. */
export function namesInTables(markdown: string, heading: string): string[] {
  const names: string[] = [];
  let isInside = false;
  for (const { text } of proseLines(markdown)) {
    const first = /^\|\s*((?:[^|`]|`[^`]*`)*?)\s*\|/.exec(text)?.[1];
    if (first === undefined) isInside = false;
    else if (first === heading) isInside = true;
    else if (isInside) names.push(...[...first.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
  }
  return names;
}

/** All names in backticks of the section below a heading, up to the next heading. */
export function namesInSection(markdown: string, heading: string): string[] {
  const lines = proseLines(markdown).map(({ text }) => text);
  const start = lines.findIndex((text) => text.replace(/^#+\s+/, '') === heading && text.startsWith('#'));
  if (start === -1) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((text) => /^#/.test(text));
  const section = rest.slice(0, end === -1 ? undefined : end).join('\n');
  return [...section.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

function proseLines(markdown: string): { text: string; line: number }[] {
  let isFenced = false;
  return markdown.split('\n').flatMap((text, index) => {
    if (/^\s*```/.test(text)) isFenced = !isFenced;
    return isFenced || /^\s*```/.test(text) || /^ {4}/.test(text) ? [] : [{ text, line: index + 1 }];
  });
}
