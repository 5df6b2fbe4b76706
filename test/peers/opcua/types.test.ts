import { DataType, type Namespace, type UAVariable, Variant, VariantArrayType } from 'node-opcua';
import { afterAll, describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/device/driver.ts';
import type { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';

const UNUSED = 'urn:devicelink:unused';
const PLANT = 'urn:devicelink:plant';

function addVariable(plant: Namespace, name: string, options: object): UAVariable {
  return plant.addVariable({
    browseName: name,
    nodeId: `s=${name}`,
    organizedBy: plant.addressSpace.rootFolder.objects,
    minimumSamplingInterval: 50,
    ...options,
  });
}

function populatePlant(plant: Namespace): void {
  const matrix = { dataType: DataType.Double, arrayType: VariantArrayType.Matrix, dimensions: [2, 3] };
  addVariable(plant, 'matrix', {
    dataType: 'Double',
    valueRank: 2,
    arrayDimensions: [2, 3],
    value: { ...matrix, value: new Float64Array([1, 2, 3, 4, 5, 6]) },
  });
  addVariable(plant, 'list', {
    dataType: 'Int32',
    valueRank: 1,
    value: { dataType: DataType.Int32, arrayType: VariantArrayType.Array, value: new Int32Array([10, 20, 30, 40]) },
  });
  addVariable(plant, 'blank ', { dataType: 'Int32', value: { dataType: DataType.Int32, value: 8 } });
  addVariable(plant, 'raw', {
    dataType: 'Byte',
    valueRank: 1,
    value: { dataType: DataType.Byte, arrayType: VariantArrayType.Array, value: Uint8Array.from([1, 2, 3]) },
  });
  addVariable(plant, 'variants', {
    dataType: 'BaseDataType',
    valueRank: 1,
    value: {
      dataType: DataType.Variant,
      arrayType: VariantArrayType.Array,
      value: [
        new Variant({ dataType: DataType.Int32, value: 1 }),
        new Variant({ dataType: DataType.String, value: 'a' }),
      ],
    },
  });
  addVariable(plant, 'float', { dataType: 'Float', value: { dataType: DataType.Float, value: 23.1 } });
  addVariable(plant, 'anything', { dataType: 'BaseDataType', value: { dataType: DataType.UInt16, value: 5 } });
  addVariable(plant, 'bytes', {
    dataType: 'ByteString',
    value: { dataType: DataType.ByteString, value: Buffer.from('grüezi') },
  });
  addVariable(plant, 'text', {
    dataType: 'LocalizedText',
    value: { dataType: DataType.LocalizedText, value: { text: 'an', locale: 'de' } },
  });
  const gear = plant.addEnumerationType({
    browseName: 'Gear',
    enumeration: [
      { displayName: 'Slow', value: 1 },
      { displayName: 'Fast', value: 5 },
    ],
  });
  addVariable(plant, 'gear', { dataType: gear, value: { dataType: DataType.Int32, value: 5 } });
  const range = plant.addressSpace.constructExtensionObject(plant.addressSpace.findDataType('Range')!, {
    low: -5,
    high: 40,
  });
  addVariable(plant, 'range', { dataType: 'Range', value: { dataType: DataType.ExtensionObject, value: range } });
}

describe('OPC UA values, with node-opcua', () => {
  const bench = new OpcUaTestBench();
  const before: string[] = [];
  const server = new OpcUaTestServer({
    populate: (space) => {
      for (const uri of before) space.registerNamespace(uri);
      populatePlant(space.registerNamespace(PLANT));
    },
  });
  let driver: OpcUaDriver;

  afterAll(() => bench.remove());
  bench.serve(server, (connected) => (driver = connected));

  const at = (name: string, more: { visitor?: object; [field: string]: unknown } = {}) =>
    property(name, `nsu=${PLANT};s=${name}`, more);
  const held = (name: string): UAVariable => {
    const space = server.addressSpace;
    return space.findNode(`ns=${space.getNamespaceIndex(PLANT)};s=${name}`) as UAVariable;
  };
  const read = async (name: string, more = {}): Promise<Reading | undefined> =>
    (await driver.read([at(name, more)], never()))[0];
  const write = async (name: string, value: unknown, more = {}) =>
    (await driver.write([{ property: at(name, more), value }], never()))[0];

  it('finds a node whose name ends in a blank', async () => {
    expect(await read('blank ')).toMatchObject({ value: 8 });
  });

  it('reads and writes an array of bytes in any of its forms', async () => {
    expect(await read('raw', { type: 'hexString' })).toMatchObject({ value: '010203' });
    expect(await write('raw', Buffer.from([4, 5]))).toEqual({ name: 'raw' });
    expect(await read('raw')).toMatchObject({ value: [4, 5] });
    expect(await write('raw', '0607', { type: 'hexString' })).toEqual({ name: 'raw' });
    expect([...held('raw').readValue().value.value]).toEqual([6, 7]);
  });

  it('reads and writes an array of values of any type', async () => {
    expect(await read('variants')).toMatchObject({ value: [1, 'a'] });
    expect(await write('variants', ['b', 2.5, true])).toEqual({ name: 'variants' });
    expect(await read('variants')).toMatchObject({ value: ['b', 2.5, true] });
  });

  it('reads and writes a matrix with its dimensions', async () => {
    expect(await read('matrix')).toMatchObject({
      value: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      type: 'array',
    });
    expect(
      await write('matrix', [
        [9, 8],
        [7, 6],
        [5, 4],
      ]),
    ).toEqual({ name: 'matrix' });
    const { value } = held('matrix').readValue();
    expect([...value.dimensions!]).toEqual([3, 2]);
    expect([...value.value]).toEqual([9, 8, 7, 6, 5, 4]);
    expect((await write('matrix', [[1, 2], [3]]))?.error?.message).toMatch(/same length/);
    expect((await write('matrix', [1, 2]))?.error).toMatchObject({
      code: 'BAD_VALUE',
      message: expect.stringMatching(/2 dimensions/),
    });
  });

  it('reads and writes parts of an array', async () => {
    expect(await read('list', { visitor: { indexRange: '1:2' } })).toMatchObject({ value: [20, 30] });
    expect(await read('list', { visitor: { indexRange: '3' }, type: 'int32' })).toMatchObject({ value: 40 });
    expect(await write('list', 33, { visitor: { indexRange: '2' } })).toEqual({ name: 'list' });
    expect([...held('list').readValue().value.value]).toEqual([10, 20, 33, 40]);
    expect((await read('list', { visitor: { indexRange: '9' } }))?.error?.code).toBe('OPCUA_BadIndexRangeNoData');
  });

  it('reads a Float as the decimal that means it', async () => {
    expect(await read('float')).toMatchObject({ value: 23.1, type: 'float' });
  });

  it('keeps the type of a variable that takes any', async () => {
    expect(await write('anything', 7)).toEqual({ name: 'anything' });
    expect(held('anything').readValue().value).toMatchObject({ dataType: DataType.UInt16, value: 7 });
    expect(await write('anything', 'on', { type: 'string' })).toEqual({ name: 'anything' });
    expect(held('anything').readValue().value).toMatchObject({ dataType: DataType.String, value: 'on' });
  });

  it('reads bytes and texts as the flow declares', async () => {
    expect(await read('bytes')).toMatchObject({ value: Buffer.from('grüezi') });
    expect(await read('bytes', { type: 'string' })).toMatchObject({ value: 'grüezi' });
    expect(await read('bytes', { type: 'hexString' })).toMatchObject({ value: '6772c3bc657a69' });
    expect(await read('text', { type: 'object' })).toMatchObject({ value: { text: 'an', locale: 'de' } });
    expect(await read('float', { type: 'boolean' })).toMatchObject({ quality: 'bad', error: { code: 'BAD_VALUE' } });
  });

  it('reads and writes an enumeration by number and by name', async () => {
    expect(await read('gear')).toMatchObject({ value: 5, type: 'int32' });
    expect(await read('gear', { type: 'string' })).toMatchObject({ value: 'Fast' });
    expect(await read('gear', { type: 'object' })).toMatchObject({ value: { value: 5, name: 'Fast' } });
    expect(await write('gear', 'Slow')).toEqual({ name: 'gear' });
    expect(held('gear').readValue().value.value).toBe(1);
    expect(await write('gear', 5)).toEqual({ name: 'gear' });
    expect((await write('gear', 'Reverse'))?.error).toMatchObject({
      code: 'BAD_VALUE',
      message: expect.stringContaining('Slow (1), Fast (5)'),
    });
  });

  it('merges a part of a structure into what the server holds', async () => {
    expect(await read('range')).toMatchObject({ value: { Low: -5, High: 40 }, type: 'object' });
    expect(await write('range', { High: 50 })).toEqual({ name: 'range' });
    expect(held('range').readValue().value.value).toMatchObject({ low: -5, high: 50 });
    expect((await write('range', { Hihg: 1 }))?.error?.message).toMatch(/Hihg: is no member: it has Low, High/);
    expect((await write('range', { Low: 'cold' }))?.error?.message).toMatch(/^Low: must be/);
  });

  it('finds nodes by browse path, and attributes other than Value', async () => {
    const path = { browsePath: `/Objects/nsu=${PLANT};float` };
    const [byPath, wrong, name] = await driver.read(
      [
        property('byPath', '', { visitor: path }),
        property('wrong', '', { visitor: { browsePath: '/Objects/nothing' } }),
        at('float', { visitor: { attribute: 'BrowseName' } }),
      ],
      never(),
    );
    expect(byPath).toMatchObject({ value: 23.1 });
    expect(wrong).toMatchObject({ quality: 'bad', error: { code: 'OPCUA_BadNoMatch' } });
    expect(name).toMatchObject({ value: expect.stringMatching(/^\d+:float$/) });
  });

  it('finds its nodes by URI after a restart with other namespace indexes', async () => {
    before.push(UNUSED, `${UNUSED}:2`);
    await server.stop();
    await server.start();
    await driver.connect(never());
    expect(await read('float')).toMatchObject({ value: 23.1, quality: 'good' });
    const [missing] = await driver.read([property('missing', 'nsu=urn:no:such;s=x')], never());
    expect(missing).toMatchObject({ quality: 'bad', error: { message: expect.stringContaining('urn:no:such') } });
  });
});
