import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import fc from 'fast-check';
import { parseCsv } from '../../../src/base/lists/csv';
import { toolsOf, type PasteOptions } from '../../../src/editor/paste/paste';
import { layout as dummy } from '../../../nodes/dummy-device/editor/dummy-device';
import { layout as modbus } from '../../../nodes/modbus-device/editor/modbus-device';
import { layout as opcua } from '../../../nodes/opcua-device/editor/opcua-device';
import { parseDummyConfig } from '../../../src/drivers/dummy/config';
import { parseModbusConfig } from '../../../src/drivers/modbus/config/config';
import { parseOpcUaConfig } from '../../../src/drivers/opcua/config/config';

/** The dialogs listen to the editor as soon as they are loaded. */
vi.hoisted(() => vi.stubGlobal('RED', { events: { on: () => undefined } }));
/** Which a browser gets as a script of its own. */
vi.mock('../../../src/editor/lists/load', () => ({ loadLists: () => import('../../../src/editor/lists/index') }));
afterAll(() => {
  vi.unstubAllGlobals();
});

describe('parseCsv', () => {
  it('reads quoted cells with separators, quotes and line ends', () => {
    expect(parseCsv('a,"b, ""c""\nd"\r\n1,2')).toEqual([
      ['a', 'b, "c"\nd'],
      ['1', '2'],
    ]);
  });

  it('recognises tabs and semicolons', () => {
    expect(parseCsv('a\tb\n1,5\t2')).toEqual([
      ['a', 'b'],
      ['1,5', '2'],
    ]);
    expect(parseCsv('a;b\n1,5;2')).toEqual([
      ['a', 'b'],
      ['1,5', '2'],
    ]);
  });

  it('reads back any table that was written by the rules', () => {
    const cell = fc.string({ maxLength: 8 }).filter((text) => text.trim() !== '');
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 5 });
    const write = (rows: string[][]) =>
      rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')).join('\r\n');
    fc.assert(
      fc.property(table, (rows) => {
        expect(parseCsv(write(rows))).toEqual(rows);
      }),
    );
  });
});

const read = async (text: string, options: PasteOptions) => (await toolsOf(options)).read(text, {});

/** The properties of a list in which nothing is wrong and nothing is asked. */
async function propertiesIn(text: string, options: PasteOptions): Promise<Record<string, unknown>[]> {
  const result = await read(text, options);
  if (!result.ok) expect.unreachable(result.message);
  const open = result.list.questions.filter(({ answer }) => answer === undefined);
  expect([open, result.list.points.flatMap(({ problems }) => problems)]).toEqual([[], []]);
  return result.list.points.map(({ property = {} }) => property);
}

const opcuaColumns: PasteOptions = { columns: { nodeid: 'visitor.nodeID' }, example: '' };

describe('lists of devices without a reader of their own', () => {
  it('are tables with column names people use', async () => {
    const text = 'Name;Data type;NodeID;Scale;Unit\ntemp;int16;ns=2,s=a;0,1;°C\npump;boolean;${PUMP};;\n';
    expect(await propertiesIn(text, opcuaColumns)).toEqual([
      {
        name: 'temp',
        type: 'int16',
        visitor: { nodeID: 'ns=2,s=a' },
        orderOfOperations: [{ type: 'Multiply', value: '0,1' }],
        unit: '°C',
      },
      { name: 'pump', type: 'boolean', visitor: { nodeID: '${PUMP}' } },
    ]);
  });

  it('are a list, one property, or an object with properties as JSON', async () => {
    const one = { name: 'a', type: 'int16' };
    const kept = { properties: [JSON.stringify(one)] };
    for (const text of [[one], one, { properties: [one] }, kept].map((each) => JSON.stringify(each))) {
      expect(await propertiesIn(text, opcuaColumns)).toEqual([one]);
    }
  });

  it.each([
    ['', 'nothing'],
    ['[{]', 'not valid JSON'],
    ['[1]', 'must be an object'],
    ['type,offset\nint16,1', 'one of them "name"'],
    ['name,type', 'no line below'],
    ['name,type\na,int16,7', 'has 3 values for 2 columns'],
  ])('say what is wrong with %j', async (text, message) => {
    const result = await read(text, opcuaColumns);
    const told = result.ok ? result.list.points.flatMap(({ problems }) => problems).join() : result.message;
    expect(told).toContain(message);
  });

  it('never throw', () => {
    return fc.assert(
      fc.asyncProperty(fc.string(), async (text) => typeof (await read(text, opcuaColumns)).ok === 'boolean'),
    );
  });

  it('come back as they were copied', async () => {
    const properties = [
      { name: 'a', visitor: { nodeID: 'ns=2;s=x, "y"' }, orderOfOperations: [{ type: 'Divide', value: '10' }] },
      { name: 'b', type: 'string', value: ' "quoted" ', visitor: { nodeID: 'i=1' } },
    ];
    const { write } = await toolsOf(opcuaColumns);
    expect(await propertiesIn(write(properties), opcuaColumns)).toEqual(properties);
  });
});

describe.each([
  ['dummy-device', dummy, (raw: Record<string, unknown>) => parseDummyConfig({ kind: 'protocol', ...raw })],
  ['modbus-device', modbus, parseModbusConfig],
  ['opcua-device', opcua, (raw: Record<string, unknown>) => parseOpcUaConfig(raw, {})],
])('the columns that can be pasted into %s', (type, { paste }, parse) => {
  const warningsOf = (properties: readonly Record<string, unknown>[]) => parse({ properties }).warnings ?? [];
  const namedInHelp = ['en-US', 'de'].flatMap((language) => {
    const help = readFileSync(new URL(`../../../locales/${language}/${type}.html`, import.meta.url), 'utf8');
    const [, columns = ''] = /columns="([^"]*)"/.exec(help) ?? [];
    return [...columns.matchAll(/`([^`]*)`/g)].map(([, title]) => title ?? '');
  });

  it('are fields that the device has: all that the help names, and all it knows by another name', async () => {
    expect(namedInHelp.length).toBeGreaterThan(4);
    for (const title of new Set([...namedInHelp, ...Object.keys(paste.columns ?? {})])) {
      const pasted = await read(title === 'name' ? 'name,type\na,x' : `name,${title}\na,1`, paste);
      if (!pasted.ok) expect.unreachable(pasted.message);
      const { notes, points } = pasted.list;
      const properties = points.flatMap(({ property }) => (property === undefined ? [] : [property]));
      const left = notes.filter(({ id }) => id === 'leftOut');
      expect([title, left, warningsOf(properties)]).toEqual([title, [], []]);
    }
  });

  it('are shown by an example that is right', async () => {
    const checked = parse({ properties: await propertiesIn(paste.example, paste) });
    const problems = checked.ok ? [] : checked.problems.filter(({ field }) => field.startsWith('properties'));
    expect([problems, checked.warnings ?? []]).toEqual([[], []]);
  });
});
