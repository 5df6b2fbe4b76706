import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../../../src/base/fields/problems.ts';
import { acceptedTypes, parseModbusProperty, quantityOf } from '../../../../../src/drivers/modbus/config/property.ts';
import { REGISTER_KINDS } from '../../../../../src/drivers/modbus/pdu/registers.ts';

const holding = (visitor: Record<string, unknown>, more: Record<string, unknown> = {}): unknown => ({
  name: 'x',
  type: 'uint16',
  ...more,
  visitor: { register: 'HoldingRegister', offset: 0, ...visitor },
});

const problemsOf = (raw: unknown): readonly Problem[] => {
  const parsed = parseModbusProperty(raw, 'properties[2]');
  return parsed.ok ? [] : parsed.problems;
};

const valueOf = (raw: unknown) => {
  const parsed = parseModbusProperty(raw, 'properties[0]');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
};

describe('parseModbusProperty', () => {
  it('reads the example of the node contract', () => {
    const raw = {
      name: 'temperature',
      type: 'float',
      accessMode: 'ReadOnly',
      visitor: { register: 'HoldingRegister', offset: 0, quantity: 2, endianness: 'BigEndian', bit: 0 },
    };
    expect(valueOf(raw)).toEqual({
      name: 'temperature',
      type: 'float',
      accessMode: 'ReadOnly',
      visitor: { register: 'HoldingRegister', offset: 0, quantity: 2, endianness: 'BigEndian' },
    });
  });

  it.each(REGISTER_KINDS)('knows the quantity of every type in %s, and takes text for numbers', (register) => {
    for (const type of acceptedTypes(register)) {
      const { visitor } = valueOf({ name: 'x', type, visitor: { register, offset: '0x10' } });
      expect(visitor).toMatchObject({ offset: 16, quantity: quantityOf(register, type) ?? 1, endianness: 'BigEndian' });
    }
  });

  it('accepts the names of older generations', () => {
    const raw = {
      name: 'x',
      dataType: 'int16',
      readOnly: true,
      visitor: {
        register: 'HoldingRegister',
        offset: 3,
        quantity: 1,
        orderOfOperations: [{ operationType: 'Divide', operationValue: '10' }],
      },
    };
    expect(valueOf(raw)).toMatchObject({
      type: 'int16',
      accessMode: 'ReadOnly',
      orderOfOperations: [{ type: 'Divide', value: '10' }],
    });
  });

  it.each([
    ['ReadOnly by itself for an input register', { register: 'InputRegister' }, 'ReadOnly'],
    ['ReadWrite by itself for a holding register', { register: 'HoldingRegister' }, 'ReadWrite'],
  ])('is %s', (_, visitor, accessMode) => {
    expect(valueOf(holding(visitor)).accessMode).toBe(accessMode);
  });

  it('takes a bit of a register for booleans', () => {
    expect(valueOf(holding({ bit: 15 }, { type: 'boolean' })).visitor.bit).toBe(15);
    expect(valueOf(holding({}, { type: 'boolean' })).visitor.bit).toBe(0);
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no register', { name: 'x', type: 'int16', visitor: {} }, 'visitor.register', /is required: Coil/],
    ['an unknown register', holding({ register: 'Coil' }), 'visitor.register', /must be one of CoilRegister/],
    [
      'an input register to be written',
      holding({ register: 'InputRegister' }, { accessMode: 'ReadWrite' }),
      'accessMode',
      /InputRegister cannot be written/,
    ],
    [
      'a discrete input to be written',
      holding({ register: 'DiscreteInputRegister' }, { type: 'boolean', accessMode: 'WriteOnly' }),
      'accessMode',
      /cannot be written/,
    ],
    ['NotifyOnly', holding({}, { accessMode: 'NotifyOnly' }), 'accessMode', /never sends by itself/],
    ['no type', holding({}, { type: '' }), 'type', /required/],
    ['a type without bytes', holding({}, { type: 'object' }), 'type', /object/],
    ['a number in coils', holding({ register: 'CoilRegister' }), 'type', /boolean, hexString/],
    [
      'a float in one register',
      holding({ quantity: 1 }, { type: 'float' }),
      'visitor.quantity',
      /must be 2 for type float in HoldingRegister, got 1/,
    ],
    ['an int64 in two registers', holding({ quantity: 2 }, { type: 'int64' }), 'visitor.quantity', /must be 4/],
    ['quantity 0', holding({ quantity: 0 }, { type: 'string' }), 'visitor.quantity', /from 1/],
    [
      '124 registers to be written',
      holding({ quantity: 124 }, { type: 'string' }),
      'visitor.quantity',
      /at most 123 registers in one write/,
    ],
    [
      '126 registers to be read',
      holding({ quantity: 126 }, { type: 'string', accessMode: 'ReadOnly' }),
      'visitor.quantity',
      /at most 125 registers in one read/,
    ],
    [
      '1969 coils to be written',
      holding({ register: 'CoilRegister', quantity: 1969 }, { type: 'hexString' }),
      'visitor.quantity',
      /at most 1968 bits/,
    ],
    [
      '2001 coils to be read',
      holding({ register: 'CoilRegister', quantity: 2001 }, { type: 'hexString', accessMode: 'ReadOnly' }),
      'visitor.quantity',
      /at most 2000 bits/,
    ],
    [
      'a range past the end',
      holding({ offset: 65_535, quantity: 2 }, { type: 'float' }),
      'visitor.offset',
      /65535 \+ 2/,
    ],
    ['an offset past the end', holding({ offset: 65_536 }), 'visitor.offset', /0 to 65535/],
    ['an unknown byte order', holding({ endianness: 'ABCD' }), 'visitor.endianness', /must be one of BigEndian/],
    ['bit 16', holding({ bit: 16 }, { type: 'boolean' }), 'visitor.bit', /0 to 15/],
    ['a bit of a number', holding({ bit: 3 }), 'visitor.bit', /only for type boolean/],
    [
      'a bit of a coil',
      holding({ register: 'CoilRegister', bit: 3 }, { type: 'boolean' }),
      'visitor.bit',
      /only for type boolean/,
    ],
  ])('refuses %s', (_, raw, field, message) => {
    expect(problemsOf(raw)).toMatchObject([
      { field: `properties[2].${field}`, message: expect.stringMatching(message) },
    ]);
  });

  it.each([null, 7, 'x', []])('refuses %j with the field named', (raw) => {
    expect(problemsOf(raw).some(({ field }) => field.startsWith('properties[2]'))).toBe(true);
  });

  it('finds all problems in one pass', () => {
    expect(problemsOf({ visitor: { register: 'HoldingRegister', offset: -1, bit: 16 } }).length).toBeGreaterThanOrEqual(
      4,
    );
  });
});
