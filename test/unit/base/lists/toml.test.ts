import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parseTomlTree } from '../../../../src/base/lists/toml';
import { isDocumentError, type ListNode } from '../../../../src/base/lists/tree';

/** Python's own reader (3.11): each document as JSON, its scalars as text, or null where it refuses. */
const READER = `
import json, sys, tomllib
def plain(value):
    if isinstance(value, dict): return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list): return [plain(item) for item in value]
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
def read(text):
    try: return plain(tomllib.loads(text))
    except tomllib.TOMLDecodeError: return None
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
`;

function pythonReads(texts: readonly string[]): unknown[] | undefined {
  try {
    const input = JSON.stringify(texts);
    return JSON.parse(
      execFileSync('python3', ['-c', READER], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }),
    ) as unknown[];
  } catch {
    console.warn('Left out: python3 has no tomllib (3.11 or later)');
    return undefined;
  }
}

function plain(node: ListNode): unknown {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'items') return node.items.map(plain);
  return Object.fromEntries([...node.members].map(([name, member]) => [name, plain(member)]));
}

const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,5}$/);
const text = fc
  .array(fc.constantFrom(...'aZ09 _#=[]{},.\'"\\äß°€🔌'.split(/(?=.)/u)), { maxLength: 12 })
  .map((parts) => parts.join(''));
const scalar = fc.oneof(
  text.map((value) => JSON.stringify(value)),
  text.filter((value) => !value.includes("'")).map((value) => `'${value}'`),
  fc.integer({ min: -99_999, max: 99_999 }).map(String),
  fc.constantFrom('0.5', '-12.25', 'true', 'false'),
);
const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[\n  ${items.join(', # a comment\n  ')}\n]`),
    fc
      .uniqueArray(name, { maxLength: 3 })
      .chain((names) =>
        fc
          .tuple(...names.map(() => scalar))
          .map((values) => `{ ${names.map((each, at) => `${each} = ${values[at] ?? ''}`).join(', ')} }`),
      ),
  ),
})).value;
const lines = fc
  .uniqueArray(name, { maxLength: 4 })
  .chain((names) =>
    fc
      .tuple(...names.map(() => value))
      .map((values) => names.map((each, at) => `${each} = ${values[at] ?? ''}`).join('\n')),
  );
const documents = fc
  .tuple(
    lines,
    fc.array(fc.tuple(fc.constantFrom('[[inputs.modbus]]', '[[inputs.modbus.request]]'), lines), { maxLength: 4 }),
  )
  .map(([first, tables]) => [first, ...tables.map(([head, body]) => `${head}\n${body}`)].join('\n\n'));

describe('TOML', () => {
  it('is read as Python reads it', () => {
    const texts = fc.sample(documents, 300);
    const expected = pythonReads(texts);
    if (expected === undefined) return;
    let read = 0;
    for (const [at, document] of texts.entries()) {
      // What is a fault for Python may pass here.
      if (expected[at] === null) continue;
      read += 1;
      expect([document, plain(parseTomlTree(document))]).toEqual([document, expected[at]]);
    }
    expect(read).toBeGreaterThan(200);
  });

  it('tells where a mistake is, and never loops', () => {
    const parts = fc.array(
      fc.constantFrom('[', ']', '[[a', ']]', '=', '"', "'", '"""', '\\', '{', '}', ',', '\n', ' ', 'a', '1', '#', '.'),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(parts, (found) => {
        try {
          parseTomlTree(found.join(''));
        } catch (error) {
          expect(isDocumentError(error)).toBe(true);
          expect((error as { line?: number }).line).toBeGreaterThan(0);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
