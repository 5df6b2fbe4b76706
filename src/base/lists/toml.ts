import { DocumentError, type ListNode } from './tree';

/**
 * TOML as configuration files of telegraf have it (toml.io, v1.0.0): tables, arrays of tables, dotted keys, arrays over several
 * lines, inline tables (over several lines, too, as telegraf's own reader takes them), all kinds of text; what is no text stays as written.
 * Pure: also runs in the editor.
 */
type Table = Map<string, Value>;
type Value = { line: number } & ({ text: string } | { list: Value[] } | { table: Table });

/** @throws DocumentError */
export function parseTomlTree(text: string): ListNode {
  return toNode({ line: 1, table: new TomlReader(text).read() });
}

function toNode(value: Value): ListNode {
  const { line } = value;
  if ('text' in value) return { kind: 'text', line, text: value.text };
  if ('list' in value) return { kind: 'items', line, items: value.list.map(toNode) };
  return { kind: 'members', line, members: new Map([...value.table].map(([name, member]) => [name, toNode(member)])) };
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '"': '"', '\\': '\\' };
const MAX_DEPTH = 32;

class TomlReader {
  private at = 0;
  private line = 1;

  constructor(private readonly text: string) {}

  read(): Table {
    const root: Table = new Map();
    let table = root;
    this.skip(true);
    while (this.at < this.text.length) {
      if (this.text[this.at] === '[') table = this.header(root);
      else this.keyValue(table);
      this.endOfLine();
      this.skip(true);
    }
    return root;
  }

  /** `[a.b]` or `[[a.b]]`; answers the table that the following lines belong to. */
  private header(root: Table): Table {
    const line = this.line;
    const isList = this.text.startsWith('[[', this.at);
    this.at += isList ? 2 : 1;
    this.skip(false);
    const keys = this.keys();
    this.expect(isList ? ']]' : ']');
    const last = keys.pop() ?? '';
    const parent = this.inner(root, keys);
    if (!isList) return this.inner(parent, [last]);
    const made: Table = new Map();
    const present = parent.get(last);
    if (present === undefined) parent.set(last, { line, list: [{ line, table: made }] });
    else if ('list' in present) present.list.push({ line, table: made });
    else throw this.mistake(`"${last}" is no list of tables`);
    return made;
  }

  private keyValue(table: Table): void {
    const line = this.line;
    const keys = this.keys();
    this.expect('=');
    this.skip(false);
    const last = keys.pop() ?? '';
    const parent = this.inner(table, keys);
    if (parent.has(last)) throw this.mistake(`"${last}" is there twice`);
    parent.set(last, { ...this.value(0), line });
  }

  /** The table at these keys, of a list of tables the last one; made where it is not there. */
  private inner(table: Table, keys: readonly string[]): Table {
    let inner = table;
    for (const key of keys) {
      let found = inner.get(key);
      if (found === undefined) {
        found = { line: this.line, table: new Map() };
        inner.set(key, found);
      }
      const last = 'list' in found ? found.list.at(-1) : found;
      if (last === undefined || !('table' in last)) throw this.mistake(`"${key}" is no table`);
      inner = last.table;
    }
    return inner;
  }

  private keys(): string[] {
    const keys: string[] = [];
    for (;;) {
      const bare = /[\w-]+/y;
      bare.lastIndex = this.at;
      const [found] = bare.exec(this.text) ?? [];
      const quote = this.text[this.at];
      if (found !== undefined) {
        keys.push(found);
        this.at += found.length;
      } else if (quote === '"' || quote === "'") keys.push(this.string());
      else throw this.mistake('a name is expected here');
      this.skip(false);
      if (this.text[this.at] !== '.') return keys;
      this.at += 1;
      this.skip(false);
    }
  }

  private value(depth: number): Value {
    if (depth > MAX_DEPTH) throw this.mistake(`is more than ${MAX_DEPTH} levels deep`);
    const { line } = this;
    const first = this.text[this.at];
    if (first === '"' || first === "'") return { line, text: this.string() };
    if (first === '[') return { line, list: this.list(depth) };
    if (first === '{') return { line, table: this.inlineTable(depth) };
    const plain = /[^\s,\]}#]+/y;
    plain.lastIndex = this.at;
    const [text] = plain.exec(this.text) ?? [];
    if (text === undefined) throw this.mistake('a value is expected here');
    this.at += text.length;
    return { line, text };
  }

  private list(depth: number): Value[] {
    const items: Value[] = [];
    this.at += 1;
    this.skip(true);
    while (this.text[this.at] !== ']') {
      items.push(this.value(depth + 1));
      this.skip(true);
      if (this.text[this.at] === ',') this.at += 1;
      else if (this.text[this.at] !== ']') throw this.mistake('"," or "]" is expected here');
      this.skip(true);
    }
    this.at += 1;
    return items;
  }

  private inlineTable(depth: number): Table {
    const table: Table = new Map();
    this.at += 1;
    this.skip(true);
    while (this.text[this.at] !== '}') {
      const keys = this.keys();
      this.expect('=');
      this.skip(false);
      this.inner(table, keys.slice(0, -1)).set(keys.at(-1) ?? '', this.value(depth + 1));
      this.skip(true);
      if (this.text[this.at] === ',') this.at += 1;
      else if (this.text[this.at] !== '}') throw this.mistake('"," or "}" is expected here');
      this.skip(true);
    }
    this.at += 1;
    return table;
  }

  private string(): string {
    const quote = this.text[this.at] ?? '';
    const triple = quote.repeat(3);
    const isLong = this.text.startsWith(triple, this.at);
    const end = isLong ? triple : quote;
    this.at += end.length;
    if (isLong && this.text[this.at] === '\n') this.newLine();
    let result = '';
    while (!this.text.startsWith(end, this.at)) {
      const character = this.text[this.at];
      if (character === undefined || (character === '\n' && !isLong))
        throw this.mistake(`a text has no end: ${end} is missing`);
      if (character === '\\' && quote === '"') result += this.escaped();
      else {
        result += character;
        if (character === '\n') this.newLine();
        else this.at += 1;
      }
    }
    this.at += end.length;
    return result;
  }

  private escaped(): string {
    const [whole, long, short, letter] =
      /^\\(?:U([\da-fA-F]{8})|u([\da-fA-F]{4})|(["\\bfnrt]))/.exec(this.text.slice(this.at, this.at + 10)) ?? [];
    if (whole === undefined) {
      const [folded] = /^\\[ \t]*\r?\n\s*/.exec(this.text.slice(this.at)) ?? [];
      if (folded === undefined) throw this.mistake('a text has a "\\" that stands for nothing');
      this.line += folded.split('\n').length - 1;
      this.at += folded.length;
      return '';
    }
    this.at += whole.length;
    if (letter !== undefined) return ESCAPES[letter] ?? letter;
    const point = parseInt(long ?? short ?? '', 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : '\uFFFD';
  }

  private expect(mark: string): void {
    this.skip(false);
    if (!this.text.startsWith(mark, this.at)) throw this.mistake(`"${mark}" is expected here`);
    this.at += mark.length;
  }

  private endOfLine(): void {
    this.skip(false);
    if (this.at < this.text.length && this.text[this.at] !== '\n') throw this.mistake('the line should end here');
  }

  private newLine(): void {
    this.at += 1;
    this.line += 1;
  }

  /** Blanks and comments; with `lines` also ends of lines. */
  private skip(lines: boolean): void {
    for (;;) {
      const character = this.text[this.at];
      if (character === ' ' || character === '\t' || character === '\r') this.at += 1;
      else if (character === '#') {
        const end = this.text.indexOf('\n', this.at);
        this.at = end === -1 ? this.text.length : end;
      } else if (character === '\n' && lines) this.newLine();
      else return;
    }
  }

  private mistake(message: string): DocumentError {
    return new DocumentError(message, this.line);
  }
}
