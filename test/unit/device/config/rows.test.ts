import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowsAsObjects, rowsAsTexts } from '../../../../src/device/config/rows.ts';
import { modbusKind } from '../../../../src/drivers/modbus/index.ts';

const name = fc.oneof(fc.string(), fc.constantFrom('name', 'visitor', '__proto__', 'constructor'));
const row = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }).map((made) => ({ ...made }));

describe('rows that are kept as texts', () => {
  it('are the objects that they were, in the order that they had', () => {
    fc.assert(
      fc.property(fc.array(row), (properties) => {
        const flow = { name: 'a', properties: JSON.parse(JSON.stringify(properties)) as unknown[] };
        const kept = rowsAsTexts(flow);
        expect((kept['properties'] as unknown[]).every((text) => typeof text === 'string')).toBe(true);
        const read = rowsAsObjects(kept);
        expect(JSON.stringify(read)).toBe(JSON.stringify(flow));
        expect(rowsAsTexts(read)).toEqual(kept);
        expect(rowsAsObjects(read)).toBe(read);
        expect(rowsAsTexts(kept)).toBe(kept);
      }),
    );
  });

  it('are read whatever else is in the list, and what is no row stays', () => {
    const properties = [' {"name":"a"}\n', { name: 'b' }, '${ROW}', '[]', '"c"', '{"name":', '', null, 7];
    expect(rowsAsObjects({ properties })).toEqual({ properties: [{ name: 'a' }, ...properties.slice(1)] });
  });

  it.each([undefined, null, 'x', {}, { 0: '{"name":"a"}' }])('are in a list only: %j', (properties) => {
    const flow = { properties };
    expect(rowsAsObjects(flow)).toBe(flow);
    expect(rowsAsTexts(flow)).toBe(flow);
  });
});

describe('a device with rows that are texts', () => {
  const protocol = { tcp: { endpoint: 'plc' } };
  const good = { name: 'a', type: 'int16', visitor: { register: 'HoldingRegister', offset: 1 } };

  it('is the one that it is with objects', () => {
    const objects = [good, { ...good, name: 'b', dataType: 'uint16', type: undefined }];
    const kept = { version: 2, protocol, properties: objects.map((each) => JSON.stringify(each)) };
    expect(modbusKind.parse(kept, {})).toEqual(modbusKind.parse({ protocol, properties: objects }, {}));
    expect(modbusKind.parse(kept, {})).toMatchObject({
      ok: true,
      value: { properties: [{ name: 'a' }, { name: 'b' }] },
    });
  });

  it('names what is wrong as if they were objects', () => {
    const wrong = [good, { ...good, name: 'b', visitor: { register: 'X', offset: -1 } }, { ...good, dataTyp: 'int16' }];
    const ofObjects = modbusKind.parse({ protocol, properties: wrong }, {});
    const ofTexts = modbusKind.parse({ protocol, properties: wrong.map((each) => JSON.stringify(each)) }, {});
    expect(ofTexts).toEqual(ofObjects);
    expect(ofTexts.ok ? [] : ofTexts.problems.map(({ field }) => field)).toContain('properties[1].visitor.register');
  });

  it.each([
    ['{"name":"a",', /^must be an object, or the JSON text of one, got "\{.*: .*JSON/],
    ['["a"]', /got "\[.*: it is JSON of something else$/],
    ['temperature', /got "temperature": /],
  ])('says of a text that is no row why: %s', (text, message) => {
    const parsed = modbusKind.parse({ protocol, properties: [JSON.stringify(good), text] }, {});
    expect(parsed.ok ? [] : parsed.problems).toEqual([
      { field: 'properties[1]', message: expect.stringMatching(message) },
    ]);
  });
});
