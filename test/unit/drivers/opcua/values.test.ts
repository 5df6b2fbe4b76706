import fc from 'fast-check';
import { BinaryStream } from 'node-opcua-binary-stream';
import * as client from 'node-opcua-client';
import { describe, expect, it } from 'vitest';
import type { OpcUaLibrary } from '../../../../src/drivers/opcua/library/load.ts';
import { decodeVariant, type Enumeration } from '../../../../src/drivers/opcua/values/decode.ts';
import type { EncodeContext } from '../../../../src/drivers/opcua/values/encode.ts';
import type { BuiltInName } from '../../../../src/drivers/opcua/values/types.ts';
import { encodeVariant } from '../../../../src/drivers/opcua/values/variant.ts';

const context: EncodeContext = {
  library: client as unknown as OpcUaLibrary,
  namespaces: ['http://opcfoundation.org/UA/'],
};

/** As it arrives at the other side: encoded in binary and decoded again. */
function overTheWire(
  builtIn: BuiltInName,
  value: unknown,
  valueRank: number,
  more: Partial<EncodeContext> = {},
): client.Variant {
  const variant = new client.Variant(encodeVariant({ builtIn, valueRank }, value, { ...context, ...more }));
  const stream = new BinaryStream(variant.binaryStoreSize());
  variant.encode(stream);
  const received = new client.Variant();
  received.decode(new BinaryStream(stream.buffer));
  return received;
}

const decimal32 = fc.float({ noNaN: true, noDefaultInfinity: true });
const index = fc.integer({ min: 0, max: 65_535 });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });

/** A type, and values in the form a flow reads and writes them. */
const NATURAL: readonly (readonly [BuiltInName, fc.Arbitrary<unknown>])[] = [
  ['Boolean', fc.boolean()],
  ['SByte', fc.integer({ min: -128, max: 127 })],
  ['Byte', fc.integer({ min: 0, max: 255 })],
  ['Int16', fc.integer({ min: -32_768, max: 32_767 })],
  ['UInt16', index],
  ['Int32', fc.integer()],
  ['UInt32', fc.integer({ min: 0, max: 4_294_967_295 })],
  ['Int64', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ['UInt64', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  ['Double', fc.double()],
  ['String', text],
  ['DateTime', fc.date({ min: new Date('1601-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })],
  ['Guid', fc.uuid()],
  ['ByteString', fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes))],
  ['LocalizedText', text],
  ['QualifiedName', fc.tuple(fc.integer({ min: 1, max: 65_535 }), text).map(([at, name]) => `${at}:${name}`)],
  [
    'NodeId',
    fc.oneof(
      fc.nat().map((id) => `ns=3;i=${id}`),
      fc.uuid().map((id) => `g=${id}`),
    ),
  ],
  ['StatusCode', fc.constantFrom('Good', 'BadTimeout', 'UncertainInitialValue')],
];

describe('OPC UA values', () => {
  it.each(NATURAL)('%s comes back as it was written, alone, in an array and in a matrix', (builtIn, values) => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), (value, rows, columns) => {
        expect(decodeVariant(overTheWire(builtIn, value, -1))).toEqual(value);
        const row = Array.from({ length: columns }, () => value);
        expect(decodeVariant(overTheWire(builtIn, row, 1))).toEqual(row);
        const matrix = Array.from({ length: rows }, () => row);
        const variant = overTheWire(builtIn, matrix, 2);
        expect([...variant.dimensions!]).toEqual([rows, columns]);
        expect(decodeVariant(variant)).toEqual(matrix);
      }),
      { numRuns: 40 },
    );
  });

  it('a Float comes back as a decimal that means the same', () => {
    fc.assert(
      fc.property(decimal32, (value) => {
        const read = decodeVariant(overTheWire('Float', value, -1)) as number;
        expect(Math.fround(read)).toBe(value);
        expect(String(read).length).toBeLessThanOrEqual(String(value).length);
      }),
    );
    expect(decodeVariant(overTheWire('Float', 23.1, -1))).toBe(23.1);
  });

  it.each<[BuiltInName, unknown, string]>([
    ['Byte', 256, 'must be from 0 to 255'],
    ['SByte', '-129', 'must be from -128 to 127'],
    ['Int32', 2.5, 'must be a whole number'],
    ['Int64', 2 ** 60, 'must be given as text or bigint'],
    ['UInt64', -1n, 'must be from 0 to 18446744073709551615'],
    ['Boolean', 'maybe', 'must be true or false'],
    ['DateTime', '2026-01-01T00:00:00', 'must be a date and time with zone'],
    ['Guid', '1234', 'must be a GUID'],
    ['ByteString', '*', 'must be bytes'],
    ['NodeId', 'here', 'must be a NodeId'],
    ['StatusCode', 'Splendid', 'must be the name or number'],
    ['LocalizedText', { texxt: 'a' }, 'must be text or'],
    ['QualifiedName', 7, 'must be a qualified name'],
    ['DiagnosticInfo', {}, 'cannot be written'],
  ])('%s refuses %s', (builtIn, value, message) => {
    expect(() => encodeVariant({ builtIn, valueRank: -1 }, value, context)).toThrow(message);
  });

  it('tells an array from a single value', () => {
    expect(() => encodeVariant({ builtIn: 'Int16', valueRank: -1 }, [1], context)).toThrow('must be a single Int16');
    expect(() => encodeVariant({ builtIn: 'Int16', valueRank: 1 }, 1, context)).toThrow('must be an array');
    expect(() => encodeVariant({ builtIn: 'Int16', valueRank: 1 }, [1, 'x'], context)).toThrow('element 1 must be');
    expect(decodeVariant(overTheWire('ByteString', [1, 2], -1))).toEqual(Buffer.from([1, 2]));
  });

  it('takes the type of a value that a variable of any type gets', () => {
    const typeOf = (value: unknown, type?: EncodeContext['type']) =>
      client.DataType[overTheWire('Variant', value, -2, { type }).dataType];
    expect([true, 1, 1n, 'a', new Date(0), Buffer.from('a'), [[1]]].map((value) => typeOf(value))).toEqual([
      'Boolean',
      'Double',
      'Int64',
      'String',
      'DateTime',
      'ByteString',
      'Double',
    ]);
    expect(typeOf(1, 'uint8')).toBe('Byte');
    expect(() => typeOf({})).toThrow('without a type');
  });

  it('gives names and numbers of an enumeration as the flow declares', () => {
    const enumeration: Enumeration = new Map([
      [0, 'Off'],
      [7, 'On'],
    ]);
    for (const given of ['On', 7, '7', { value: 7 }, { name: 'On' }]) {
      const variant = overTheWire('Int32', given, -1, { enumeration });
      expect(decodeVariant(variant, { enumeration })).toBe(7);
      expect(decodeVariant(variant, { enumeration, type: 'string' })).toBe('On');
      expect(decodeVariant(variant, { enumeration, type: 'object' })).toEqual({ value: 7, name: 'On' });
    }
    expect(() => overTheWire('Int32', 1, -1, { enumeration })).toThrow('must be one of Off (0), On (7), got 1');
  });

  it('keeps NaN and the infinities, which OPC UA has', () => {
    expect(decodeVariant(overTheWire('Double', NaN, -1), { type: 'double' })).toBeNaN();
    expect(decodeVariant(overTheWire('Float', -Infinity, -1))).toBe(-Infinity);
  });

  it('says when the declared type cannot hold what the server has', () => {
    expect(() => decodeVariant(overTheWire('Double', 2.5, -1), { type: 'int32' })).toThrow(
      'holds the Double 2.5, which is no int32',
    );
    expect(() => decodeVariant(overTheWire('Int32', [1], 1), { type: 'int32' })).toThrow('set the type to array');
    expect(() => decodeVariant(overTheWire('ByteString', Buffer.from([0xff]), -1), { type: 'string' })).toThrow(
      'no UTF-8',
    );
  });
});
