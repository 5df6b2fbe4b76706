import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { currentVersion, type Migration, renamed } from '../../../src/base/fields/migrations.ts';
import { DUMMY_MIGRATIONS } from '../../../src/drivers/dummy/migrations.ts';
import { MODBUS_MIGRATIONS } from '../../../src/drivers/modbus/config/migrations.ts';
import { OPCUA_MIGRATIONS } from '../../../src/drivers/opcua/config/migrations.ts';
import type { EditedNode } from '../../../src/editor/form/edited-node.ts';
import { ROWS } from '../../../src/device/config/migrations.ts';
import { deviceForm, showRows } from '../../../src/editor/device/kept-rows.ts';
import { bringUp, presentForm, respelled } from '../../../src/editor/form/present-form.ts';
import { EXTENSION_MIGRATIONS } from '../../../src/mqtt/extension/migrations.ts';
import { AE_MIGRATIONS } from '../../../src/onem2m/ae/parse/migrations.ts';

const DEFAULTS = ['version', 'name', 'protocol', 'properties'];

function nodeOf(properties: Record<string, unknown>): EditedNode {
  const defaults = Object.fromEntries(DEFAULTS.map((name) => [name, { value: '' }]));
  return { id: 'n', type: 'modbus-device', _def: { defaults }, _: (key) => key, ...properties };
}

const valuesOf = (node: EditedNode) => Object.fromEntries(DEFAULTS.map((name) => [name, node[name]]));

const older = {
  name: 'plc',
  protocol: { tcp: { ip: '10.0.0.1', slaveID: 3 } },
  properties: [{ name: 'a', dataType: 'int16', visitor: { orderOfOperations: [{ type: 'Add', value: '1' }] } }],
};
const MODBUS = deviceForm(MODBUS_MIGRATIONS);
const present = {
  version: 2,
  name: 'plc',
  protocol: { tcp: { workerID: 3, endpoint: '10.0.0.1' } },
  properties: [{ name: 'a', type: 'int16', visitor: {}, orderOfOperations: [{ type: 'Add', value: '1' }] }],
};

describe('the present form in the editor', () => {
  it('is what a dialog shows and saves, with its version', () => {
    expect(presentForm(older, MODBUS)).toEqual(present);
    expect(presentForm(present, MODBUS)).toEqual(present);
  });

  it('keeps a later version, and what it has', () => {
    const later = { ...present, version: 9, protocol: { tcp: { fancy: true } } };
    expect(presentForm(later, MODBUS)).toEqual(later);
  });

  it('is given to a node that was pasted or imported', () => {
    const node = nodeOf(structuredClone(older));
    bringUp(node, MODBUS);
    expect(valuesOf(node)).toEqual({ ...present, properties: present.properties.map((row) => JSON.stringify(row)) });
    const once = valuesOf(node);
    bringUp(node, MODBUS);
    expect(valuesOf(node)).toEqual(once);
  });

  it('leaves nothing behind where a property moved', () => {
    const migration: Migration = {
      to: 2,
      describe: 'protocol is properties',
      migrate: renamed({ protocol: 'properties' }),
    };
    const node = nodeOf({ version: 1, protocol: [] });
    bringUp(node, { migrations: [migration] });
    expect(node).toMatchObject({ version: 2, properties: [] });
    expect(node).not.toHaveProperty('protocol');
  });

  it('is given to pasted properties as far as only names differ', () => {
    const meaning: Migration = { to: 2, describe: 'x', migrate: () => ({ properties: [] }) };
    expect(respelled('properties', older.properties, { migrations: [...MODBUS_MIGRATIONS, meaning] })).toEqual(
      present.properties,
    );
  });

  it('has rows as objects in the dialog and as texts in the flow, and keeps a text that is no row as it is', () => {
    const rows = ['{"name":"a","type":"int16"}', { name: 'b' }, '${ROW}', '{"name":', 7];
    const draft = presentForm({ name: 'plc', properties: rows }, MODBUS);
    expect(draft['properties']).toEqual([{ name: 'a', type: 'int16' }, { name: 'b' }, ...rows.slice(2)]);
    showRows(draft);
    expect(draft['properties']).toEqual([
      { name: 'a', type: 'int16' },
      { name: 'b' },
      { text: '${ROW}' },
      { text: '{"name":' },
      7,
    ]);
    expect(MODBUS.toFlow?.(draft)).toEqual({
      name: 'plc',
      version: 2,
      properties: [rows[0], '{"name":"b"}', ...rows.slice(2)],
    });
  });

  it.each([undefined, '${ROWS}', {}, []])('leaves alone what is no list of rows: %j', (properties) => {
    const flow = properties === undefined ? { name: 'a' } : { name: 'a', properties };
    const draft = presentForm(flow, MODBUS);
    showRows(draft);
    expect(MODBUS.toFlow?.(draft)).toEqual({ ...flow, version: 2 });
    expect(Object.keys(draft).sort()).toEqual([...Object.keys(flow), 'version'].sort());
  });

  it.each([
    ['parts/device', [DUMMY_MIGRATIONS, MODBUS_MIGRATIONS, OPCUA_MIGRATIONS].map((own) => [ROWS, ...own])],
    ['mqtt-extension/definition', [EXTENSION_MIGRATIONS]],
    ['onem2m-ae/definition', [AE_MIGRATIONS]],
  ])('is what new nodes have: nodes/%s.json', (file, lists) => {
    const { defaults } = JSON.parse(readFileSync(`nodes/${file}.json`, 'utf8')) as {
      defaults: { version: { value: number } };
    };
    for (const migrations of lists) expect(defaults.version.value).toBe(currentVersion(migrations));
  });
});
