import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Codec } from '../../../../src/onem2m/primitive/codec';
import { isPlain, toPlain } from '../../../../src/onem2m/primitive/plain-content';
import { codecOf, decode, encode, hasFloatNumbers, jsonCodec } from '../../../../src/onem2m/primitive/serialization';
import { ACME_CBOR, WIRE } from './wire-fixtures.ts';

const cborCodec = await codecOf('cbor');
const CODECS: [string, Codec][] = [
  ['json', jsonCodec],
  ['cbor', cborCodec],
];

const bytesOf = (text: string | Buffer): Buffer => Buffer.from(text);
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const roundTrip = (codec: Codec, content: unknown): unknown => codec.decode(bytesOf(codec.encode(content)));

/** What JSON can hold, -0 apart, which is 0 there. */
const plainValue = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));

describe.each(CODECS)('%s', (_name, codec) => {
  it('gives back what went in', () => {
    fc.assert(
      fc.property(plainValue, (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        expect(roundTrip(codec, value)).toEqual(value);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(Object.entries(WIRE))('gives back %s', (_case, text) => {
    expect(roundTrip(codec, JSON.parse(text))).toEqual(JSON.parse(text));
  });

  it('brings everything into a form that JSON knows', () => {
    const content = {
      bytes: Uint8Array.of(1, 2, 255),
      at: new Date(0),
      safe: 42n,
      big: 2n ** 63n,
      small: -(2n ** 63n),
      map: new Map<unknown, unknown>([[1, 'one']]),
      set: new Set(['a']),
      absent: undefined,
      list: [undefined, null],
      custom: { toJSON: () => ({ a: 1 }) },
      ms: 1_795_312_345_678,
      negative: -5_000_000_000,
    };
    expect(roundTrip(codec, content)).toStrictEqual({
      bytes: 'AQL/',
      at: '1970-01-01T00:00:00.000Z',
      safe: 42,
      big: '9223372036854775808',
      small: '-9223372036854775808',
      map: { 1: 'one' },
      set: ['a'],
      list: [null, null],
      custom: { a: 1 },
      ms: 1_795_312_345_678,
      negative: -5_000_000_000,
    });
  });

  it('names the place of what cannot be written', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = [circle];
    for (const [content, message] of [
      [{ a: [1, () => 1] }, 'content.a[1] cannot be sent: it is a function'],
      [{ a: Symbol('x') }, 'content.a cannot be sent: it is a symbol'],
      [{ a: { b: 2n ** 64n } }, 'content.a.b cannot be sent: it is an integer of more than 64 bits'],
      [{ a: NaN }, 'content.a cannot be sent: it is NaN, which is no number for a CSE'],
      [{ a: new Date(NaN) }, 'content.a cannot be sent: it is an invalid date'],
      [undefined, 'there is no content to send'],
    ] as const) {
      expect(() => codec.encode(content)).toThrow(expect.objectContaining({ code: 'BAD_VALUE', message }));
    }
    expect(() => codec.encode(circle)).toThrow(/contains itself, or is nested deeper than 100 levels/);
  });

  it('refuses deep nesting without harm', () => {
    const deep =
      codec === jsonCodec ? Buffer.from('['.repeat(200_000) + ']'.repeat(200_000)) : Buffer.alloc(50_000, 0x81);
    expect(() => codec.decode(deep)).toThrow(expect.objectContaining({ code: 'BAD_RESPONSE' }));
    const moderate =
      codec === jsonCodec ? Buffer.from('['.repeat(101) + ']'.repeat(101)) : hex(`${'81'.repeat(101)}01`);
    expect(() => codec.decode(moderate)).toThrow(/deeper than 100 levels/);
    expect(roundTrip(codec, { a: 1 })).toEqual({ a: 1 });
  });

  it('decodes any bytes, or throws BAD_RESPONSE', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          codec.decode(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_RESPONSE' });
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('leaves out __proto__', () => {
    const bytes =
      codec === jsonCodec
        ? Buffer.from('{"__proto__":{"x":1},"a":2}')
        : hex('a2 69 5f5f70726f746f5f5f a1 61 78 01 61 61 02');
    const value = codec.decode(bytes) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value).toHaveProperty('a', 2);
    expect(Object.keys(value)).not.toContain('__proto__');
  });
});

describe('JSON', () => {
  it('says what is no JSON', () => {
    expect(() => jsonCodec.decode('{"a":')).toThrow('the payload is no JSON: "{\\"a\\":"');
    expect(() => jsonCodec.decode(Buffer.alloc(0))).toThrow(expect.objectContaining({ code: 'BAD_RESPONSE' }));
  });

  it('keeps integers that no double holds', () => {
    expect(
      jsonCodec.decode(
        '{"a":9007199254740993,"b":[1234567890123456],"c":"9007199254740993","d":0.1000000000000000055}',
      ),
    ).toEqual({
      a: '9007199254740993',
      b: [1234567890123456],
      c: '9007199254740993',
      d: 0.1,
    });
  });

  it('ignores a byte order mark', () => {
    expect(jsonCodec.decode(Buffer.from('\uFEFF{}'))).toEqual({});
  });
});

describe('CBOR', () => {
  it('reads what ACME accepted, and writes the same in its shortest form', () => {
    const bytes = hex(ACME_CBOR.hex);
    expect(cborCodec.decode(bytes)).toEqual(ACME_CBOR.primitive);
    const shortest = ACME_CBOR.hex.replace('b90007', 'a7').replaceAll('b90001', 'a1');
    expect(bytesOf(cborCodec.encode(ACME_CBOR.primitive)).toString('hex')).toBe(shortest);
  });

  it('reads strings in pieces, as Jackson writes long ones', () => {
    const long = 'ä€😀x'.repeat(3000);
    const bytes = Buffer.from(long);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 996) }, (_none, index) => {
      const piece = bytes.subarray(index * 996, (index + 1) * 996);
      return Buffer.concat([Buffer.from([0x79, piece.length >> 8, piece.length & 0xff]), piece]);
    });
    const con = Buffer.concat([hex('63636f6e 7f'), ...pieces, hex('ff')]);
    const cnf = hex('63636e66 7f 6474657874 662f706c61696e ff');
    for (const map of [
      [hex('a2'), con, cnf],
      [hex('bf'), con, cnf, hex('ff')],
    ]) {
      expect(cborCodec.decode(Buffer.concat(map))).toEqual({ con: long, cnf: 'text/plain' });
    }
    expect(cborCodec.decode(hex('a1 63636f6e 7fff'))).toEqual({ con: '' });
    expect(cborCodec.decode(hex('a1 63636f6e 5f 4101 4102 ff'))).toEqual({ con: 'AQI=' });
    expect(cborCodec.decode(hex('a1 7f 6161 626263 ff 01'))).toEqual({ abc: 1 });
    // Within a value these bytes mean nothing.
    expect(cborCodec.decode(hex('a2 6161 187f 6162 415f'))).toEqual({ a: 127, b: 'Xw==' });
  });

  it.each(['7f6161', '7f4101ff', '7f7f6161ffff', '7f7affffffff61ff', '7f7bffffffffffffffff61ff', '7f', '7f7c61ff'])(
    'refuses broken strings in pieces: %s',
    (string) => {
      expect(() => cborCodec.decode(hex(`a163636f6e${string}`))).toThrow(
        expect.objectContaining({ code: 'BAD_RESPONSE' }),
      );
    },
  );

  it('reads hexadecimal text, as Mobius 2 sends it', () => {
    expect(cborCodec.decode(Buffer.from(ACME_CBOR.hex))).toEqual(ACME_CBOR.primitive);
    expect(cborCodec.decode(ACME_CBOR.hex.toUpperCase())).toEqual(ACME_CBOR.primitive);
    expect(['a', 'aa', -16, -17].map((value) => roundTrip(cborCodec, value))).toEqual(['a', 'aa', -16, -17]);
  });

  it('writes integers as integers, whatever their size', () => {
    expect(bytesOf(cborCodec.encode(1_795_312_345_678)).toString('hex')).toBe('1b000001a200f4624e');
    expect(bytesOf(cborCodec.encode(-5_000_000_000)).toString('hex')).toBe('3b000000012a05f1ff');
  });

  it('brings what JSON does not know into its form', () => {
    expect(cborCodec.decode(hex('82 1b 7fffffffffffffff 1b 0000000100000000'))).toEqual([
      '9223372036854775807',
      4294967296,
    ]);
    expect(cborCodec.decode(hex('c2 48 ffffffffffffffff'))).toBe('18446744073709551615');
    expect(cborCodec.decode(hex('82 43 0102ff f7'))).toEqual(['AQL/', null]);
    expect(cborCodec.decode(hex('c1 00'))).toBe('1970-01-01T00:00:00.000Z');
    expect(cborCodec.decode(hex('a1 01 02'))).toEqual({ 1: 2 });
    expect(cborCodec.decode(hex('f9 7e00'))).toBeNull();
  });

  it.each([
    ['a cycle', 'd81c 81 d81d 00'],
    ['a regular expression', 'd81b 82 66 526567457870 61 61'],
    ['an unknown tag', 'd9 1234 01'],
    ['a map whose key is a list', 'd90103 a1 81 01 02'],
    ['an integer of 2000 bits', `c2 58fa ${'ff'.repeat(250)}`],
    ['something after the end', '01 02'],
    ['a length beyond the end', '9b 00000000ffffffff'],
  ])('refuses %s', (_case, digits) => {
    expect(() => cborCodec.decode(hex(digits))).toThrow(expect.objectContaining({ code: 'BAD_RESPONSE' }));
  });

  it('refuses references that grow without bound', () => {
    // Each level holds the level below twice: 2^40 items in 200 bytes.
    const levels = Array.from({ length: 40 }, (_, id) => `d81c 82 ${id === 39 ? '0101' : ''}`);
    const ends = Array.from(
      { length: 39 },
      (_, id) => `d81d ${id < 1 ? '18' : '18'}${(39 - id).toString(16).padStart(2, '0')}`,
    );
    expect(() => cborCodec.decode(hex(levels.join('') + ends.join('')))).toThrow(/refers to parts of itself/);
  });

  it('replaces halves of surrogate pairs, which are no UTF-8', () => {
    expect(roundTrip(cborCodec, { a: 'x\ud800y' })).toEqual({ a: 'x\ufffdy' });
  });
});

it('encode and decode choose the codec', async () => {
  expect(await encode({ a: 1 }, 'json')).toBe('{"a":1}');
  expect(await decode('{"a":1}', 'json')).toEqual({ a: 1 });
  expect(await decode(bytesOf(await encode({ a: 1 }, 'cbor')), 'cbor')).toEqual({ a: 1 });
  await expect(decode('', 'cbor')).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
});

it('floats are seen where tinyIoT writes them', () => {
  expect(hasFloatNumbers(WIRE.tinyiotCreated)).toBe(true);
  expect(hasFloatNumbers(Buffer.from(WIRE.tinyiotNotification))).toBe(true);
  expect(hasFloatNumbers(WIRE.acmeCreated)).toBe(false);
  expect(hasFloatNumbers(JSON.stringify({ rsc: 2000, pc: { con: '{"rsc":2000.5}', v: 1.5 } }))).toBe(false);
});

describe('the short way of writing JSON', () => {
  it('is taken only where it comes to the same', () => {
    const odd = fc.oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: true,
      }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(odd, (value) => {
        if (isPlain(value)) expect(JSON.stringify(value)).toBe(JSON.stringify(toPlain(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([1n, NaN, new Date(0), Buffer.from('x'), new Map(), () => 1, { a: [Symbol('x')] }, { toJSON: () => 1 }])(
    'is not for %o',
    (value) => expect(isPlain(value)).toBe(false),
  );

  it('does not follow what contains itself', () => {
    const own: Record<string, unknown> = {};
    own['own'] = own;
    expect(isPlain(own)).toBe(false);
  });
});
