import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coerce,
  integerRange,
  isFloatType,
  isIntegerType,
  VALUE_TYPES,
  valueToJson,
  valueToText,
  type ValueType,
} from '../../../../src/base/values/index';

const integerTypes = VALUE_TYPES.filter(isIntegerType);

describe('coerce', () => {
  it.each<[ValueType, unknown, unknown]>([
    ['int8', -128, -128],
    ['uint8', '255', 255],
    ['int16', ' -7 ', -7],
    ['int', '0x2A', 42],
    ['uint32', 4294967295n, 4294967295],
    ['int32', '5.0', 5],
    ['int64', 42, 42n],
    ['int64', '-9223372036854775808', -9223372036854775808n],
    ['uint64', 18446744073709551615n, 18446744073709551615n],
    ['float', '23.1', 23.1],
    ['double', '1e-3', 0.001],
    ['double', 5n, 5],
    ['boolean', 'TRUE', true],
    ['boolean', 0, false],
    ['boolean', '1', true],
    ['string', 5, '5'],
    ['string', '', ''],
    ['hexString', '0xDE:AD be ef', 'deadbeef'],
    ['hexString', Uint8Array.of(1, 255), '01ff'],
    ['binaryString', '0000 1010', '00001010'],
    ['base64String', 'Z29sYW5nICt-CiA', 'Z29sYW5nICt+CiA='],
    ['base64String', Uint8Array.of(0xff), '/w=='],
    ['datetime', '2026-01-31T12:00:00+01:00', new Date('2026-01-31T11:00:00Z')],
    ['datetime', '2026-01-31', new Date('2026-01-31T00:00:00Z')],
    ['datetime', '2026-01-31 12:00Z', new Date('2026-01-31T12:00:00Z')],
    ['datetime', 1000, new Date(1000)],
    ['array', '[1,2]', [1, 2]],
    ['object', { a: 1 }, { a: 1 }],
    ['object', '{"a":1}', { a: 1 }],
  ])('%s takes %o', (type, given, value) => {
    expect(coerce(type, given)).toEqual({ ok: true, value });
  });

  it.each<[ValueType, unknown, string]>([
    ['int', 2.5, 'must be a whole number (int), got 2.5'],
    ['int', '2.5', 'must be a whole number (int), got "2.5"'],
    ['int', '', 'must be a whole number (int), got ""'],
    ['int', true, 'must be a whole number (int), got true'],
    ['int16', NaN, 'must be a whole number (int16), got NaN'],
    ['int16', Infinity, 'must be a whole number (int16), got Infinity'],
    ['int8', 128, 'must be from -128 to 127 (int8), got 128'],
    ['uint16', -1, 'must be from 0 to 65535 (uint16), got -1'],
    ['uint64', '18446744073709551616', 'must be from 0 to 18446744073709551615 (uint64)'],
    ['int64', 2 ** 60, 'must be given as text or bigint beyond 9007199254740991'],
    ['float', NaN, 'must be a finite number (float), got NaN'],
    ['float', 1e39, 'must be from -3.4028234663852886e+38'],
    ['double', '1e999', 'must be a finite number'],
    ['double', '0x10', 'must be a finite number'],
    ['double', 'Infinity', 'must be a finite number'],
    ['boolean', 2, 'must be true or false, got 2'],
    ['boolean', 'yes', 'must be true or false, got "yes"'],
    ['string', {}, 'must be text, got {}'],
    ['string', undefined, 'must be text, got nothing'],
    ['hexString', 'abc', 'whole bytes in hexadecimal'],
    ['hexString', 'xx', 'whole bytes in hexadecimal'],
    ['binaryString', '101', 'whole bytes of the digits 0 and 1'],
    ['base64String', '%%%', 'must be Base64 text'],
    ['base64String', 'abcde', 'must be Base64 text'],
    ['datetime', '2026-02-30T00:00:00Z', 'must be a date and time'],
    ['datetime', '2026-02-03T00:00:00', 'must be a date and time'],
    ['datetime', 'yesterday', 'must be a date and time'],
    ['datetime', NaN, 'must be a date and time'],
    ['array', {}, 'must be an array, got {}'],
    ['array', '[1', 'must be an array'],
    ['object', [1], 'must be an object, got [1]'],
    ['object', null, 'must be an object, got null'],
    ['object', new Date(0), 'must be an object'],
  ])('%s refuses %o', (type, given, message) => {
    expect(coerce(type, given)).toMatchObject({ ok: false, message: expect.stringContaining(message) as string });
  });

  it('takes exactly the whole numbers in range, as bigint and as text alike', () => {
    fc.assert(
      fc.property(fc.constantFrom(...integerTypes), fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }), (type, whole) => {
        const range = integerRange(type);
        const inRange = whole >= range.min && whole <= range.max;
        for (const given of [whole, String(whole)]) {
          const result = coerce(type, given);
          expect(result.ok).toBe(inRange);
          if (result.ok) expect(BigInt(result.value as number)).toBe(whole);
        }
      }),
    );
  });

  it('answers for anything, and what it answers it takes again unchanged', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VALUE_TYPES), fc.anything(), (type, given) => {
        const once = coerce(type, given);
        if (once.ok) expect(coerce(type, once.value)).toEqual(once);
        else expect(once.message).toMatch(/^must be /);
      }),
    );
  });

  it('knows which types are numbers', () => {
    expect(isIntegerType('uint')).toBe(true);
    expect(isIntegerType('float')).toBe(false);
    expect(isFloatType('double')).toBe(true);
    expect(integerRange('string')).toBeUndefined();
    expect(integerRange('int64')).toEqual({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  });
});

describe('valueToText and valueToJson', () => {
  it.each<[unknown, string, unknown]>([
    [23.5, '23.5', 23.5],
    [true, 'true', true],
    [42, '42', 42],
    [42n, '42', 42],
    [9007199254740993n, '9007199254740993', '9007199254740993'],
    [NaN, 'NaN', 'NaN'],
    [-Infinity, '-Infinity', '-Infinity'],
    ['text', 'text', 'text'],
    [undefined, '', undefined],
    [null, '', null],
    [new Date(0), '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
    [Buffer.from([255]), '/w==', '/w=='],
    [[1n, [2n]], '[1,[2]]', [1, [2]]],
    [Int32Array.of(1, 2), '[1,2]', [1, 2]],
    [{ a: 2n ** 60n }, '{"a":"1152921504606846976"}', { a: '1152921504606846976' }],
  ])('%o', (value, text, json) => {
    expect(valueToText(value)).toBe(text);
    expect(valueToJson(value)).toEqual(json);
  });

  it('never loses the digits of an integer', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }), (whole) => {
        const carried = JSON.parse(JSON.stringify(valueToJson(whole))) as number | string;
        expect(BigInt(carried)).toBe(whole);
        expect(BigInt(valueToText(whole))).toBe(whole);
      }),
    );
  });
});
