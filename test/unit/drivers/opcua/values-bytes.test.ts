import * as client from 'node-opcua-client';
import { describe, expect, it } from 'vitest';
import type { OpcUaLibrary } from '../../../../src/drivers/opcua/library/load.ts';
import { decodeVariant } from '../../../../src/drivers/opcua/values/decode.ts';
import type { EncodeContext } from '../../../../src/drivers/opcua/values/encode.ts';
import { encodeVariant, type VariantShape } from '../../../../src/drivers/opcua/values/variant.ts';

const library = client as unknown as OpcUaLibrary;
const encode = (shape: VariantShape, value: unknown, type?: EncodeContext['type']) =>
  encodeVariant(shape, value, { library, namespaces: [], type });
const BYTES: VariantShape = { builtIn: 'Byte', valueRank: 1 };

describe('an array of bytes', () => {
  it.each([
    [Buffer.from([1, 2, 255]), undefined],
    [new Uint8Array([1, 2, 255]), undefined],
    [{ type: 'Buffer', data: [1, 2, 255] }, undefined],
    ['AQL/', undefined],
    ['AQL/', 'base64String'],
    ['0102ff', 'hexString'],
    ['00000001 00000010 11111111', 'binaryString'],
    [[1, 2, 255], undefined],
    [['1', 2, 255], 'array'],
  ] as const)('is written from %j (%s)', (value, type) => {
    expect(encode(BYTES, value, type)).toMatchObject({ dataType: 'Byte', arrayType: 'Array', value: [1, 2, 255] });
  });

  it.each(['0102f', 'xyz'])('is not made of %s', (value) => {
    expect(() => encode(BYTES, value, 'hexString')).toThrow(/must be bytes: a Buffer or hexadecimal digits/);
  });

  it('is a single byte where the variable holds one', () => {
    expect(encode({ builtIn: 'Byte', valueRank: -1 }, '200')).toMatchObject({ arrayType: 'Scalar', value: 200 });
  });

  it('is read in the notation of its type', () => {
    const variant = { dataType: client.DataType.Byte, arrayType: 1, value: Uint8Array.from([1, 2, 255]) };
    expect(decodeVariant(variant)).toEqual([1, 2, 255]);
    expect(decodeVariant(variant, { type: 'array' })).toEqual([1, 2, 255]);
    expect(decodeVariant(variant, { type: 'hexString' })).toBe('0102ff');
    expect(decodeVariant(variant, { type: 'base64String' })).toBe('AQL/');
    expect(() => decodeVariant(variant, { type: 'int32' })).toThrow(/array of Byte/);
  });

  it('is read as an array from a server that has it as a ByteString', () => {
    const variant = { dataType: client.DataType.ByteString, arrayType: 0, value: Buffer.from([1, 2, 255]) };
    expect(decodeVariant(variant, { type: 'array' })).toEqual([1, 2, 255]);
  });
});

describe('an array of values of any type', () => {
  const variants = (value: unknown) => encode({ builtIn: 'Variant', valueRank: 1, holdsVariants: true }, value);

  it('is written with the type of each', () => {
    const { dataType, arrayType, value } = variants([1.5, 'text', true, 7n, null, [1, 2]]);
    expect({ dataType, arrayType }).toEqual({ dataType: 'Variant', arrayType: 'Array' });
    const elements = value as client.Variant[];
    expect(elements.map((each) => client.DataType[each.dataType])).toEqual([
      'Double',
      'String',
      'Boolean',
      'Int64',
      'Null',
      'Double',
    ]);
    expect(decodeVariant(new client.Variant({ dataType: 'Variant', arrayType: 'Array', value: elements }))).toEqual([
      1.5,
      'text',
      true,
      7n,
      null,
      [1, 2],
    ]);
  });

  it('is made also where nothing is held yet and the values are of several types', () => {
    expect(encode({ builtIn: 'Variant', valueRank: 1 }, [1, 'a'])).toMatchObject({ dataType: 'Variant' });
    expect(encode({ builtIn: 'Variant', valueRank: 1 }, [1, 2])).toMatchObject({ dataType: 'Double' });
  });
});
