import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteLength,
  decodeBytes,
  encodeValue,
  ENDIANNESSES,
  numberDecoder,
  type Endianness,
} from '../../../../src/base/values/codec';
import {
  integerRange,
  isIntegerType,
  isNumericType,
  VALUE_TYPES,
  type ValueType,
} from '../../../../src/base/values/index';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const orders = fc.constantFrom(...ENDIANNESSES);

function roundTrips<T>(type: ValueType, values: fc.Arbitrary<T>, length: (value: T) => number): void {
  fc.assert(
    fc.property(values, orders, (value, order) => {
      const size = length(value);
      const encoded = encodeValue(type, value, order, size);
      expect(encoded).toHaveLength(size);
      expect(decodeBytes(type, encoded, order)).toEqual(value);
    }),
  );
}

describe('a decoder that was prepared', () => {
  it('says the same of a number amid others', () => {
    const types = fc.constantFrom(...VALUE_TYPES.filter(isNumericType));
    const given = fc.uint8Array({ minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(types, orders, given, fc.nat({ max: 16 }), (type, order, wire, at) => {
        const own = wire.slice(at, at + (byteLength(type) ?? 0));
        expect(numberDecoder(type, order)(wire, at)).toBe(decodeBytes(type, own, order));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the byte orders of the specification', () => {
  it.each<[Endianness, string, string, string]>([
    ['BigEndian', '0102', '0a0b0c0d', '0102030405060708'],
    ['BigEndianSwap', '0102', '0b0a0d0c', '0201040306050807'],
    ['LittleEndian', '0201', '0d0c0b0a', '0807060504030201'],
    ['LittleEndianSwap', '0201', '0c0d0a0b', '0708050603040102'],
  ])('%s', (order, wire16, wire32, wire64) => {
    expect(hex(encodeValue('uint16', 0x0102, order, 2))).toBe(wire16);
    expect(hex(encodeValue('uint32', 0x0a0b0c0d, order, 4))).toBe(wire32);
    expect(hex(encodeValue('uint64', 0x0102030405060708n, order, 8))).toBe(wire64);
    expect(decodeBytes('uint16', bytes(wire16), order)).toBe(0x0102);
    expect(decodeBytes('int32', bytes(wire32), order)).toBe(0x0a0b0c0d);
    expect(decodeBytes('int64', bytes(wire64), order)).toBe(0x0102030405060708n);
  });

  it.each<[Endianness, string]>([
    ['BigEndian', 'Rancher'],
    ['BigEndianSwap', 'aRcnehr'],
    ['LittleEndian', 'Rancher'],
    ['LittleEndianSwap', 'aRcnehr'],
  ])('%s keeps the sequence of a string, the Swap orders swap within registers', (order, wire) => {
    expect(Buffer.from(encodeValue('string', 'Rancher', order, 7)).toString()).toBe(wire);
    expect(decodeBytes('string', Buffer.from(wire), order)).toBe('Rancher');
  });
});

describe('numbers', () => {
  it.each(VALUE_TYPES.filter(isIntegerType))('%s round-trips in every order', (type) => {
    const range = integerRange(type);
    const whole = fc.oneof(fc.bigInt(range), fc.constantFrom(range.min, range.max));
    const values = byteLength(type) === 8 ? whole : whole.map(Number);
    roundTrips<number | bigint>(type, values, () => byteLength(type) ?? 0);
  });

  it('doubles round-trip, with NaN, infinities and the negative zero', () => {
    roundTrips('double', fc.double(), () => 8);
    roundTrips('float64', fc.double(), () => 8);
  });

  it('32-bit floats decode to a number that means the same float', () => {
    fc.assert(
      fc.property(fc.float(), orders, (value, order) => {
        const decoded = decodeBytes('float', encodeValue('float', value, order, 4), order);
        expect(Math.fround(decoded as number)).toBe(value);
      }),
    );
  });

  it('32-bit floats decode to the decimal that was meant', () => {
    const decimal = fc.tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(decimal, ([digits, scale]) => {
        const value = Number(`${digits}e-${scale}`);
        expect(decodeBytes('float32', encodeValue('float32', value, 'BigEndian', 4), 'BigEndian')).toBe(value);
      }),
    );
    expect(decodeBytes('float', bytes('41b8cccd'), 'BigEndian')).toBe(23.1);
    expect(decodeBytes('float', bytes('3dfcd6ea'), 'BigEndian')).toBe(0.12345679);
    expect(decodeBytes('float', bytes('00000001'), 'BigEndian')).toBe(1e-45);
  });

  it('8-bit integers live in the low byte of a register and keep their sign', () => {
    expect(decodeBytes('uint8', bytes('0164'), 'BigEndian')).toBe(0x64);
    expect(decodeBytes('int8', bytes('9c00'), 'LittleEndian')).toBe(-100);
    expect(hex(encodeValue('int8', -100, 'BigEndian', 2))).toBe('ff9c');
    expect(hex(encodeValue('uint8', 100, 'LittleEndian', 2))).toBe('6400');
  });

  it.each<[ValueType, unknown, number, string]>([
    ['int16', 40_000, 2, 'must be from -32768 to 32767'],
    ['int32', 2.5, 4, 'must be a whole number'],
    ['float', 'warm', 4, 'must be a finite number'],
    ['float', 1, 2, 'float takes 4 bytes, not 2'],
    ['int64', 1, 4, 'int64 takes 8 bytes, not 4'],
  ])('refuses to write %s %o in %i bytes', (type, value, length, message) => {
    expect(() => encodeValue(type, value, 'BigEndian', length)).toThrow(
      expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringContaining(message) as string }) as Error,
    );
  });

  it('refuses a wrong number of bytes', () => {
    expect(() => decodeBytes('double', bytes('00000000'), 'BigEndian')).toThrow('double takes 8 bytes, got 4');
  });
});

describe('byte strings, booleans and dates', () => {
  const data = fc.uint8Array({ maxLength: 40 });

  it('text round-trips in every order, padded with NUL and trimmed again', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.endsWith('\0'));
    roundTrips('string', text, (value) => Buffer.byteLength(value) + 3);
    expect(hex(encodeValue('string', 'ab', 'BigEndian', 4))).toBe('61620000');
    expect(decodeBytes('string', bytes('6100620000'), 'BigEndian')).toBe('a\0b');
  });

  it('hexadecimal, bits and Base64 round-trip in every order', () => {
    const size = (unit: number) => (value: string) => value.length / unit;
    roundTrips('hexString', data.map(hex), size(2));
    roundTrips(
      'binaryString',
      data.map((value) => Array.from(value, bits).join('')),
      size(8),
    );
    roundTrips(
      'base64String',
      data.map((value) => Buffer.from(value).toString('base64')),
      (value) => Buffer.from(value, 'base64').length,
    );
  });

  it('refuses what is too long, by bytes and not by characters', () => {
    expect(() => encodeValue('string', 'äöü', 'BigEndian', 4)).toThrow('must be at most 4 bytes long, got 6');
    expect(() => encodeValue('hexString', '010203', 'BigEndian', 2)).toThrow('must be at most 2 bytes long, got 3');
  });

  it('booleans round-trip in any length; any bit means true', () => {
    roundTrips('boolean', fc.boolean(), () => 1);
    roundTrips('boolean', fc.boolean(), () => 4);
    expect(hex(encodeValue('boolean', true, 'BigEndian', 2))).toBe('0001');
    expect(decodeBytes('boolean', bytes('8000'), 'BigEndian')).toBe(true);
  });

  it('dates round-trip as milliseconds in 8 bytes and as seconds in 4', () => {
    roundTrips('datetime', fc.date({ noInvalidDate: true }), () => 8);
    const seconds = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((value) => new Date(value * 1000));
    roundTrips('datetime', seconds, () => 4);
    expect(() => decodeBytes('datetime', bytes('000000'), 'BigEndian')).toThrow('4 or 8 bytes, not 3');
    expect(() => decodeBytes('datetime', bytes('7fffffffffffffff'), 'BigEndian')).toThrow('beyond what a date can be');
  });

  it('arrays and objects have no form in bytes', () => {
    expect(() => decodeBytes('array', bytes('00'), 'BigEndian')).toThrow('type array has no form in bytes');
    expect(() => encodeValue('object', {}, 'BigEndian', 2)).toThrow('type object has no form in bytes');
    expect(byteLength('object')).toBeUndefined();
  });

  it('does not change the bytes of a Buffer, whose slices are views', () => {
    const types = fc.constantFrom(...VALUE_TYPES.filter(isNumericType), 'string' as const, 'hexString' as const);
    fc.assert(
      fc.property(types, orders, fc.uint8Array({ minLength: 8, maxLength: 8 }), (type, order, given) => {
        const buffer = Buffer.from(given);
        const length = byteLength(type) ?? 8;
        decodeBytes(type, buffer.subarray(0, length), order);
        expect(Uint8Array.from(buffer)).toEqual(given);
      }),
    );
  });

  it('does not change the bytes it is given', () => {
    const given = bytes('0102');
    for (const order of ENDIANNESSES) decodeBytes('uint16', given, order);
    expect(hex(given)).toBe('0102');
  });
});

const bits = (byte: number): string => byte.toString(2).padStart(8, '0');
