import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integerFromJson, integerToJson, isWideType, jsonByType } from '../../../../src/base/values/index.ts';
import { integerRange, isIntegerType, VALUE_TYPES } from '../../../../src/base/values/type-names.ts';
import { encodePayload } from '../../../../src/mqtt/client/payload.ts';
import { codecOf } from '../../../../src/onem2m/primitive/serialization.ts';
import { valueToJson } from '../../../../src/base/values/value-text.ts';

const SAFE = 2n ** 53n - 1n;
const cbor = await codecOf('cbor');
const json = await codecOf('json');

/** 64-bit integers, many of them close to where numbers end to be exact. */
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc
    .tuple(fc.constantFrom(SAFE, -SAFE, 2n ** 60n, 0n), fc.bigInt({ min: -5n, max: 5n }))
    .map(([near, off]) => near + off),
);
const integerTypes = VALUE_TYPES.filter(isIntegerType);

describe('an integer in JSON', () => {
  it('loses no digit, through JSON itself', () => {
    fc.assert(
      fc.property(int64, fc.constantFrom(undefined, ...integerTypes), (value, type) => {
        const written = JSON.stringify(integerToJson(value, type));
        expect(BigInt(JSON.parse(written) as string | number)).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  it('is a number as long as numbers are exact where its type is not known', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const isSafe = value >= -SAFE && value <= SAFE;
        expect(typeof integerToJson(value)).toBe(isSafe ? 'number' : 'string');
      }),
      { numRuns: 2000 },
    );
  });

  it('is the same kind of thing for all values of a declared type', () => {
    for (const type of integerTypes) {
      const { min, max } = integerRange(type);
      const whole = fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n));
      fc.assert(
        fc.property(whole, (value) => {
          expect(typeof integerToJson(value, type)).toBe(isWideType(type) ? 'string' : 'number');
        }),
        { numRuns: 100 },
      );
    }
    expect(integerTypes.filter(isWideType)).toEqual(['int64', 'uint64']);
    expect(['double', 'string', 'no type', undefined].filter(isWideType)).toEqual([]);
  });

  it('is written alike by status documents, MQTT payloads and both codecs of oneM2M', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const expected = { v: [integerToJson(value)] };
        expect(valueToJson({ v: [value] })).toEqual(expected);
        expect(JSON.parse(String(encodePayload({ v: [value] }, 'raw')))).toEqual(expected);
        expect(JSON.parse(String(json.encode({ v: [value] })))).toEqual(expected);
        expect(cbor.decode(cbor.encode({ v: [value] }))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe('an integer that a peer has written', () => {
  it('loses no digit either', () => {
    fc.assert(
      fc.property(int64, (value) => {
        expect(String(integerFromJson(String(value)))).toBe(String(value));
      }),
      // A float with these digits is another integer, 2385818767636865536n; written again it has the same digits.
      { examples: [[2385818767636865500n]] },
    );
    expect(integerFromJson('9007199254740993')).toBe('9007199254740993');
  });

  it('is the float it was, if it was one', () => {
    const float = fc.double({ noNaN: true, noDefaultInfinity: true }).map(Math.trunc);
    fc.assert(
      fc.property(float, (value) => {
        fc.pre(Math.abs(value) < 1e20 && !Object.is(value, -0));
        expect(json.decode(JSON.stringify(value))).toBe(value);
      }),
    );
  });
});

describe('a JSON value by its declared type', () => {
  it.each([
    [5, 'int64', '5'],
    [5n, 'uint64', '5'],
    ['9007199254740993', 'uint64', '9007199254740993'],
    [[1, '9007199254740993', [2]], 'int64', ['1', '9007199254740993', ['2']]],
    [1.5, 'int64', 1.5],
    [null, 'int64', null],
    [5, 'int32', 5],
    [5, 'double', 5],
    [5, undefined, 5],
    [[5], 'array', [5]],
  ])('%s as %s', (value, type, expected) => expect(jsonByType(value, type)).toEqual(expected));
});
