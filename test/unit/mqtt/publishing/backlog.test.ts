import { afterEach, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { DevicePublisher } from '../../../../src/mqtt/publishing/device-publisher.ts';
import type { PublishSettings } from '../../../../src/mqtt/publishing/publish-settings.ts';
import { deviceBench, property, type DeviceBenchOptions } from '../../../support/device/device-bench.ts';
import { fakePorts } from '../../../support/fakes/fake-clock.ts';
import { FakeDeviceTopic } from '../../../support/fakes/fake-device-topic.ts';

const FULL = new DeviceError('MQTT_QUEUE_FULL', 'the queue is full (100 messages)');
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function bench(settings: Partial<PublishSettings> = {}, link = new FakeDeviceTopic(1), options?: DeviceBenchOptions) {
  const made = deviceBench(options);
  const publisher = new DevicePublisher({
    device: made.device,
    deviceTopic: link,
    settings: {
      payload: 'values',
      when: 'sync',
      perProperty: false,
      availability: false,
      commands: false,
      ...settings,
    },
    ports: { ...fakePorts(), clock: made.clock },
  });
  const problems: DeviceError[] = [];
  const troubles: (string | undefined)[] = [];
  publisher.events.on('problem', (problem) => problems.push(problem));
  publisher.events.on('trouble', (trouble) => troubles.push(trouble?.code));
  cleanups.push(async () => {
    link.release();
    await publisher.close();
    await made.device.close();
    expect(made.clock.pending).toEqual([]);
  });
  const sync = async (value: number): Promise<void> => {
    made.driver.values.set('a', value);
    if (made.syncs.length === 0) await made.device.connect();
    else await made.clock.advance(10_000);
  };
  return { ...made, link, publisher, problems, troubles, sync };
}

const values = (link: FakeDeviceTopic): number[] => link.at().map((payload) => (payload as { a: number }).a);

describe('a backlog of all', () => {
  it('is each sync a message, in order, however slow the broker is', async () => {
    const { link, sync, syncs } = bench();
    link.holding = true;
    for (let value = 1; value <= 40; value++) await sync(value);
    expect(syncs).toHaveLength(40); // polling did not wait
    expect(values(link)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it('has each write that was answered, and each property', async () => {
    const { link, device, clock } = bench({ perProperty: true });
    await device.connect();
    link.holding = true;
    for (let value = 1; value <= 5; value++) await device.write({ a: value });
    await clock.settle();
    expect(values(link)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(link.at('a')).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('is the default at QoS 1 and 2; at QoS 0 it is the latest alone', async () => {
    for (const [qos, seen] of [
      [0, [1]],
      [1, [1, 2, 3]],
      [2, [1, 2, 3]],
    ] as const) {
      const { link, sync } = bench({}, new FakeDeviceTopic(qos));
      link.holding = true;
      for (const value of [1, 2, 3]) await sync(value);
      expect(values(link)).toEqual(seen);
    }
  });

  it('can be asked for at QoS 0, and not at QoS 1', async () => {
    for (const [backlog, qos, seen] of [
      ['all', 0, [1, 2, 3]],
      ['latest', 1, [1]],
    ] as const) {
      const { link, sync } = bench({ backlog }, new FakeDeviceTopic(qos));
      link.holding = true;
      for (const value of [1, 2, 3]) await sync(value);
      expect(values(link)).toEqual(seen);
    }
  });

  it('leaves availability the newest alone', async () => {
    const { link, driver, clock, sync } = bench({ availability: true });
    link.holding = true;
    await sync(1);
    driver.lose();
    await clock.settle();
    expect(link.at('$availability')).toEqual(['offline', 'online']);
    await clock.advance(1000); // it is online again, and off
    driver.lose();
    await clock.settle();
    link.release();
    await clock.settle();
    expect(link.at('$availability')).toEqual(['offline', 'online', 'offline']);
  });
});

describe('where there is no room', () => {
  it('says so once, and once how many messages were lost when there is room again', async () => {
    const { link, sync, problems, troubles, clock } = bench();
    link.holding = true;
    await sync(1);
    link.failure = FULL;
    link.failsAtOnce = true;
    for (const value of [2, 3, 4, 5, 6]) await sync(value);
    expect(problems).toMatchObject([{ code: 'MQTT_QUEUE_FULL' }]);
    expect(troubles).toEqual(['MQTT_QUEUE_FULL']);
    link.failure = undefined;
    link.acknowledge(); // one slot is free: the newest that was refused gets it
    await clock.settle();
    expect(values(link)).toEqual([1, 2, 3, 4, 5, 6, 6]);
    expect(problems).toHaveLength(1); // it is under way only
    link.release();
    await clock.settle();
    expect(problems.slice(1)).toMatchObject([
      { code: 'MQTT_LOST', message: expect.stringMatching(/^4 messages were not published since .*queue is full/) },
    ]);
    expect(troubles).toEqual(['MQTT_QUEUE_FULL', undefined]);
  });

  it('the newest of each topic that was refused is handed over with the next connection', async () => {
    const { link, driver, clock, device } = bench({ when: 'change', perProperty: true });
    link.failure = FULL;
    await device.connect();
    driver.values.set('a', 7);
    await clock.advance(10_000);
    link.failure = undefined;
    link.published.length = 0;
    link.events.emit('connected');
    await clock.settle();
    expect(link.published.map(({ topic, payload }) => [topic, payload])).toEqual([
      ['plant/boiler/b', '0'],
      ['plant/boiler', { a: 7, b: 0 }],
      ['plant/boiler/a', '7'],
    ]);
    link.events.emit('connected');
    await clock.settle();
    expect(link.published).toHaveLength(3); // once
  });

  it('so it is with the latest alone', async () => {
    const { link, clock, device } = bench({ when: 'change', backlog: 'latest' });
    link.failure = FULL;
    await device.connect();
    link.failure = undefined;
    link.events.emit('connected');
    await clock.settle();
    expect(values(link)).toEqual([0, 0]);
  });

  it('a message that was refused for another reason is not tried again', async () => {
    const { link, sync, problems, clock } = bench();
    link.failure = new DeviceError('MQTT_REFUSED', 'the broker refuses it');
    await sync(1);
    link.failure = undefined;
    link.events.emit('connected');
    await clock.settle();
    expect(values(link)).toEqual([1]);
    await sync(2);
    expect(problems).toMatchObject([
      { code: 'MQTT_REFUSED' },
      { code: 'MQTT_LOST', message: expect.stringMatching(/^1 message was not published since/) },
    ]);
  });

  it('a message that is only late is a problem, and not lost', async () => {
    const { link, sync, problems } = bench();
    link.failure = new DeviceError('MQTT_WAIT_TIMEOUT', 'not through after 10 ms');
    await sync(1);
    link.failure = undefined;
    await sync(2);
    expect(problems).toMatchObject([{ code: 'MQTT_WAIT_TIMEOUT' }]);
  });

  it('what was lost is told when the device goes', async () => {
    const { link, sync, problems, publisher } = bench();
    link.failure = FULL;
    for (const value of [1, 2, 3]) await sync(value);
    await publisher.close();
    expect(problems.map(({ code }) => code)).toEqual(['MQTT_QUEUE_FULL', 'MQTT_LOST']);
    expect(problems[1]?.message).toMatch(/^3 messages/);
  });

  it('a broker that takes every other message is one episode', async () => {
    const { link, sync, problems, troubles } = bench({}, undefined, { properties: [property('a')] });
    for (let value = 1; value <= 10; value++) {
      link.failsAtOnce = true;
      link.failure = value % 2 === 0 ? FULL : undefined;
      link.holding = true;
      await sync(value);
    }
    expect(problems).toMatchObject([{ code: 'MQTT_QUEUE_FULL' }]);
    expect(troubles).toEqual(['MQTT_QUEUE_FULL']);
  });
});

describe('the time of a message', () => {
  it('is a member of `values`, if so wished', async () => {
    const { link, device, clock } = bench({ timestamp: 'at' });
    await device.connect();
    await clock.advance(10_000);
    const times = link.at().map((payload) => Date.parse((payload as { at: string }).at));
    expect(times[1]! - times[0]!).toBe(10_000);
    expect(link.at()[0]).toMatchObject({ a: 0, b: 0 });
  });
});
