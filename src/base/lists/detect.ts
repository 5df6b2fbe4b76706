/** What a pasted text is. Pure: also runs in the editor. */
export type TextFormat = 'table' | 'json' | 'yaml' | 'toml';

/** By the first line that is no comment; what looks like nothing else is a table. */
export function formatOf(text: string): TextFormat {
  const first = text.split('\n').find((line) => line.trim() !== '' && !/^\s*(#|\/\/)/.test(line)) ?? '';
  if (/^\s*\[\[?\s*[\w.-]+\s*\]\]?\s*(#.*)?$/.test(first) && !/^\s*\[\s*\d*\s*\]/.test(first)) return 'toml';
  if (/^\s*[\w.-]+\s*=\s*(\[|\{|"|'|\d|true|false)/.test(first)) return 'toml';
  if (/^\s*[[{]/.test(first)) return 'json';
  if (/^\s*(---|%YAML|-\s|-$|["']?[\w .$-]+["']?:(\s|$))/.test(first) && !/[\t;]/.test(first.trim())) return 'yaml';
  return 'table';
}
