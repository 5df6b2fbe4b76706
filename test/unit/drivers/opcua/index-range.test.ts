import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMoreThan, isPartOf, misfit } from '../../../../src/drivers/opcua/values/index-range';
import { BUILT_IN } from '../../../../src/drivers/opcua/values/types';

const list = (...value: unknown[]) => ({ dataType: BUILT_IN.Int32, arrayType: 1, value });
const matrix = (...dimensions: number[]) => ({
  dataType: BUILT_IN.Int32,
  arrayType: 2,
  value: Array.from({ length: dimensions.reduce((a, b) => a * b) }, (_, index) => index),
  dimensions,
});
const text = (value: string | null) => ({ dataType: BUILT_IN.String, arrayType: 0, value });
const bytes = (length: number) => ({ dataType: BUILT_IN.ByteString, arrayType: 0, value: Buffer.alloc(length) });
const number = { dataType: BUILT_IN.Int32, arrayType: 0, value: 5 };

describe('what a server sends for an index range', () => {
  it.each([
    ['2', list(7), false],
    ['2', list(1, 2, 3, 4, 5), true],
    ['1:2', list(2, 3), false],
    ['1:9', list(2, 3), false],
    ['0:1,2:3', matrix(2, 2), false],
    ['0:1,2:3', matrix(2, 4), true],
    ['0:2', text('abc'), false],
    ['0:1', text('ä⚙'), false],
    ['0:1', text('👍👍'), false],
    ['0:1', text('abc'), true],
    ['0:1', text(null), false],
    ['0:1', bytes(2), false],
    ['0:1', bytes(3), true],
    ['0:1', number, true],
  ])('%s: %j', (range, value, expected) => {
    expect(isMoreThan(range, value)).toBe(expected);
  });

  it('is told from the whole value also where it is no more than the range names', () => {
    expect(isPartOf('1:2', list('a', 'b'), list('b'))).toBe(true);
    expect(isPartOf('1:2', list('a', 'b'), list('a', 'b'))).toBe(false);
    expect(isPartOf('0:1', list('a', 'b'), list('a', 'b'))).toBe(true);
    expect(isPartOf('0:1,1', matrix(2, 3), matrix(2, 1))).toBe(true);
    expect(isPartOf('0:1,1', matrix(2, 3), matrix(2, 3))).toBe(false);
    expect(isPartOf('0', number, number)).toBe(false);
  });

  it('is right where it is the slice, and wrong where it is larger, whatever the lengths', () => {
    const index = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 20 }), index, index, (all, low, more) => {
        const range = more === 0 ? `${low}` : `${low}:${low + more}`;
        const slice = all.slice(low, low + more + 1);
        expect(isPartOf(range, list(...all), list(...slice))).toBe(true);
        expect(isMoreThan(range, list(...slice))).toBe(false);
        if (slice.length < all.length) expect(isPartOf(range, list(...all), list(...all))).toBe(false);
      }),
    );
  });
});

describe('a value for an index range', () => {
  it.each([
    ['2', list(1)],
    ['1:2', list(1, 2)],
    ['0:1,2:3', matrix(2, 2)],
    ['0:2', text('abc')],
    ['0:2', bytes(3)],
  ])('fits %s: %j', (range, value) => {
    expect(misfit(range, value)).toBeUndefined();
  });

  it.each([
    ['1:2', list(1, 2, 3), 'must have as many elements as the index range 1:2 (2), got 3'],
    ['0:1,2:3', matrix(2, 3), 'must have as many elements as the index range 0:1,2:3 (2 by 2), got 2 by 3'],
    ['0:2', text('ab'), 'must have as many elements as the index range 0:2 (3), got 2'],
    ['0:2', number, 'must have as many elements as the index range 0:2 (3), got one value'],
  ])('does not fit %s: %j', (range, value, message) => {
    expect(misfit(range, value)).toBe(message);
  });
});
