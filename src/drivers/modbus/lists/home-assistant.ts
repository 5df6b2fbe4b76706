import { itemsOf, memberOf, textOf, type ListNode } from '../../../base/lists/tree';
import { Findings, type Found } from './found';
import type { Field } from './headings';

/**
 * The `modbus:` of Home Assistant's configuration.yaml, or a file that it includes: hubs with lists of entities. An address counts from zero;
 * a value is `scale * raw + offset`; without a type a sensor is an int16 in a holding register.
 * Source: homeassistant/components/modbus (`__init__.py`, `validators.py`), 2023 to 2026. Pure: also runs in the editor.
 */
export function homeAssistantLines(root: ListNode): Found | undefined {
  const hubs = itemsOf(memberOf(root, 'modbus') ?? root).filter((hub) =>
    ENTITIES.some((name) => memberOf(hub, name) !== undefined),
  );
  if (hubs.length === 0) return undefined;
  const findings = new Findings();
  for (const hub of hubs) {
    tellLink(hub, findings);
    for (const name of ENTITIES) for (const entity of itemsOf(memberOf(hub, name))) readEntity(name, entity, findings);
  }
  return findings.found();
}

const READABLE = ['sensors', 'binary_sensors', 'switches', 'lights', 'fans'] as const;
const ENTITIES = [...READABLE, 'climates', 'covers'] as const;
type Entity = (typeof ENTITIES)[number];

function tellLink(hub: ListNode, findings: Findings): void {
  const host = textOf(hub, 'host');
  const port = textOf(hub, 'port');
  const link = host === undefined ? port : `${host}${port === undefined ? '' : `:${port}`}`;
  if (link !== undefined) findings.note('link', { link });
}

function readEntity(kind: Entity, entity: ListNode, findings: Findings): void {
  if (kind === 'climates' || kind === 'covers') {
    findings.leftOut(kind);
    return;
  }
  const text = (name: string): string | undefined => textOf(entity, name);
  const problems: string[] = [];
  const cells: Partial<Record<Field, string>> = {};
  const set = (field: Field, value: string | undefined): void => {
    if (value !== undefined) cells[field] = value;
  };
  set('name', text('name'));
  set('unit', text('unit_of_measurement'));
  set('address', text('address'));
  set('unitId', text('slave') ?? text('device_address'));
  if (kind === 'sensors') readSensor(text, set, problems);
  else if (kind === 'binary_sensors') {
    cells.register = text('input_type') ?? 'coil';
    if (/holding|^input$/.test(cells.register)) cells.type = 'BOOL';
  } else {
    cells.register = text('write_type')?.replace(/s$/, '') ?? 'holding';
    if (cells.register === 'coil') cells.access = 'RW';
    else cells.type = 'UINT16';
  }
  for (const name of ['min_value', 'max_value', 'zero_suppress', 'verify', 'lazy_error_count']) {
    if (memberOf(entity, name) !== undefined) findings.leftOut(name);
  }
  if (text('slave_count') ?? text('virtual_count'))
    problems.push('virtual_count: only the first of several values is taken');
  findings.lines.push({ line: entity.line, item: findings.lines.length + 1, cells, problems });
}

type Texts = (name: string) => string | undefined;
type SetCell = (field: Field, value: string | undefined) => void;

function readSensor(text: Texts, set: SetCell, problems: string[]): void {
  set('register', text('input_type') ?? 'holding');
  const type = text('data_type') ?? 'int16';
  const structure = text('structure');
  if (type === 'custom') {
    const known = STRUCTURES[(structure ?? '').replace(/^[>!]/, '')];
    if (known === undefined)
      problems.push(`structure: "${structure ?? ''}" cannot be read here, only one number such as ">f"`);
    set('type', known ?? 'uint16');
  } else {
    set('type', type === 'int' ? 'int16' : type === 'uint' ? 'uint16' : type);
  }
  // Only a text has a length of its own; in a custom structure it follows from the type.
  if (type === 'string') set('length', text('count'));
  const swap = text('swap');
  if (swap !== undefined && swap !== 'none') set('order', swap);
  if (text('reverse_order') === 'true') set('order', 'word');
  set('scale', text('scale'));
  set('addend', text('offset'));
  set('notAvailable', text('nan_value'));
}

/** Of Python's struct, big endian. */
const STRUCTURES: Readonly<Record<string, string>> = {
  h: 'int16',
  H: 'uint16',
  i: 'int32',
  l: 'int32',
  I: 'uint32',
  L: 'uint32',
  q: 'int64',
  Q: 'uint64',
  f: 'float32',
  d: 'float64',
};
