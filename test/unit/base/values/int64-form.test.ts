import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integersAs, type Int64Form } from '../../../../src/base/values/int64-form.ts';

const MOST = BigInt(Number.MAX_SAFE_INTEGER);

describe('64-bit integers for a flow', () => {
  it.each<[Int64Form, bigint, unknown]>([
    ['number', 0n, 0],
    ['number', -5n, -5],
    ['number', MOST, Number.MAX_SAFE_INTEGER],
    ['number', MOST + 1n, MOST + 1n],
    ['number', -MOST - 1n, -MOST - 1n],
    ['bigint', 5n, 5n],
    ['text', 5n, '5'],
    ['text', -(2n ** 63n), '-9223372036854775808'],
  ])('as %s: %s is %s', (form, value, expected) => {
    expect(integersAs(form, value)).toBe(expected);
    expect(integersAs(form, { list: [value, 1.5, 'a', null] })).toEqual({ list: [expected, 1.5, 'a', null] });
  });

  it('lose no digit, whatever the form', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n),
        fc.constantFrom('number', 'bigint', 'text'),
        (value, form) => {
          expect(BigInt(integersAs(form, value) as number)).toBe(value);
        },
      ),
    );
  });

  it('are JSON as text, and as numbers as long as these are exact', () => {
    const values = { a: [1n], b: { c: new BigInt64Array([2n]) } };
    expect(JSON.stringify(integersAs('number', values))).toBe('{"a":[1],"b":{"c":[2]}}');
    expect(JSON.stringify(integersAs('text', values))).toBe('{"a":["1"],"b":{"c":["2"]}}');
  });

  it('leave bytes and dates alone', () => {
    const bytes = Buffer.from([1]);
    const date = new Date(0);
    const value = integersAs('number', { bytes, date, floats: new Float64Array([1.5]) }) as Record<string, unknown>;
    expect([value['bytes'], value['date'], value['floats']]).toEqual([bytes, date, new Float64Array([1.5])]);
    expect(value['bytes']).toBe(bytes);
  });
});
