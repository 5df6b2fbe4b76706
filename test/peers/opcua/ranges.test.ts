import { DataType, StatusCodes, type UAVariable, VariantArrayType } from 'node-opcua';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/device/driver.ts';
import type { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import { AsyncuaServer, asyncuaAvailable } from '../../support/opcua/asyncua.ts';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';

const FIVE = [1, 2, 3, 4, 5];
const bench = new OpcUaTestBench();
afterAll(() => bench.remove());

// asyncua 2.1.0 passes over index ranges: a read answers all, a write replaces all, both with status Good.
describe.runIf(asyncuaAvailable())('index ranges at a server that passes over them', () => {
  const server = new AsyncuaServer();
  let driver: OpcUaDriver;
  const list = (indexRange: string, name = 'Int16Array') =>
    property('list', `nsu=${AsyncuaServer.NAMESPACE};s=types/${name}`, { visitor: { indexRange } });

  beforeAll(async () => {
    await server.start();
    driver = bench.driver(server.endpoint);
    await driver.connect(never());
  });
  beforeEach(() => server.set('types/Int16Array', FIVE));
  afterAll(async () => {
    await driver.close();
    await server.remove();
  });

  it.each(['2', '1:2', '1:3'])('are bad when %s is read', async (range) => {
    const [reading] = await driver.read([list(range)], never());
    expect(reading).toMatchObject({ quality: 'bad', value: undefined, error: { code: 'BAD_RESPONSE' } });
    expect(reading?.error?.message).toContain(`passes over the index range ${range}`);
  });

  it('are bad when they are notified', async () => {
    const readings: Reading[] = [];
    const subscription = await driver.subscribe([list('1:2')], (some) => readings.push(...some));
    await expect.poll(() => readings[0]).toMatchObject({ quality: 'bad', error: { code: 'BAD_RESPONSE' } });
    await subscription.end();
  });

  it.each([
    ['2', 9],
    ['1:2', [8, 9]],
  ])('are not written, and the other elements stay (%s)', async (range, value) => {
    for (let again = 0; again < 2; again += 1) {
      const [result] = await driver.write([{ property: list(range), value }], never());
      expect(result?.error).toMatchObject({ code: 'BAD_RESPONSE', advice: expect.stringContaining('whole value') });
      expect(await server.get('types/Int16Array')).toEqual(FIVE);
    }
  });

  it('are not written where the array is no larger than the range names', async () => {
    await server.set('types/Int16Array', [1, 2]);
    const [result] = await driver.write([{ property: list('1:2'), value: [8, 9] }], never());
    expect(result?.error?.code).toBe('BAD_RESPONSE');
    expect(await server.get('types/Int16Array')).toEqual([1, 2]);
  });

  it('are written where they mean the whole value anyway', async () => {
    const [result] = await driver.write([{ property: list('0:4'), value: [5, 4, 3, 2, 1] }], never());
    expect(result).toEqual({ name: 'list' });
    expect(await server.get('types/Int16Array')).toEqual([5, 4, 3, 2, 1]);
  });

  it('of texts are held to the same', async () => {
    const text = list('0:2', 'String');
    expect(await driver.read([text], never())).toMatchObject([{ quality: 'bad', error: { code: 'BAD_RESPONSE' } }]);
    const before = await server.get('types/String');
    expect((await driver.write([{ property: text, value: 'abc' }], never()))[0]?.error?.code).toBe('BAD_RESPONSE');
    expect(await server.get('types/String')).toBe(before);
  });
});

describe('index ranges at a server that knows them', () => {
  let variable: UAVariable;
  const server = new OpcUaTestServer({
    populate: (space) => {
      const add = (name: string, options: object): UAVariable =>
        space.getOwnNamespace().addVariable({
          browseName: name,
          nodeId: `s=${name}`,
          organizedBy: space.rootFolder.objects,
          dataType: 'Int32',
          valueRank: 1,
          value: { dataType: DataType.Int32, arrayType: VariantArrayType.Array, value: Int32Array.from(FIVE) },
          ...options,
        });
      variable = add('list', {});
      add('writeOnly', { accessLevel: 'CurrentWrite', userAccessLevel: 'CurrentWrite' });
    },
  });
  let driver: OpcUaDriver;
  const list = (indexRange: string, name = 'list') => property('list', `ns=1;s=${name}`, { visitor: { indexRange } });

  bench.serve(server, (connected) => (driver = connected));

  it('are read and written, and a value of another size is refused before it is sent', async () => {
    expect(await driver.read([list('1:2')], never())).toMatchObject([{ quality: 'good', value: [2, 3] }]);
    expect(await driver.write([{ property: list('1:2'), value: [20, 30] }], never())).toEqual([{ name: 'list' }]);
    const [result] = await driver.write([{ property: list('1:2'), value: [7, 8, 9] }], never());
    expect(result?.error).toMatchObject({ code: 'BAD_VALUE', message: expect.stringContaining('got 3') });
    expect([...(variable.readValue().value.value as Int32Array)]).toEqual([1, 20, 30, 4, 5]);
  });

  it('are written to a node that cannot be read', async () => {
    expect(await driver.write([{ property: list('4', 'writeOnly'), value: 50 }], never())).toEqual([{ name: 'list' }]);
  });

  it('beyond the end are refused by the server itself', async () => {
    const [result] = await driver.write([{ property: list('9'), value: 1 }], never());
    expect(result?.error?.code).toBe(`OPCUA_${StatusCodes.BadIndexRangeNoData.name}`);
  });
});
