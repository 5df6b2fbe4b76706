import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/device/driver.ts';
import type { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import type { OpcUaProperty } from '../../../src/drivers/opcua/config/property.ts';
import { AsyncuaServer, asyncuaAvailable } from '../../support/opcua/asyncua.ts';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { SlowProxy } from '../../support/opcua/slow-proxy.ts';

const TYPES = 30;
/** There and back again 40 ms: learning all of the types takes longer than a sync may. */
const DELAY_MS = 20;

describe.runIf(asyncuaAvailable())('OPC UA structures of a far server with many types', () => {
  const bench = new OpcUaTestBench();
  const server = new AsyncuaServer(TYPES);
  let proxy: SlowProxy;
  const at = (name: string): OpcUaProperty => property(name, `nsu=${AsyncuaServer.NAMESPACE};s=${name}`);
  const recipe = at('structures/recipe');
  const plain = at('types/Double');
  const all = [recipe, plain, at('structures/any')];
  const PLAIN = 3.141592653589793;
  const value = (minutes: number) => ({ Minutes: minutes, Ranges: [{ Low: 1, High: 2 }], Step: { Name: 'heat' } });

  beforeAll(async () => {
    await server.start();
    proxy = await SlowProxy.start(server.port, DELAY_MS);
  });
  beforeEach(() => server.setRecipe(5));
  afterAll(async () => {
    await proxy.stop();
    await server.remove();
    bench.remove();
  });

  async function connected(): Promise<OpcUaDriver> {
    const driver = bench.driver(proxy.endpoint);
    await driver.connect(never());
    return driver;
  }

  it('do not keep other properties from their first read, and come once their types are learned', async () => {
    const driver = await connected();
    expect((await driver.read(all, AbortSignal.timeout(2000)))[1]).toMatchObject({ quality: 'good', value: PLAIN });
    await expect
      .poll(async () => (await driver.read(all, AbortSignal.timeout(2000))).map((reading) => reading.value))
      .toEqual([value(5), PLAIN, value(6)]);
    await driver.close();
  });

  it('are bad, with that reason, until their types are learned', async () => {
    const driver = await connected();
    // The first request of the learning is not answered before this one is.
    const reading = await new Promise<Reading | undefined>((resolve) => {
      void driver.subscribe([recipe], (readings) => resolve(readings[0])).catch(() => undefined);
    });
    expect(reading).toMatchObject({
      quality: 'bad',
      error: { code: 'OPCUA_BadWaitingForInitialData', message: expect.stringContaining('is being learned') },
    });
    await driver.close();
  });

  it('are notified once their types are learned, without another change, and in order', async () => {
    const driver = await connected();
    const minutes: unknown[] = [];
    const plains: unknown[] = [];
    const subscription = await driver.subscribe(all, (readings) => {
      for (const { name, value: got, quality } of readings) {
        if (quality !== 'good') continue;
        if (name === plain.name) plains.push(got);
        else minutes.push((got as { Minutes: number }).Minutes);
      }
    });
    expect([...subscription.covered].toSorted()).toEqual(all.map(({ name }) => name).toSorted());
    await expect.poll(() => plains).toEqual([PLAIN]);
    await expect.poll(() => minutes.toSorted()).toEqual([5, 6]);
    for (const next of [7, 8, 9]) {
      await server.setRecipe(next);
      await expect.poll(() => minutes.at(-1)).toBe(next);
    }
    await driver.close();
  });

  it('are written in part as soon as their types are learned', async () => {
    const driver = await connected();
    const write = async () =>
      (await driver.write([{ property: recipe, value: { Minutes: 50, Step: { Name: 'cool' } } }], never()))[0]?.error;
    await expect.poll(write).toBeUndefined();
    await expect
      .poll(async () => (await driver.read([recipe], never()))[0]?.value)
      .toEqual({ ...value(50), Step: { Name: 'cool' } });
    await driver.close();
  });

  it('are written in part also where the variable may hold anything', async () => {
    const driver = await connected();
    const any = at('structures/any');
    const write = async () => (await driver.write([{ property: any, value: { Minutes: 60 } }], never()))[0]?.error;
    await expect.poll(write).toBeUndefined();
    expect((await driver.read([any], never()))[0]).toMatchObject({ value: value(60) });
    await driver.write([{ property: any, value: { Minutes: 6 } }], never());
    await driver.close();
  });

  it('can be lost in the middle of learning', async () => {
    const thrown: unknown[] = [];
    const note = (error: unknown): void => void thrown.push(error);
    process.on('unhandledRejection', note);
    for (let round = 0; round < 10; round += 1) {
      const driver = await connected();
      void driver.subscribe(all, () => undefined).catch(() => undefined);
      void driver.read(all, never()).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, round * 2 * DELAY_MS));
      await driver.close();
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(thrown).toEqual([]);
  });
});
