import { DataType, type UAVariable } from 'node-opcua';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import { asyncuaAvailable, AsyncuaServer } from '../../support/opcua/asyncua.ts';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';

const bench = new OpcUaTestBench();
afterAll(() => bench.remove());

/** All values that are told of one property. */
async function told(driver: OpcUaDriver, nodeID: string, deadband: string): Promise<number[]> {
  const values: number[] = [];
  await driver.connect(never());
  await driver.subscribe([property('drifting', nodeID, { visitor: { deadband } })], (readings) => {
    for (const { value, quality } of readings) if (quality === 'good') values.push(value as number);
  });
  await expect.poll(() => values.length).toBe(1);
  return values;
}

// asyncua 2.1.0 holds a value against the one before it, so that one that drifts is never told.
describe.runIf(asyncuaAvailable())('a value that drifts slowly past a dead-band, at asyncua', () => {
  const server = new AsyncuaServer();
  let driver: OpcUaDriver;
  beforeAll(async () => {
    await server.start();
    await server.set('types/Double', 10);
    driver = bench.driver(server.endpoint, { syncInterval: '100ms', timeout: '5s' });
  });
  afterAll(async () => {
    await driver.close();
    await server.remove();
  });

  it('is told once it is further away than the dead-band', async () => {
    const values = await told(driver, `nsu=${AsyncuaServer.NAMESPACE};s=types/Double`, '1');
    for (const value of [10.4, 10.8, 11.2, 11.6, 12]) await server.set('types/Double', value);
    await expect.poll(() => values.at(-1)).toBe(12);
  });
});

describe('a value with a dead-band, at node-opcua', () => {
  let variable: UAVariable;
  const server = new OpcUaTestServer({
    populate: (space) => {
      variable = space.getOwnNamespace().addAnalogDataItem({
        browseName: 'level',
        nodeId: 's=level',
        organizedBy: space.rootFolder.objects,
        dataType: 'Double',
        engineeringUnitsRange: { low: 0, high: 200 },
        minimumSamplingInterval: 50,
        value: { dataType: DataType.Double, value: 10 },
      });
    },
  });
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  it.each(['5', '2.5 %'])(
    'is not told before it is further away than %s, however often it is looked at',
    async (deadband) => {
      const driver = bench.driver(server.endpoint, { syncInterval: '100ms', timeout: '5s' });
      variable.setValueFromSource({ dataType: DataType.Double, value: 10 });
      const values = await told(driver, 'ns=1;s=level', deadband);
      variable.setValueFromSource({ dataType: DataType.Double, value: 14 });
      const looks = server.countReads('ns=1;s=level');
      await expect.poll(looks).toBeGreaterThan(1);
      expect(values).toEqual([10]);
      variable.setValueFromSource({ dataType: DataType.Double, value: 16 });
      await expect.poll(() => values).toEqual([10, 16]);
      await driver.close();
    },
  );
});
