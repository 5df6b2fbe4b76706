import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyOperations, checkOperations, invertOperations, toTyped } from '../../../../src/device/config/operations';
import type { Operation } from '../../../../src/device/property';

const op = (type: Operation['type'], value: string): Operation => ({ type, value });

describe('applyOperations', () => {
  it.each<[number | bigint, Operation[], number | bigint]>([
    [3, [op('Multiply', '0.1')], 0.3],
    [235, [op('Divide', '10')], 23.5],
    [-1, [op('Divide', '10')], -0.1],
    [297.5, [op('Subtract', '273.15')], 24.35],
    [0.1, [op('Add', '0.2')], 0.3],
    [1, [op('Divide', '3'), op('Multiply', '3')], 1],
    [2, [op('Add', '1'), op('Multiply', '10')], 30],
    [2, [op('Multiply', '10'), op('Add', '1')], 21],
    [1, [op('Divide', '-3')], -1 / 3],
    [5, [op('Multiply', '1e-3')], 0.005],
    [5e-324, [op('Multiply', '1')], 5e-324],
    [1.7976931348623157e308, [op('Divide', '1')], 1.7976931348623157e308],
    [1.7976931348623157e308, [op('Multiply', '10')], Infinity],
    [5n, [op('Multiply', '2')], 10],
    [9007199254740993n, [op('Subtract', '1')], 9007199254740992n],
    [9007199254740993n, [op('Divide', '10')], 900719925474099.25],
    [9007199254740993n, [op('Add', '1e-30')], 9007199254740994], // just above a tie
    [NaN, [op('Add', '1')], NaN],
    [Infinity, [op('Multiply', '-2'), op('Subtract', '1')], -Infinity],
    [7, [], 7],
  ])('%o through %o is %o', (value, operations, result) => {
    expect(applyOperations(value, operations)).toBe(result);
  });

  it('gives the double nearest to the exact quotient', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (value, divisor) => {
        fc.pre(divisor !== 0 && value !== 0);
        // Division of two doubles is correctly rounded in IEEE 754, so it is the reference for whole numbers.
        expect(applyOperations(value, [op('Divide', String(divisor))])).toBe(value / divisor);
      }),
    );
  });

  it('refuses a division by zero and junk that a configuration should have caught', () => {
    expect(() => applyOperations(1, [op('Divide', '0')])).toThrow('division by zero');
    expect(() => applyOperations(1, [op('Add', 'x')])).toThrow('"x" in the order of operations');
  });
});

describe('invertOperations', () => {
  const operand = fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 4 }));
  const operation = fc
    .tuple(fc.constantFrom('Add', 'Subtract', 'Multiply', 'Divide'), operand)
    .filter(([type, [digits]]) => digits !== 0 || type === 'Add' || type === 'Subtract')
    .map(([type, [digits, scale]]) => op(type, `${digits}e-${scale}`));

  it('undoes the operations in reverse order', () => {
    expect(invertOperations(21.5, [op('Divide', '10'), op('Subtract', '5')])).toBe(265);
  });

  // Two steps: with more, a large sum may leave no room in a double for what was divided by much before.
  it('finds the whole number that was read, whatever the operations', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(operation, { maxLength: 2 }), (raw, operations) => {
        const back = toTyped('int32', invertOperations(applyOperations(raw, operations), operations));
        expect(back).toEqual({ ok: true, value: raw });
      }),
    );
  });

  it('finds every 64-bit integer again, digit by digit', () => {
    const steps = fc.array(
      fc.integer().map((value) => op('Add', String(value))),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), steps, (raw, operations) => {
        expect(BigInt(invertOperations(BigInt(applyOperations(raw, operations)), operations))).toBe(raw);
      }),
    );
  });
});

describe('toTyped', () => {
  it('rounds to the nearest whole number, halves away from zero, and checks the range', () => {
    expect(toTyped('int16', 2.5)).toEqual({ ok: true, value: 3 });
    expect(toTyped('int16', -2.5)).toEqual({ ok: true, value: -3 });
    expect(toTyped('int16', 2.49)).toEqual({ ok: true, value: 2 });
    expect(toTyped('int64', 1e18)).toEqual({ ok: true, value: 10n ** 18n });
    expect(toTyped('double', 2.5)).toEqual({ ok: true, value: 2.5 });
    expect(toTyped('uint8', 255.5)).toMatchObject({ ok: false });
    expect(toTyped('int', NaN)).toMatchObject({ ok: false });
    expect(toTyped('int', Infinity)).toMatchObject({ ok: false });
  });
});

describe('checkOperations', () => {
  it('accepts numbers as text or number, and the older names', () => {
    const raw = [
      { type: 'Multiply', value: '0.1' },
      { type: 'Add', value: -2 },
      { operationType: 'Divide', operationValue: '1e3' },
      { type: 'Add', value: 0 },
    ];
    expect(checkOperations(raw, 'f')).toEqual({
      ok: true,
      value: [op('Multiply', '0.1'), op('Add', '-2'), op('Divide', '1e3'), op('Add', '0')],
    });
    expect(checkOperations(undefined, 'f')).toEqual({ ok: true, value: [] });
  });

  it('names everything that is wrong', () => {
    const raw = [
      { type: 'Power', value: '2' },
      { type: 'Add', value: 'ten' },
      { type: 'Divide', value: '0.0' },
      { type: 'Multiply', value: 0 },
      { type: 'Add' },
      { value: '1' },
      'Add 1',
    ];
    const checked = checkOperations(raw, 'p.orderOfOperations', { writable: true });
    expect(checked.ok ? [] : checked.problems.map(({ field, message }) => `${field} ${message}`)).toEqual([
      'p.orderOfOperations[0].type must be one of Add, Subtract, Multiply, Divide, got "Power"',
      'p.orderOfOperations[1].value must be a decimal number such as "0.1", got "ten"',
      'p.orderOfOperations[2].value must not be 0: division by zero',
      'p.orderOfOperations[3].value must not be 0 on a writable property: multiplication by 0 cannot be undone',
      'p.orderOfOperations[4].value is required: a decimal number',
      'p.orderOfOperations[5].type is required: one of Add, Subtract, Multiply, Divide',
      'p.orderOfOperations[6] must be an object, got "Add 1"',
      'p.orderOfOperations[6].type is required: one of Add, Subtract, Multiply, Divide',
      'p.orderOfOperations[6].value is required: a decimal number',
    ]);
    expect(checkOperations([{ type: 'Multiply', value: 0 }], 'f').ok).toBe(true);
    expect(checkOperations({ type: 'Add' }, 'f')).toMatchObject({ ok: false, problems: [{ field: 'f' }] });
  });
});
