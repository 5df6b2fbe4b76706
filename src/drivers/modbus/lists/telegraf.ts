import { itemsOf, memberOf, textOf, type ListNode } from '../../../base/lists/tree';
import { Findings, type Found } from './found';
import type { Field } from './headings';

/**
 * The `[[inputs.modbus]]` of a telegraf configuration, in its three styles: lists of registers, requests, metrics. Addresses count from zero.
 * Source: telegraf, plugins/inputs/modbus (README.md and sample_*.conf), 1.35. Pure: also runs in the editor.
 */
export function telegrafLines(root: ListNode): Found | undefined {
  const inputs = itemsOf(memberOf(memberOf(root, 'inputs'), 'modbus'));
  const plugins = inputs.length > 0 ? inputs : hasRegisters(root) ? [root] : [];
  if (plugins.length === 0) return undefined;
  const findings = new Findings();
  for (const plugin of plugins) {
    const controller = textOf(plugin, 'controller');
    if (controller !== undefined) findings.note('link', { link: controller });
    for (const [list, kind] of Object.entries(LISTS)) {
      for (const field of itemsOf(memberOf(plugin, list))) readField(field, kind, plugin, findings);
    }
    for (const style of ['request', 'metric']) {
      for (const group of itemsOf(memberOf(plugin, style))) readGroup(group, style, findings);
    }
  }
  return findings.found();
}

const LISTS: Readonly<Record<string, string>> = {
  coils: 'coil',
  discrete_inputs: 'discrete',
  holding_registers: 'holding',
  input_registers: 'input',
};

const hasRegisters = (root: ListNode): boolean => Object.keys(LISTS).some((name) => memberOf(root, name) !== undefined);

function readGroup(group: ListNode, style: string, findings: Findings): void {
  const kind = style === 'request' ? textOf(group, 'register') : undefined;
  for (const field of itemsOf(memberOf(group, 'fields')))
    readField(field, kind ?? textOf(field, 'register') ?? 'holding', group, findings);
}

function readField(field: ListNode, kind: string, group: ListNode, findings: Findings): void {
  const text = (name: string): string | undefined => textOf(field, name);
  if (text('omit') === 'true') {
    findings.leftOut('omit');
    return;
  }
  const problems: string[] = [];
  const cells: Partial<Record<Field, string>> = { register: kind };
  const set = (name: Field, value: string | undefined): void => {
    if (value !== undefined) cells[name] = value;
  };
  const measurement = text('measurement');
  const name = text('name');
  set('name', measurement === undefined || name === undefined ? name : `${measurement}.${name}`);
  set('unitId', textOf(group, 'slave_id'));
  const isBits = kind === 'coil' || kind === 'discrete';
  const count = readAddresses(field, set, problems);
  if (!isBits) {
    const order = text('byte_order') ?? textOf(group, 'byte_order');
    set('order', order);
    set('type', typeIn(text('data_type') ?? text('type'), count, problems));
    set('length', text('length'));
    set('bit', text('bit'));
    set('scale', text('scale'));
  }
  findings.lines.push({ line: field.line, item: findings.lines.length + 1, cells, problems });
}

/** A number, or a list of consecutive ones; answers how many. */
function readAddresses(
  field: ListNode,
  set: (name: Field, value: string | undefined) => void,
  problems: string[],
): number {
  const address = memberOf(field, 'address');
  if (address?.kind !== 'items') {
    set('address', textOf(field, 'address'));
    return 1;
  }
  const numbers = address.items.map((item) => (item.kind === 'text' ? Number(item.text) : NaN));
  const [first = NaN] = numbers;
  if (numbers.some((number, at) => number !== first + at))
    problems.push('address: must be registers that follow one another');
  set('address', String(first));
  return numbers.length;
}

/** FIXED and UFIXED have the size that the addresses say; FLOAT32 is their old name where a list of addresses is given. */
function typeIn(type: string | undefined, count: number, problems: string[]): string | undefined {
  const [, unsigned, bits] = /^(U?)FIXED(\d*)$/i.exec(type ?? '') ?? [];
  if (unsigned === undefined) {
    if (/^FLOAT16/i.test(type ?? '')) problems.push('data_type: floats of 16 bits cannot be read here');
    return type;
  }
  return `${unsigned.toUpperCase()}INT${bits === '' || bits === undefined ? count * 16 : bits}`;
}
