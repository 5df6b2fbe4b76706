import { DataType, type Namespace, StatusCodes, type UAVariable, VariantArrayType } from 'node-opcua';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reading, Subscription } from '../../../src/device/driver.ts';
import type { DeviceError } from '../../../src/base/errors.ts';
import type { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import type { OpcUaProperty } from '../../../src/drivers/opcua/config/property.ts';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { OpcUaTestServer, type OpcUaTestServerOptions } from '../../support/opcua/opcua-server.ts';

const COUNT = 1000;
const SOON = { timeout: 5000, interval: 20 };

/** A server with `count` doubles `v0`, `v1`, ..., each its own number. */
class Plant {
  readonly bench = new OpcUaTestBench();
  readonly server: OpcUaTestServer;
  private variables: UAVariable[] = [];
  private readonly drivers: OpcUaDriver[] = [];

  constructor(count: number, options: OpcUaTestServerOptions = {}) {
    this.server = new OpcUaTestServer({
      ...options,
      populate: (space) => {
        this.variables = Array.from({ length: count }, (_, index) => addDouble(space.getOwnNamespace(), index));
      },
    });
  }

  driver(parameters?: object): OpcUaDriver {
    const driver = this.bench.driver(this.server.endpoint, parameters);
    this.drivers.push(driver);
    return driver;
  }

  set(index: number, value: number, statusCode = StatusCodes.Good, at = new Date()): void {
    this.variables[index]!.setValueFromSource({ dataType: DataType.Double, value }, statusCode, at);
  }

  /** Monitored items of all subscriptions of all sessions. */
  monitoredItems(): number {
    return this.subscriptions().reduce((sum, { monitoredItemCount }) => sum + monitoredItemCount, 0);
  }

  /** Lets a subscription run out of its lifetime, as if the client had been silent for long. */
  expireSubscription(): void {
    for (const subscription of this.subscriptions()) subscription._life_time_counter = 1_000_000;
  }

  async remove(): Promise<void> {
    await Promise.all(this.drivers.map((driver) => driver.close()));
    await this.server.remove();
    this.bench.remove();
  }

  private subscriptions(): ServerSubscription[] {
    const { _sessions } = this.server.server.engine as unknown as { _sessions: Record<string, ServerSession> };
    return Object.values(_sessions).flatMap(({ publishEngine }) => publishEngine.subscriptions);
  }
}

/** The insides of node-opcua's server. */
interface ServerSession {
  readonly publishEngine: { readonly subscriptions: ServerSubscription[] };
}
interface ServerSubscription {
  readonly monitoredItemCount: number;
  _life_time_counter: number;
}

function addDouble(own: Namespace, index: number): UAVariable {
  return own.addVariable({
    browseName: `v${index}`,
    nodeId: `s=v${index}`,
    organizedBy: own.addressSpace.rootFolder.objects,
    dataType: 'Double',
    minimumSamplingInterval: 10,
    value: { dataType: DataType.Double, arrayType: VariantArrayType.Scalar, value: index },
  });
}

const doubles = (count: number, visitor: object = {}): OpcUaProperty[] =>
  Array.from({ length: count }, (_, index) => property(`v${index}`, `ns=1;s=v${index}`, { visitor }));

/** A connected driver's subscription, and the last and all readings that came through it. */
async function subscribed(driver: OpcUaDriver, properties: readonly OpcUaProperty[]) {
  const all: Reading[] = [];
  const last = new Map<string, Reading>();
  const calls: number[] = [];
  await driver.connect(never());
  const subscription: Subscription = await driver.subscribe(properties, (readings) => {
    calls.push(readings.length);
    for (const reading of readings) {
      all.push(reading);
      last.set(reading.name, reading);
    }
  });
  return { all, last, calls, subscription };
}

describe('OPC UA limits of the server', () => {
  let plant: Plant | undefined;
  afterEach(() => plant?.remove());

  it('reads 1000 nodes from a server that allows 100 in a read', async () => {
    plant = new Plant(COUNT, { operationLimits: { maxNodesPerRead: 100, maxMonitoredItemsPerCall: 100 } });
    await plant.server.start();
    const driver = plant.driver();
    await driver.connect(never());
    const readings = await driver.read(doubles(COUNT), never());
    expect(readings.map(({ value }) => value)).toEqual(Array.from({ length: COUNT }, (_, index) => index));
  });

  it('monitors 1000 items on it, once each, with the first value of all', async () => {
    plant = new Plant(COUNT, { operationLimits: { maxNodesPerRead: 100, maxMonitoredItemsPerCall: 100 } });
    await plant.server.start();
    const { last, calls, subscription } = await subscribed(plant.driver(), doubles(COUNT));
    expect(subscription.covered.size).toBe(COUNT);
    expect(plant.monitoredItems()).toBe(COUNT);
    await expect.poll(() => last.size, SOON).toBe(COUNT);
    expect([...last.values()].every(({ name, value }) => name === `v${String(value)}`)).toBe(true);
    expect(calls.length).toBeLessThan(COUNT / 10); // values of one publication go on together
  });

  it('is subscribed also at an interval that by itself would not keep the session', async () => {
    plant = new Plant(1);
    await plant.server.start();
    const { subscription } = await subscribed(plant.driver({ syncInterval: '60s', timeout: '5s' }), doubles(1));
    expect([...subscription.covered]).toEqual(['v0']);
  });

  it('writes 250 nodes on a server that allows 20 in a write', async () => {
    plant = new Plant(250, { operationLimits: { maxNodesPerWrite: 20 } });
    await plant.server.start();
    const driver = plant.driver();
    await driver.connect(never());
    const properties = doubles(250);
    const results = await driver.write(
      properties.map((each, index) => ({ property: each, value: index + 0.5 })),
      never(),
    );
    expect(results).toEqual(properties.map(({ name }) => ({ name })));
    expect((await driver.read(properties, never())).map(({ value }) => value)).toEqual(
      properties.map((_, index) => index + 0.5),
    );
  });
});

describe('OPC UA subscription', () => {
  let plant: Plant;
  afterEach(() => plant.remove());

  async function start(count: number, parameters?: object): Promise<OpcUaDriver> {
    plant = new Plant(count);
    await plant.server.start();
    return plant.driver(parameters);
  }

  it('tells status codes as quality with their name, and the time of the source', async () => {
    const { last } = await subscribed(await start(1), doubles(1));
    await expect.poll(() => last.get('v0'), SOON).toMatchObject({ quality: 'good', value: 0, type: 'double' });
    const time = new Date('2026-02-03T04:05:06.789Z');
    plant.set(0, 7, StatusCodes.BadSensorFailure, time);
    await expect
      .poll(() => last.get('v0'), SOON)
      .toMatchObject({
        quality: 'bad',
        value: undefined,
        error: { code: 'OPCUA_BadSensorFailure' },
        sourceTimestamp: time.getTime(),
      });
    plant.set(0, 8, StatusCodes.UncertainLastUsableValue);
    await expect
      .poll(() => last.get('v0'), SOON)
      .toMatchObject({ quality: 'uncertain', value: 8, error: { code: 'OPCUA_UncertainLastUsableValue' } });
  });

  it('does not take a time-out behind the server for a server that does not answer', async () => {
    const driver = await start(1);
    await driver.connect(never());
    plant.set(0, 1, StatusCodes.BadTimeout);
    expect(await driver.read(doubles(1), never())).toMatchObject([{ error: { code: 'OPCUA_BadTimeout' } }]);
  });

  it('lets the server hold back changes within the dead-band', async () => {
    const driver = await start(1);
    const { all } = await subscribed(driver, doubles(1, { deadband: '2', samplingInterval: '0s' }));
    await expect.poll(() => all.length, SOON).toBe(1);
    plant.set(0, 1.5);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(all).toHaveLength(1);
    plant.set(0, 3);
    await expect.poll(() => all.at(-1)?.value, SOON).toBe(3);
    expect(all).toHaveLength(2);
  });

  it('gets every value of a queue that is long enough', async () => {
    const driver = await start(1, { syncInterval: '500ms', timeout: '5s' });
    const { all, calls } = await subscribed(driver, doubles(1, { queueSize: 10, samplingInterval: '0s' }));
    await expect.poll(() => all.length, SOON).toBe(1);
    for (const value of [1, 2, 3, 4]) {
      plant.set(0, value);
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    await expect.poll(() => all.map(({ value }) => value), SOON).toEqual([0, 1, 2, 3, 4]);
    expect(calls.length).toBeLessThan(5);
  });

  it('covers what the server monitors, and says of the rest why not', async () => {
    const driver = await start(1);
    const absent = property('absent', 'ns=1;s=absent');
    const event = property('alone', 'ns=1;s=alone', { accessMode: 'NotifyOnly' });
    const { last, subscription } = await subscribed(driver, [...doubles(1), absent, event]);
    expect([...subscription.covered]).toEqual(['v0']);
    await expect
      .poll(() => last.get('alone'), SOON)
      .toMatchObject({
        quality: 'bad',
        error: { code: 'OPCUA_BadNodeIdUnknown' },
      });
    expect(last.has('absent')).toBe(false); // it is polled
  });

  it('is lost, as the link is, when the server ends it', async () => {
    const driver = await start(2);
    const lost: DeviceError[] = [];
    driver.events.on('lost', (error) => lost.push(error));
    const { subscription } = await subscribed(driver, doubles(2));
    plant.expireSubscription();
    await expect.poll(() => lost.map(({ code }) => code), SOON).toEqual(['OPCUA_BadSubscriptionIdInvalid']);
    expect(subscription.covered.size).toBe(0);
  });

  it('has fresh values and each item once after the server was restarted', async () => {
    const driver = await start(50);
    const lost = new Promise<DeviceError>((resolve) => driver.events.once('lost', resolve));
    await subscribed(driver, doubles(50));
    await plant.server.stop();
    await lost;
    await plant.server.start();
    const { last, subscription } = await subscribed(driver, doubles(50));
    await expect.poll(() => last.size, SOON).toBe(50);
    expect(subscription.covered.size).toBe(50);
    expect(plant.monitoredItems()).toBe(50);
    expect(plant.server.sessionCount).toBe(1);
  });

  it('is one for all devices of a session with the same interval, each with its own items', async () => {
    const driver = await start(5);
    const others = [plant.driver(), plant.driver(), plant.driver({ syncInterval: '200ms', timeout: '5s' })];
    const first = await subscribed(driver, doubles(5));
    const rest = await Promise.all(others.map((each) => subscribed(each, doubles(5))));
    await expect.poll(() => plant.server.itemCounts, SOON).toEqual([[15, 5]]);
    for (const { last } of [first, ...rest]) await expect.poll(() => last.size, SOON).toBe(5);
    await first.subscription.end();
    await expect.poll(() => plant.server.itemCounts, SOON).toEqual([[10, 5]]);
    plant.set(3, 33);
    for (const { last } of rest) await expect.poll(() => last.get('v3')?.value, SOON).toBe(33);
    expect(first.last.get('v3')?.value).toBe(3);
    await Promise.all(others.map((each) => each.close()));
    expect(plant.server.itemCounts).toEqual([[]]);
    const again = await driver.subscribe(doubles(5), () => undefined);
    expect(again.covered.size).toBe(5);
    expect(plant.server.itemCounts).toEqual([[5]]);
  });

  it('leaves no subscription on the server once it is ended, although others keep the session', async () => {
    const driver = await start(2);
    const other = plant.driver();
    await other.connect(never());
    const { subscription } = await subscribed(driver, doubles(2));
    expect(plant.server.server.engine.currentSubscriptionCount).toBe(1);
    await subscription.end();
    expect(plant.server.server.engine.currentSubscriptionCount).toBe(0);
    await driver.close();
    expect((await other.read(doubles(2), never())).map(({ quality }) => quality)).toEqual(['good', 'good']);
  });
});
