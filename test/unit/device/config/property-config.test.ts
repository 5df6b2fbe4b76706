import { describe, expect, it } from 'vitest';
import { describeProblems, FieldReader } from '../../../../src/base/fields/fields';
import type { Property } from '../../../../src/device/property';
import {
  type PropertyRules,
  readCommonConfig,
  readCommonProperty,
  readProperties,
} from '../../../../src/device/config/property-config';
import type { Checked } from '../../../../src/base/fields/problems';

const RULES: PropertyRules = {
  types: ['int16', 'uint64', 'float', 'boolean', 'string'],
  typeRequired: true,
  defaultAccessMode: 'ReadWrite',
};

function parse(raw: unknown, rules: Partial<PropertyRules> = {}, field = 'properties[0]'): Checked<Property> {
  const reader = new FieldReader(raw, field);
  const property = readCommonProperty(reader, { ...RULES, ...rules });
  return reader.check(property);
}

const problemsOf = (checked: Checked<unknown>): string[] =>
  checked.ok ? [] : checked.problems.map((problem) => describeProblems([problem]));

describe('readCommonProperty', () => {
  it('fills in the defaults and leaves out what is not given', () => {
    expect(parse({ name: ' t ', type: 'float' })).toEqual({
      ok: true,
      value: { name: 't', type: 'float', accessMode: 'ReadWrite' },
    });
    expect(parse({ name: 't' }, { typeRequired: false, defaultAccessMode: 'ReadOnly' })).toEqual({
      ok: true,
      value: { name: 't', accessMode: 'ReadOnly' },
    });
  });

  it('reads every field; numbers may be text', () => {
    const raw = {
      name: 't',
      description: 'flow temperature',
      unit: 'Cel',
      type: 'int16',
      accessMode: 'WriteOnly',
      value: '21.5',
      orderOfOperations: [{ type: 'Divide', value: '10' }],
      deadband: '0.5',
    };
    expect(parse(raw)).toEqual({ ok: true, value: { ...raw, value: 21.5, deadband: 0.5 } });
  });

  it('accepts the names of older generations', () => {
    const raw = {
      name: 't',
      dataType: 'float',
      readOnly: true,
      orderOfOperations: [{ operationType: 'Multiply', operationValue: '2' }],
    };
    expect(parse(raw)).toEqual({
      ok: true,
      value: {
        name: 't',
        type: 'float',
        accessMode: 'ReadOnly',
        orderOfOperations: [{ type: 'Multiply', value: '2' }],
      },
    });
    expect(parse({ name: 't', type: 'int16', readOnly: true, accessMode: 'ReadOnce' })).toMatchObject({
      value: { accessMode: 'ReadOnce' },
    });
  });

  it('takes a desired value in its true type, and an empty one as none', () => {
    expect(parse({ name: 'n', type: 'uint64', value: '18446744073709551615' })).toMatchObject({
      value: { value: 18446744073709551615n },
    });
    expect(parse({ name: 'n', type: 'boolean', value: 'false' })).toMatchObject({ value: { value: false } });
    expect(parse({ name: 'n', type: 'string', value: '' })).not.toHaveProperty('value.value');
    expect(parse({ name: 'n', type: 'boolean', readOnly: true, value: '' }).ok).toBe(true);
  });

  it.each<[object, string]>([
    [{ type: 'float' }, 'properties[0].name: is required: a name that is unique in this device'],
    [{ name: 'n' }, 'properties[0].type: is required: one of int16, uint64, float, boolean, string'],
    [
      { name: 'n', type: 'decimal' },
      'properties[0].type: must be one of int16, uint64, float, boolean, string, got "decimal"',
    ],
    [
      { name: 'n', type: 'array' },
      'properties[0].type: array is not supported here, only int16, uint64, float, boolean, string',
    ],
    [
      { name: 'n', dataType: 'x' },
      'properties[0].dataType: must be one of int16, uint64, float, boolean, string, got "x"',
    ],
    [
      { name: 'n', type: 'float', accessMode: 'Read' },
      'properties[0].accessMode: must be one of ReadWrite, ReadOnly, WriteOnly, ReadOnce, NotifyOnly, got "Read"',
    ],
    [{ name: 'n', type: 'float', readOnly: 'yes' }, 'properties[0].readOnly: must be true or false, got "yes"'],
    [
      { name: 'n', type: 'float', readOnly: true, accessMode: 'ReadWrite' },
      'properties[0].readOnly: must not be true with accessMode ReadWrite',
    ],
    [
      { name: 'n', type: 'float', accessMode: 'NotifyOnly', value: 1 },
      'properties[0].value: must be empty: a desired value needs a writable property, not NotifyOnly',
    ],
    [
      { name: 'n', type: 'int16', value: 40000 },
      'properties[0].value: must be from -32768 to 32767 (int16), got 40000',
    ],
    [{ name: 'n', type: 'int16', value: 2.5 }, 'properties[0].value: must be a whole number (int16), got 2.5'],
    [
      { name: 'n', type: 'int16', value: 4000, orderOfOperations: [{ type: 'Divide', value: 10 }] },
      'properties[0].value: must be from -32768 to 32767 (int16), got 40000 after undoing the operations on 4000',
    ],
    [{ name: 'n', type: 'float', deadband: -1 }, 'properties[0].deadband: must be 0 or more, got -1'],
    [{ name: 'n', type: 'float', deadband: 'x' }, 'properties[0].deadband: must be a number, got "x"'],
    [{ name: 'n', type: 'string', deadband: 1 }, 'properties[0].deadband: is for numeric types only, not for string'],
    [
      { name: 'n', type: 'boolean', orderOfOperations: [{ type: 'Add', value: 1 }] },
      'properties[0].orderOfOperations: is for numeric types only, not for boolean',
    ],
    [
      { name: 'n', type: 'float', orderOfOperations: [{ type: 'Multiply', value: 0 }] },
      'properties[0].orderOfOperations[0].value: must not be 0 on a writable property: multiplication by 0 cannot be undone',
    ],
  ])('%o', (raw, problem) => {
    expect(problemsOf(parse(raw))).toEqual([problem]);
  });

  it('gathers all problems of a property at once', () => {
    expect(problemsOf(parse({ type: 'x', accessMode: 'y', deadband: -1 }))).toHaveLength(4);
    expect(problemsOf(parse(7))).toContain('properties[0]: must be an object, got 7');
  });

  it('lets a read-only property be multiplied by 0', () => {
    expect(
      parse({ name: 'n', type: 'float', readOnly: true, orderOfOperations: [{ type: 'Multiply', value: 0 }] }).ok,
    ).toBe(true);
  });
});

describe('readProperties', () => {
  const parseOne = (item: unknown, field: string): Checked<Property> => parse(item, {}, field);

  it('reads a list; none at all is an empty one', () => {
    const raw = [
      { name: 'a', type: 'float' },
      { name: 'b', type: 'float' },
    ];
    expect(readProperties(raw, parseOne)).toMatchObject({ ok: true, value: [{ name: 'a' }, { name: 'b' }] });
    expect(readProperties(undefined, parseOne)).toEqual({ ok: true, value: [] });
  });

  it('names both places of a duplicate name, beside all other problems', () => {
    const raw = [
      { name: 'a', type: 'float' },
      { name: 'b', type: 'x' },
      { name: ' a ', type: 'float' },
      { name: 'b', type: 'float' },
      null,
    ];
    expect(problemsOf(readProperties(raw, parseOne))).toEqual([
      'properties[1].type: must be one of int16, uint64, float, boolean, string, got "x"',
      'properties[2].name: "a" is already the name of properties[0]',
      'properties[3].name: "b" is already the name of properties[1]',
      'properties[4].name: is required: a name that is unique in this device',
      'properties[4].type: is required: one of int16, uint64, float, boolean, string',
    ]);
  });

  it('refuses what is no list', () => {
    expect(problemsOf(readProperties('a,b', parseOne))).toEqual(['properties: must be a list, got "a,b"']);
  });
});

describe('readCommonConfig', () => {
  const read = (raw: unknown): { problems: string[]; config: object } => {
    const reader = new FieldReader(raw);
    const config = readCommonConfig(reader);
    return { problems: problemsOf(reader.check(config)), config };
  };

  it('has the defaults of the specification', () => {
    expect(read({}).config).toEqual({ syncIntervalMs: 15_000, timeoutMs: 10_000 });
    expect(read({ parameters: { syncInterval: '1m', timeout: '500ms' } }).config).toEqual({
      syncIntervalMs: 60_000,
      timeoutMs: 500,
    });
  });

  it('names durations that are none, or zero', () => {
    expect(read({ parameters: { syncInterval: '0s', timeout: 5 } }).problems).toEqual([
      'parameters.syncInterval: must be at least 1ms, got "0s"',
      'parameters.timeout: must be a duration as text, such as "30s" or "1h30m", not the number 5',
    ]);
  });
});
