import type { ListAnswers, ListNote, ListResult } from '../../../base/lists/point-list';
import { itemsOf, memberOf, type ListNode } from '../../../base/lists/tree';
import { listOfCells, type CellLine } from './cell-lines';
import { evccLines } from './evcc';
import type { Found } from './found';
import { fieldOf, type Field } from './headings';
import { homeAssistantLines } from './home-assistant';
import { telegrafLines } from './telegraf';

/**
 * Lists in JSON, YAML and TOML: our own properties, the files of Home Assistant, evcc and telegraf, and lists of objects whose members are named as
 * the columns of a table are. Pure: also runs in the editor.
 */
export function readDocument(root: ListNode, answers: ListAnswers): ListResult {
  const own = ownProperties(root);
  if (own !== undefined) return own;
  for (const [format, read] of FORMATS) {
    const found = read(root);
    if (found === undefined || found.lines.length === 0) continue;
    return {
      ok: true,
      list: listOfCells(format, found.lines, answers, {
        titleOf: (field) => field,
        notes: found.notes,
        countsFromZero: true,
      }),
    };
  }
  return objects(root, answers);
}

const FORMATS: readonly (readonly [format: string, read: (root: ListNode) => Found | undefined])[] = [
  ['home-assistant', homeAssistantLines],
  ['telegraf', telegrafLines],
  ['evcc', evccLines],
];

/** The list itself, or that in `properties`, or a single object. */
function itemsIn(root: ListNode): readonly ListNode[] {
  const inner = ['properties', 'registers', 'points']
    .map((name) => memberOf(root, name))
    .find((node) => node?.kind === 'items');
  return itemsOf(inner ?? root);
}

/** Properties as they are in a flow, which need no reading: those that have a `visitor`. */
function ownProperties(root: ListNode): ListResult | undefined {
  const items = itemsIn(root);
  if (!items.some((item) => memberOf(item, 'visitor') !== undefined)) return undefined;
  const points = items.map((node, at) => {
    const place = node.line === undefined ? { item: at + 1 } : { line: node.line };
    if (node.kind !== 'members') return { ...place, problems: ['must be an object with the fields of a property'] };
    return { ...place, property: plain(node) as Record<string, unknown>, problems: [] };
  });
  return { ok: true, list: { format: 'properties', points, questions: [], notes: [] } };
}

/** In YAML and TOML all is text; what is a number in every flow becomes one. */
function plain(node: ListNode, name = ''): unknown {
  if (node.kind === 'items') return node.items.map((item) => plain(item));
  if (node.kind === 'members') {
    return Object.fromEntries([...node.members].map(([inner, member]) => [inner, plain(member, inner)]));
  }
  if ('value' in node) return node.value;
  const isNumber = NUMBERS.has(name) && String(Number(node.text)) === node.text;
  return isNumber ? Number(node.text) : node.text;
}

const NUMBERS = new Set(['offset', 'quantity', 'bit', 'deadband']);

function objects(root: ListNode, answers: ListAnswers): ListResult {
  const items = itemsIn(root);
  const left = new Set<string>();
  const titles = new Map<Field, string>();
  const lines = items.map((node, at): CellLine => {
    const place = { line: node.line, item: at + 1 };
    if (node.kind !== 'members')
      return { ...place, cells: {}, problems: ['must be an object with name, address and type'] };
    const cells: Partial<Record<Field, string>> = {};
    for (const [title, member] of node.members) {
      const field = fieldOf(title);
      if (field === undefined || cells[field] !== undefined || member.kind !== 'text') left.add(title);
      else if (member.text.trim() !== '') {
        cells[field] = member.text.trim();
        titles.set(field, title);
      }
    }
    return { ...place, cells: withAddress(cells) };
  });
  if (!lines.some(({ cells }) => cells.address !== undefined || cells.addressHex !== undefined)) {
    const message =
      'no list of registers was found: expected are objects with name, address and type, or a file of Home Assistant, evcc or telegraf';
    return { ok: false, message };
  }
  const notes: ListNote[] = left.size === 0 ? [] : [{ id: 'leftOut', values: { columns: [...left].join(', ') } }];
  return {
    ok: true,
    list: listOfCells('objects', lines, answers, { titleOf: (field) => titles.get(field) ?? field, notes }),
  };
}

/** `offset` is the address where there is no other, and `register` where it is a number. */
function withAddress(cells: Partial<Record<Field, string>>): Partial<Record<Field, string>> {
  if (cells.address !== undefined) return cells;
  if (cells.register !== undefined && /^\d{2,}$/.test(cells.register)) {
    const { register, ...rest } = cells;
    return { ...rest, address: register };
  }
  if (cells.offset === undefined) return cells;
  const { offset, ...rest } = cells;
  return { ...rest, address: offset };
}
