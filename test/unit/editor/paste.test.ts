import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import fc from 'fast-check';
import { parseCsv } from '../../../src/editor/paste/csv';
import { parsePastedProperties } from '../../../src/editor/paste/paste';
import { layout as dummy } from '../../../nodes/dummy-device/editor/dummy-device';
import { layout as modbus } from '../../../nodes/modbus-device/editor/modbus-device';
import { layout as opcua } from '../../../nodes/opcua-device/editor/opcua-device';
import { parseDummyConfig } from '../../../src/drivers/dummy/config';
import { parseModbusConfig } from '../../../src/drivers/modbus/config/config';
import { parseOpcUaConfig } from '../../../src/drivers/opcua/config/config';

/** The dialogs listen to the editor as soon as they are loaded. */
vi.hoisted(() => vi.stubGlobal('RED', { events: { on: () => undefined } }));
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

describe('parsePastedProperties', () => {
  it('takes a table with column names people use', () => {
    const result = parsePastedProperties(
      'Name;Data type;Register;Address;Length;Scale;Unit\ntemp;int16;HoldingRegister;7;1;0,1;°C\npump;boolean;CoilRegister;${PUMP};;;\n',
      modbus.paste.columns,
    );
    expect(result).toEqual({
      ok: true,
      properties: [
        {
          name: 'temp',
          type: 'int16',
          visitor: { register: 'HoldingRegister', offset: 7, quantity: 1 },
          orderOfOperations: [{ type: 'Multiply', value: '0,1' }],
          unit: '°C',
        },
        { name: 'pump', type: 'boolean', visitor: { register: 'CoilRegister', offset: '${PUMP}' } },
      ],
    });
  });

  it('takes a list, one property, or an object with properties as JSON', () => {
    const one = { name: 'a', type: 'int16' };
    for (const text of [JSON.stringify([one]), JSON.stringify(one), JSON.stringify({ properties: [one] })]) {
      expect(parsePastedProperties(text)).toEqual({ ok: true, properties: [one] });
    }
  });

  it.each([
    ['', 'nothing'],
    ['[{]', 'not valid JSON'],
    ['[1]', 'item 1 must be an object'],
    ['type,offset\nint16,1', 'one of them "name"'],
    ['name,type', 'no line below'],
    ['name,type\na,int16,7', 'has 3 values for 2 columns'],
  ])('says what is wrong with %j', (text, message) => {
    const result = parsePastedProperties(text);
    expect(result.ok ? '' : result.message).toContain(message);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parsePastedProperties(text).ok === 'boolean'));
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

  it('are fields that the device has: all that the help names, and all it knows by another name', () => {
    expect(namedInHelp.length).toBeGreaterThan(4);
    for (const title of new Set([...namedInHelp, ...Object.keys(paste.columns ?? {})])) {
      const pasted = parsePastedProperties(title === 'name' ? 'name\na' : `name,${title}\na,1`, paste.columns);
      if (!pasted.ok) expect.unreachable(pasted.message);
      expect([title, warningsOf(pasted.properties)]).toEqual([title, []]);
    }
  });

  it('are shown by an example that is right', () => {
    const pasted = parsePastedProperties(paste.example, paste.columns);
    if (!pasted.ok) expect.unreachable(pasted.message);
    const checked = parse({ properties: pasted.properties });
    const problems = checked.ok ? [] : checked.problems.filter(({ field }) => field.startsWith('properties'));
    expect([problems, checked.warnings ?? []]).toEqual([[], []]);
  });
});
