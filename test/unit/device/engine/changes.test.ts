import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameValue, valueChanged } from '../../../../src/device/engine/changes';

describe('valueChanged', () => {
  it.each<[unknown, unknown, number, boolean]>([
    [1, 1, 0, false],
    [1, 2, 0, true],
    [1, 1.5, 0.5, false],
    [1, 1.6, 0.5, true],
    [1.6, 1, 0.5, true],
    [5n, 5, 0, false],
    [2n ** 60n, 2n ** 60n + 1n, 0, true],
    [100n, 103n, 5, false],
    [NaN, NaN, 0, false],
    [1, NaN, 100, true],
    [NaN, 1, 100, true],
    [undefined, 0, 0, true],
    [1, '1', 5, true],
    ['a', 'a', 0, false],
    [true, false, 5, true],
    [[1, 2], [1, 2], 0, false],
    [[1, 2], [2, 1], 0, true],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, 0, false],
    [{ a: 1 }, { a: undefined }, 0, true],
    [{ a: undefined }, { b: undefined }, 0, true],
    [{ a: 1 }, { a: 1, b: 2 }, 0, true],
    [{ a: 1, b: 2 }, { a: 1 }, 0, true],
    [[], {}, 0, true],
    [new Date(1), new Date(1), 0, false],
    [new Date(1), new Date(2), 0, true],
    [new Date(1), {}, 0, true],
    [Buffer.from('a'), Buffer.from('a'), 0, false],
    [Buffer.from('a'), Buffer.from('b'), 0, true],
    [null, {}, 0, true],
  ])('%o to %o with deadband %d: %s', (before, after, deadband, changed) => {
    expect(valueChanged(before, after, deadband)).toBe(changed);
  });

  it('no value differs from itself, or from its copy', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withTypedArray: true }), (value) => {
        expect(sameValue(value, value)).toBe(true);
        expect(sameValue(value, structuredClone(value))).toBe(true);
      }),
    );
  });
});
