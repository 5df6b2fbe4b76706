import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Device } from '../../../src/device/engine/device';
import { systemClock, type Ports } from '../../../src/base/ports';
import { MqttExtension } from '../../../src/mqtt/extension/extension';
import type { DeviceTopic } from '../../../src/mqtt/extension/device-topic';
import { DevicePublisher } from '../../../src/mqtt/publishing/device-publisher';
import { countHandles, expectNoNewHandles, within } from '../../support/system/active-handles';
import { property } from '../../support/device/device-bench';
import { MemoryLog } from '../../support/fakes/fake-clock';
import { FakeDriver } from '../../support/fakes/fake-driver';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { mosquittoPublish, MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import { extensionConfig, identity } from '../../support/mqtt/mqtt-extension';

const TOPIC = 'plant/default/device-1';

describe.skipIf(!mosquittoAvailable())('a device publisher and mosquitto', () => {
  let broker: Mosquitto;
  let extension: MqttExtension;
  let link: DeviceTopic;
  let driver: FakeDriver;
  let device: Device;
  let publisher: DevicePublisher;
  let witness: MosquittoSubscriber;
  let before: ReturnType<typeof countHandles>;

  beforeEach(async () => {
    broker = await Mosquitto.start();
    witness = await MosquittoSubscriber.start(broker.plain, `${TOPIC}/#`);
    before = countHandles();
    const ports: Ports = { clock: systemClock, log: new MemoryLog(), random: () => 0 };
    const config = extensionConfig({ client: { server: broker.url }, message: { topic: { prefix: 'plant' }, qos: 1 } });
    extension = new MqttExtension(config, ports);
    link = extension.attach({ device: identity(1) });
    driver = new FakeDriver(systemClock);
    device = new Device({
      identity: identity(1),
      config: { properties: [property('a'), property('b', 'ReadOnly')], syncIntervalMs: 50, timeoutMs: 1000 },
      driver,
      ports,
    });
    const settings = {
      payload: 'values',
      when: 'change',
      perProperty: true,
      availability: true,
      commands: true,
    } as const;
    publisher = new DevicePublisher({ device, deviceTopic: link, settings, ports });
  });
  afterEach(async () => {
    await publisher.close();
    await Promise.all([device.close(), link.detach()]);
    await extension.close();
    await expectNoNewHandles(before);
    await witness.stop();
    await broker.remove();
  });

  const seenAt = (suffix: string): string[] =>
    witness.messages
      .filter(({ topic }) => topic === (suffix === '' ? TOPIC : `${TOPIC}/${suffix}`))
      .map(({ payload }) => payload.toString());
  const eventually = (suffix: string): Promise<void> =>
    expect.poll(() => seenAt(suffix).at(-1), { timeout: 10_000, interval: 10 }).toBeDefined();

  it('publishes status, properties and availability, and leaves the device offline on close', async () => {
    driver.values.set('a', 1).set('b', 2.5);
    device.start();
    await eventually('a');
    await expect.poll(() => seenAt('$availability')).toContain('online');
    await eventually('b');
    expect(seenAt('')).toEqual(['{"a":1,"b":2.5}']);
    expect([...seenAt('a'), ...seenAt('b')]).toEqual(['1', '2.5']);
    driver.values.set('b', 3);
    await expect.poll(() => seenAt('')).toEqual(['{"a":1,"b":2.5}', '{"a":1,"b":3}']);
    await publisher.close();
    await expect.poll(() => seenAt('$availability').at(-1)).toBe('offline');
    const late = await MosquittoSubscriber.start(broker.plain, `${TOPIC}/$availability`);
    const retained = await late.waitFor(1);
    await late.stop();
    // Once or, where mosquitto_sub had to connect again, twice: nothing else is kept.
    const kept = retained.map((message) => `${message.payload.toString()} ${String(message.retained)}`);
    expect([...new Set(kept)]).toEqual(['offline true']);
  });

  it('takes commands and publishes their outcome', async () => {
    device.start();
    await expect.poll(() => seenAt('$availability')).toContain('online');
    await mosquittoPublish(broker.plain, `${TOPIC}/set`, '{"a": 5, "b": 6}');
    await expect.poll(() => seenAt('set/result')).toHaveLength(1);
    expect(JSON.parse(seenAt('set/result')[0]!)).toMatchObject({
      ok: false,
      results: [
        { name: 'a', ok: true },
        { name: 'b', ok: false, error: { code: 'READ_ONLY' } },
      ],
    });
    await mosquittoPublish(broker.plain, `${TOPIC}/a/set`, '42');
    await expect.poll(() => seenAt('set/result')).toHaveLength(2);
    await expect.poll(() => seenAt('a').at(-1)).toBe('42');
    await mosquittoPublish(broker.plain, `${TOPIC}/set`, 'not json');
    await expect.poll(() => seenAt('set/result')).toHaveLength(3);
    expect(JSON.parse(seenAt('set/result')[2]!)).toMatchObject({ ok: false, error: { code: 'BAD_VALUE' } });
  });

  it('ignores a retained command', async () => {
    await publisher.close();
    await link.detach(); // with it the subscription: the next one is given what is retained
    link = extension.attach({ device: identity(1) });
    await mosquittoPublish(broker.plain, `${TOPIC}/set`, '{"a": 99}', { retained: true });
    const settings = {
      payload: 'values',
      when: 'sync',
      perProperty: false,
      availability: false,
      commands: true,
    } as const;
    const ports: Ports = { clock: systemClock, log: new MemoryLog(), random: () => 0 };
    const second = new DevicePublisher({ device, deviceTopic: link, settings, ports });
    const [problem] = await once(second.events, 'problem');
    expect(problem).toMatchObject({ message: `the retained command on ${TOPIC}/set was ignored` });
    device.start();
    await mosquittoPublish(broker.plain, `${TOPIC}/set`, '{"a": 1}');
    await expect.poll(() => driver.values.get('a')).toBe(1);
    expect(driver.calls.filter((call) => call.startsWith('write'))).toEqual(['write a=1']);
    await second.close();
  });

  it('keeps polling while the broker is away, and then publishes the newest', async () => {
    device.start();
    await eventually('a');
    await broker.stop();
    const syncs = driver.calls.length;
    for (const value of [10, 11, 12]) {
      driver.values.set('a', value);
      await expect.poll(() => device.snapshot().properties[0]?.value).toBe(value);
    }
    expect(driver.calls.length).toBeGreaterThan(syncs + 2);
    await broker.start();
    const late = await MosquittoSubscriber.start(broker.plain, `${TOPIC}/#`);
    const newest = (): boolean =>
      late.messages.some(({ topic, payload }) => topic === TOPIC && payload.toString() === '{"a":12,"b":0}');
    await expect.poll(newest, { timeout: 15_000 }).toBe(true);
    await expect.poll(() => late.messages.some(({ topic }) => topic === `${TOPIC}/$availability`)).toBe(true);
    await late.stop();
  });

  it('closes soon although the broker is away', async () => {
    device.start();
    await eventually('a');
    await broker.stop();
    await within(publisher.close(), 1500, 'close()');
  });
});
