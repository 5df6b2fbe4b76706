/**
 * A JSON, YAML or TOML document as its author wrote it: every scalar stays text, so that `00001`, `0x0102` and `1,5` are what they were.
 * Pure: also runs in the editor.
 */
export type ListNode = TextNode | ItemsNode | MembersNode;

interface Placed {
  /** Where it begins, from 1; absent where the format does not tell. */
  readonly line?: number | undefined;
}

export interface TextNode extends Placed {
  readonly kind: 'text';
  readonly text: string;
  /** What it is in JSON, where that is no text: a number, a truth value, null. */
  readonly value?: unknown;
}

export interface ItemsNode extends Placed {
  readonly kind: 'items';
  readonly items: readonly ListNode[];
}

export interface MembersNode extends Placed {
  readonly kind: 'members';
  readonly members: ReadonlyMap<string, ListNode>;
}

/** A mistake in the form of a document. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';

  constructor(
    message: string,
    readonly line?: number,
  ) {
    super(message);
  }
}

/** The parser of YAML is a script of its own, with a class of its own. */
export const isDocumentError = (error: unknown): error is DocumentError =>
  error instanceof Error && error.name === 'DocumentError';

/** A document may name itself as its part, or a part many times over (YAML's aliases); no list of points is so deep or so large. */
const MAX_DEPTH = 64;
const MAX_NODES = 1_000_000;

/** What a parser made of a document, in which all scalars are texts, numbers, booleans or null. `lineOf`: of objects and lists. */
export function toTree(document: unknown, lineOf: (value: object) => number | undefined = () => undefined): ListNode {
  let nodes = 0;
  const node = (value: unknown, depth: number): ListNode => {
    nodes += 1;
    if (depth > MAX_DEPTH) throw new DocumentError(`is more than ${MAX_DEPTH} levels deep`);
    if (nodes > MAX_NODES) throw new DocumentError(`has more than ${MAX_NODES} values`);
    if (typeof value !== 'object' || value === null) {
      return typeof value === 'string'
        ? { kind: 'text', text: value }
        : { kind: 'text', text: value === null || value === undefined ? '' : JSON.stringify(value), value };
    }
    const line = lineOf(value);
    if (Array.isArray(value)) return { kind: 'items', line, items: value.map((item) => node(item, depth + 1)) };
    const entries = Object.entries(value).map(([name, member]) => [name, node(member, depth + 1)] as const);
    return { kind: 'members', line, members: new Map(entries) };
  };
  return node(document, 0);
}

/** @throws DocumentError */
export function parseJsonTree(text: string): ListNode {
  try {
    return toTree(JSON.parse(text));
  } catch (error) {
    if (isDocumentError(error)) throw error;
    throw new DocumentError(`not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The member of that name, if the node has members. */
export const memberOf = (node: ListNode | undefined, name: string): ListNode | undefined =>
  node?.kind === 'members' ? node.members.get(name) : undefined;

/** The text of a member; undefined where it is none, or empty. */
export function textOf(node: ListNode | undefined, name: string): string | undefined {
  const member = memberOf(node, name);
  return member?.kind === 'text' && member.text.trim() !== '' ? member.text.trim() : undefined;
}

/** The items of a list; a single one may stand without a list, as Home Assistant has it. */
export function itemsOf(node: ListNode | undefined): readonly ListNode[] {
  if (node === undefined || node.kind === 'text') return [];
  return node.kind === 'items' ? node.items : [node];
}
