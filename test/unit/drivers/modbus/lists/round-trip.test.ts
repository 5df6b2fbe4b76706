import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parseModbusConfig } from '../../../../../src/drivers/modbus/config/config';
import { acceptedTypes, ENDIANNESS, quantityOf } from '../../../../../src/drivers/modbus/config/property';
import { readModbusList } from '../../../../../src/drivers/modbus/lists';
import { writeTable } from '../../../../../src/drivers/modbus/lists/write-table';
import { REGISTER_KINDS, REGISTERS } from '../../../../../src/drivers/modbus/pdu/registers';

const noYaml = () => {
  throw new Error('no YAML here');
};

/** Names, units and descriptions that people give, and some that only a machine would. */
const words = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
  fc.constantFrom('power', '°C', '1', 'a,b;c', 'say "hi"', '=1+1', 'true', '0,1', 'Zähler\tneu', '[x]', '-'),
);
const named = words
  .map((text) => text.replaceAll(/[\r\n\u2028\u2029\0]/g, ' ').trim())
  .filter((text) => text !== '' && !text.includes('${'));
const decimal = fc.constantFrom('0.1', '10', '1.234', '-0.01', '1', '1e-3', '273.15', '0.001');

const property = fc.constantFrom(...REGISTER_KINDS).chain((register) =>
  fc.constantFrom(...acceptedTypes(register)).chain((type) => {
    const { bits, writable } = REGISTERS[register];
    const numeric = /int|float|double/i.test(type);
    return fc.record(
      {
        name: named,
        type: fc.constant(type),
        visitor: fc.record(
          {
            register: fc.constant(register),
            offset: fc.integer({ min: 0, max: 65_000 }),
            quantity: fc.constant(quantityOf(register, type) ?? 3),
            endianness: fc.constantFrom(...ENDIANNESS),
            ...(type === 'boolean' && !bits ? { bit: fc.integer({ min: 0, max: 15 }) } : {}),
          },
          { requiredKeys: ['register', 'offset', 'quantity'] },
        ),
        accessMode: fc.constantFrom(...(writable ? ['ReadWrite', 'ReadOnly', 'WriteOnly'] : ['ReadOnly', 'ReadOnce'])),
        unit: named,
        description: named,
        ...(numeric
          ? {
              deadband: fc.constantFrom(0, 0.5, 10),
              orderOfOperations: fc.array(
                fc.record({ type: fc.constantFrom('Add', 'Multiply', 'Divide'), value: decimal }),
                { maxLength: 3 },
              ),
            }
          : {}),
      },
      { requiredKeys: ['name', 'type', 'visitor'] },
    );
  }),
);

const table = fc.uniqueArray(property, { selector: ({ name }) => name, minLength: 1, maxLength: 12 });

/** What a device makes of them: the same, whether a member stands there or is what it is by default. */
function checked(properties: readonly object[]) {
  const parsed = parseModbusConfig({ protocol: { tcp: { endpoint: 'h:502' } }, properties });
  return parsed.ok ? parsed.value.properties : parsed.problems;
}

describe('a table that was copied as CSV', () => {
  it('is the same table when it is pasted, and asks nothing', () => {
    fc.assert(
      fc.property(table, (properties) => {
        const result = readModbusList(writeTable(properties), {}, noYaml);
        if (!result.ok) expect.unreachable(result.message);
        const { points, questions, notes } = result.list;
        expect([questions, notes, points.flatMap(({ problems }) => problems)]).toEqual([[], [], []]);
        expect(checked(points.map((point) => point.property ?? {}))).toEqual(checked(properties));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps variables, and members that have no column of their own', () => {
    const properties = [
      {
        name: 'a',
        type: 'uint16',
        visitor: { register: 'HoldingRegister', offset: '${AT}', map: { 1: 'on' } },
        interval: '10s',
      },
      {
        name: 'b',
        type: 'string',
        visitor: { register: 'HoldingRegister', offset: 7, quantity: '${N}' },
        value: ' x ',
      },
    ];
    const result = readModbusList(writeTable(properties), {}, noYaml);
    if (!result.ok) expect.unreachable(result.message);
    expect(result.list.points.map((point) => point.property)).toEqual([
      { ...properties[0], visitor: { ...properties[0]?.visitor, quantity: 1, endianness: 'BigEndian' } },
      { ...properties[1], visitor: { ...properties[1]?.visitor, endianness: 'BigEndian' } },
    ]);
  });
});
