/**
 * The text of one of evcc's device templates without Go's template language. Lines that are nothing else go; what stands within a line becomes
 * the word `template`, which is no address and no number.
 * Branches (`if`, `else`) may have a key each by the same name: those get a number.
 */
export function withoutTemplates(text: string): string {
  const lines = text.split('\n').filter((line) => !/^\s*\{\{.*\}\}\s*$/.test(line));
  /** Names so far, by how far they are indented. */
  const levels = new Map<number, Map<string, number>>();
  return lines
    .map((line) => {
      const [, indent = '', dash = '', name, rest = ''] = /^(\s*)(-\s+)?([\w$-]+)(:(?:\s.*)?)$/.exec(line) ?? [];
      if (name === undefined) return line.replaceAll(/\{\{.*?\}\}/g, 'template');
      const depth = indent.length + dash.length;
      for (const deeper of levels.keys())
        if (deeper > depth || (dash !== '' && deeper === depth)) levels.delete(deeper);
      const names = levels.get(depth) ?? new Map<string, number>();
      levels.set(depth, names);
      const times = (names.get(name) ?? 0) + 1;
      names.set(name, times);
      return `${indent}${dash}${times === 1 ? name : `${name}-${times}`}${rest.replaceAll(/\{\{.*?\}\}/g, 'template')}`;
    })
    .join('\n');
}
