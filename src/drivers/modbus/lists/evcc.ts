import { memberOf, textOf, type ListNode } from '../../../base/lists/tree';
import { Findings, type Found } from './found';
import type { Field } from './headings';

/**
 * evcc.yaml, or a part of it: everywhere below it what has `source: modbus` and a `register`. An address counts from zero, without scale the value is the
 * register's. Source: evcc, util/modbus/register.go and docs.evcc.io/en/reference/modbus, 0.2xx. Pure: also runs in the editor.
 */
export function evccLines(root: ListNode): Found | undefined {
  const findings = new Findings();
  walk(root, [], findings);
  return findings.lines.length === 0 ? undefined : findings.found();
}

/** Words on the way that say nothing about the value. */
const SILENT = new Set(['meters', 'chargers', 'vehicles', 'source', 'add', 'mul', 'set', 'get']);

function walk(node: ListNode, path: readonly string[], findings: Findings): void {
  if (node.kind === 'text') return;
  if (node.kind === 'items') {
    for (const [at, item] of node.items.entries()) {
      const name = textOf(item, 'name');
      walk(item, [...path, name ?? String(at + 1)], findings);
    }
    return;
  }
  const register = memberOf(node, 'register');
  const source = textOf(node, 'source') ?? (register === undefined ? undefined : textOf(node, 'type'));
  if (source === 'modbus' && register !== undefined) readSource(node, register, path, findings);
  else if (source === 'sunspec' || (source === 'modbus' && memberOf(node, 'value') !== undefined))
    findings.leftOut(textOf(node, 'value') ?? 'sunspec');
  else for (const [name, member] of node.members) walk(member, [...path, name], findings);
}

function readSource(node: ListNode, register: ListNode, path: readonly string[], findings: Findings): void {
  const link = textOf(node, 'uri') ?? textOf(node, 'device');
  if (link !== undefined && !link.includes('template')) findings.note('link', { link });
  const cells: Partial<Record<Field, string>> = { name: nameOf(path, findings) };
  const set = (field: Field, value: string | undefined): void => {
    if (value !== undefined) cells[field] = value;
  };
  const unit = textOf(node, 'id');
  if (unit !== 'template') set('unitId', unit);
  set('address', textOf(register, 'address'));
  set('register', textOf(register, 'type'));
  set('type', textOf(register, 'decode') ?? textOf(register, 'encoding'));
  set('scale', textOf(node, 'scale'));
  const problems: string[] = [];
  const mask = textOf(register, 'bitmask');
  if (mask !== undefined) {
    const bit = Math.log2(Number(mask));
    if (Number.isInteger(bit)) cells.bit = String(bit);
    else problems.push(`bitmask: "${mask}" has more than one bit`);
  }
  findings.lines.push({ line: register.line ?? node.line, item: findings.lines.length + 1, cells, problems });
}

/** `grid.power`, `pv.currents.2`; numbered where it is taken. */
function nameOf(path: readonly string[], findings: Findings): string {
  const words = path.filter((word) => !SILENT.has(word));
  return findings.freeName(words.join('.') || 'value');
}
