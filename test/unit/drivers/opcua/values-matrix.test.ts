import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toFlat, toNested } from '../../../../src/drivers/opcua/values/matrix.ts';

const dimensions = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

describe('matrices', () => {
  it('come back with their elements and dimensions', () => {
    fc.assert(
      fc.property(dimensions, (lengths) => {
        const elements = Array.from(
          { length: lengths.reduce((product, length) => product * length, 1) },
          (_, at) => at,
        );
        const nested = toNested(elements, lengths);
        expect(nested).toHaveLength(lengths[0]!);
        expect(toFlat(nested)).toEqual({ elements, dimensions: lengths });
        expect(toFlat(nested, lengths.length)).toEqual({ elements, dimensions: lengths });
      }),
    );
  });

  it('have the last dimension fastest', () => {
    expect(toNested([1, 2, 3, 4, 5, 6], [2, 3])).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('may be empty', () => {
    expect(toFlat([], 1)).toEqual({ elements: [], dimensions: [0] });
    expect(toFlat([], 2)).toEqual({ elements: [], dimensions: [0, 0] });
    expect(toNested([], [0, 3])).toEqual([]);
  });

  it.each<[unknown[], number | undefined, string]>([
    [[[1, 2], [3]], undefined, 'rows of the same length'],
    [[[1, 2], 3], undefined, '2 dimensions throughout'],
    [[1, 2], 2, 'must have 2 dimensions, not 1'],
    [[[1]], 1, 'must have 1 dimensions, not more'],
  ])('%j with rank %s is refused', (nested, rank, message) => {
    expect(() => toFlat(nested, rank)).toThrow(message);
  });
});
