import { afterEach, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { DevicePublisher } from '../../../../src/mqtt/publishing/device-publisher.ts';
import type { PublishSettings } from '../../../../src/mqtt/publishing/publish-settings.ts';
import { deviceBench, property, watch, type DeviceBenchOptions } from '../../../support/device/device-bench.ts';
import { fakePorts } from '../../../support/fakes/fake-clock.ts';
import { FakeDeviceTopic } from '../../../support/fakes/fake-device-topic.ts';

const DEFAULTS: PublishSettings = {
  payload: 'values',
  when: 'sync',
  perProperty: false,
  availability: false,
  commands: false,
};
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function bench(
  settings: Partial<PublishSettings> = {},
  options: DeviceBenchOptions = {},
  link = new FakeDeviceTopic(),
) {
  const made = deviceBench(options);
  const ports = { ...fakePorts(), clock: made.clock };
  const publisher = new DevicePublisher({
    device: made.device,
    deviceTopic: link,
    settings: { ...DEFAULTS, ...settings },
    ports,
  });
  const problems: DeviceError[] = [];
  publisher.events.on('problem', (problem) => problems.push(problem));
  cleanups.push(async () => {
    link.release();
    await publisher.close();
    await made.device.close();
    expect(made.clock.pending).toEqual([]);
  });
  return { ...made, link, publisher, problems };
}

describe('the status', () => {
  it('is published after every sync', async () => {
    const { device, driver, clock, link } = bench();
    driver.values.set('a', 1);
    await device.connect();
    await clock.advance(10_000);
    expect(link.published.map(({ topic, payload }) => [topic, payload])).toEqual([
      ['plant/boiler', { a: 1, b: 0 }],
      ['plant/boiler', { a: 1, b: 0 }],
    ]);
  });

  it('is published on change only, if so wished', async () => {
    const { device, driver, clock, link } = bench({ when: 'change' });
    await device.connect();
    await clock.advance(30_000);
    expect(link.at()).toHaveLength(1);
    driver.readErrors.set('b', new DeviceError('NO', 'no'));
    await clock.advance(10_000);
    expect(link.at()).toHaveLength(2); // the quality changed
  });

  it('has the shape of the specification, or the one of its kind of device', async () => {
    const { device, link, clock } = bench({ payload: 'octopus' });
    const own = new FakeDeviceTopic();
    const publisher = new DevicePublisher({
      device,
      deviceTopic: own,
      settings: { ...DEFAULTS, payload: 'octopus' },
      octopusStatus: (snapshot) => ({ robot: snapshot.device.name }),
      ports: { ...fakePorts(), clock },
    });
    await device.connect();
    expect(link.at()[0]).toMatchObject({ properties: [{ name: 'a', type: 'int32', value: '0' }, {}] });
    expect(own.at()).toEqual([{ robot: 'boiler' }]);
    await publisher.close();
  });

  it('never piles up behind a slow broker: one is under way, the newest waits', async () => {
    const { device, driver, clock, link, syncs } = bench();
    link.holding = true;
    for (const value of [1, 2, 3, 4]) {
      driver.values.set('a', value);
      if (value === 1) await device.connect();
      else await clock.advance(10_000);
    }
    expect(syncs).toHaveLength(4); // polling did not wait
    expect(link.at()).toEqual([{ a: 1, b: 0 }]);
    link.release();
    await clock.settle();
    expect(link.at()).toEqual([
      { a: 1, b: 0 },
      { a: 4, b: 0 },
    ]);
  });

  it('that cannot be published is a problem, told once', async () => {
    const { device, clock, link, problems } = bench();
    link.failure = new DeviceError('MQTT_QUEUE_FULL', 'the queue is full');
    await device.connect();
    await clock.advance(50_000);
    expect(problems).toMatchObject([{ code: 'MQTT_QUEUE_FULL' }]);
    link.failure = undefined;
    await clock.advance(10_000);
    link.failure = new DeviceError('MQTT_QUEUE_FULL', 'the queue is full');
    await clock.advance(10_000);
    expect(problems).toHaveLength(2); // it had been well in between
    expect(device.snapshot().state).toBe('healthy');
  });
});

describe('properties', () => {
  it('are published as text at topics of their own: after a sync all good ones, else those that changed', async () => {
    const { device, driver, clock, link } = bench(
      { perProperty: true },
      { properties: [property('a'), property('x/y')] },
    );
    driver.values.set('a', 23.5);
    driver.readErrors.set('x/y', new DeviceError('NO', 'no'));
    await device.connect();
    driver.readErrors.clear();
    await device.write({ a: 24 });
    await clock.settle();
    expect(link.at('a')).toEqual(['23.5', '24']);
    expect(link.at('x/y')).toEqual([]);
    await clock.advance(10_000);
    expect(link.at('a')).toEqual(['23.5', '24', '24']);
    expect(link.at('x/y')).toEqual(['0']);
  });

  it('are published when they change, if so wished', async () => {
    const { device, driver, clock, link } = bench({ perProperty: true, when: 'change' });
    await device.connect();
    driver.values.set('b', 7);
    await clock.advance(20_000);
    expect(link.at('a')).toEqual(['0']);
    expect(link.at('b')).toEqual(['0', '7']);
  });

  it('whose names cannot be topics, or would be taken for commands, are told as problems', async () => {
    const names = ['set', 'a/set', 'p#', 'set/result', '$availability', 'fine'];
    const { device, link, problems } = bench({ perProperty: true }, { properties: names.map((n) => property(n)) });
    await device.connect();
    expect(link.published.map(({ topic }) => topic)).toEqual(['plant/boiler', 'plant/boiler/fine']);
    expect(problems.map(({ code }) => code)).toEqual(Array(5).fill('CONFIG'));
  });
});

describe('what is notified in place of being polled', () => {
  const notified = {
    properties: [property('a', 'ReadOnly'), property('b', 'ReadOnly')],
    notifications: true,
    covered: new Set(['a', 'b']),
  };

  async function connected(settings: Partial<PublishSettings>) {
    const made = bench(settings, notified);
    await made.device.connect();
    made.link.published.length = 0;
    const notify = (name: string, value: number): void =>
      made.driver.sink?.([{ name, value, quality: 'good', updatedAt: made.clock.now() }]);
    return { ...made, notify };
  }

  it.each(['sync', 'change'] as const)('makes one document an interval, the rest with the sync: %s', async (when) => {
    const { clock, link, notify } = await connected({ when });
    notify('a', 1);
    await clock.advance(10_000);
    expect(link.at()).toEqual([{ a: 1, b: 0 }]);
    notify('a', 2);
    notify('b', 3);
    notify('a', 4);
    await clock.settle();
    expect(link.at()).toHaveLength(2);
    await clock.advance(10_000);
    expect(link.at()).toEqual([
      { a: 1, b: 0 },
      { a: 2, b: 0 },
      { a: 4, b: 3 },
    ]);
  });

  it('is told by property at once, and the sync tells the others', async () => {
    const { clock, link, notify } = await connected({ perProperty: true });
    notify('a', 1);
    notify('a', 2);
    await clock.settle();
    expect([link.at('a'), link.at('b')]).toEqual([['1', '2'], []]);
    await clock.advance(10_000);
    expect([link.at('a'), link.at('b')]).toEqual([['1', '2'], ['0']]);
    await clock.advance(10_000);
    expect([link.at('a'), link.at('b')]).toEqual([
      ['1', '2', '2'],
      ['0', '0'],
    ]);
  });
});

describe('availability', () => {
  it('is told, retained and plain, as the state changes and after each connect to the broker', async () => {
    const { device, driver, clock, link, publisher } = bench({ availability: true });
    await device.connect();
    driver.readErrors.set('a', new DeviceError('NO', 'no'));
    await clock.advance(10_000); // degraded is online
    driver.lose();
    await clock.settle();
    expect(link.at('$availability')).toEqual(['offline', 'online', 'offline']);
    link.isConnected = false;
    await clock.advance(1000); // online again, but nobody can be told
    link.isConnected = true;
    link.events.emit('connected');
    expect(link.at('$availability')).toEqual(['offline', 'online', 'offline', 'online']);
    await publisher.close();
    expect(link.at('$availability').at(-1)).toBe('offline');
    const messages = link.published.filter(({ topic }) => topic.endsWith('$availability'));
    for (const { options } of messages) expect(options).toMatchObject({ retained: true, plain: true });
  });

  it('is left to the extension where the device may be there again in a moment, if it was online', async () => {
    const { device, link, publisher } = bench({ availability: true });
    await device.connect();
    link.published.length = 0;
    await publisher.close(true);
    expect(link.farewells).toEqual(['$availability offline']);
    expect(link.published).toEqual([]);

    const offline = bench({ availability: true });
    await offline.publisher.close(true);
    expect(offline.link.farewells).toEqual([]);
    expect(offline.link.at('$availability')).toEqual(['offline', 'offline']);

    const late = bench({ availability: true });
    await late.device.connect();
    late.link.farewells = undefined;
    await late.publisher.close(true);
    expect(late.link.at('$availability').at(-1)).toBe('offline');
  });

  it('of the device before holds until it is known what became of the one that took its place', async () => {
    for (const [connecting, told] of [
      ['ok', ['online']],
      ['reject', ['offline']],
    ] as const) {
      const link = new FakeDeviceTopic();
      link.isSuccessor = true;
      const { device, driver, clock } = bench({ availability: true }, {}, link);
      expect(link.at('$availability')).toEqual([]);
      driver.connecting = connecting;
      device.start();
      await clock.advance(10);
      expect(link.at('$availability')).toEqual(told);
    }
  });

  it('does not keep close waiting for a broker that does not answer, or is not there', async () => {
    const { clock, link, publisher } = bench({ availability: true });
    link.holding = true;
    const closed = watch(publisher.close());
    await clock.advance(1000);
    expect(closed.outcome()).toBeUndefined();
    expect(clock.pending).toEqual([]);

    const offline = new FakeDeviceTopic();
    offline.isConnected = false;
    const second = bench({ availability: true }, {}, offline);
    await second.publisher.close();
    expect(offline.published).toEqual([]);
  });
});

describe('commands', () => {
  const properties = [
    property('a'),
    property('big', 'ReadWrite', { type: 'int64' }),
    property('ro', 'ReadOnly'),
  ].concat(
    property('text', 'ReadWrite', { type: 'string' }),
    property('list', 'ReadWrite', { type: 'array' }),
    property('x/y'),
  );

  it('write, and their outcome is published', async () => {
    const { device, driver, clock, link } = bench({ commands: true }, { properties });
    await device.connect();
    link.receive('set', '{"a": 5, "ro": 1}');
    await clock.settle();
    expect(driver.values.get('a')).toBe(5);
    expect(link.at('set/result')).toEqual([
      {
        ok: false,
        results: [
          { name: 'a', ok: true },
          { name: 'ro', ok: false, error: { code: 'READ_ONLY', message: expect.stringContaining('"ro"') } },
        ],
      },
    ]);
    expect(link.published.find(({ topic }) => topic.endsWith('set/result'))?.options.retained).toBe(false);
  });

  it('for one property take the value by its type', async () => {
    const { device, driver, clock, link } = bench({ commands: true }, { properties });
    await device.connect();
    const filter = '+/set';
    link.receive('a/set', ' 42\n', { filter });
    link.receive('big/set', '9007199254740993', { filter });
    link.receive('text/set', 'true', { filter });
    link.receive('list/set', '[1, 2]', { filter });
    link.receive('x/y/set', '"7"');
    link.receive('nope/set', '1', { filter });
    await clock.settle();
    expect(Object.fromEntries(driver.values)).toEqual({
      a: 42,
      big: 9007199254740993n,
      text: 'true',
      list: [1, 2],
      'x/y': 7,
    });
    expect(link.at('set/result')).toContainEqual({
      ok: false,
      results: [{ name: 'nope', ok: false, error: { code: 'UNKNOWN_PROPERTY', message: expect.any(String) } }],
    });
  });

  it('that are no JSON object are answered with an error', async () => {
    const { device, clock, link, driver } = bench({ commands: true }, { properties });
    await device.connect();
    for (const bad of ['', 'on', '5', '[1]', 'null', '{"a":']) link.receive('set', bad);
    await clock.settle();
    const failures = link.at('set/result');
    expect(failures).not.toHaveLength(0);
    for (const failure of failures) {
      expect(failure).toMatchObject({ ok: false, results: [], error: { code: 'BAD_VALUE' } });
    }
    expect(failures).toHaveLength(6);
    expect(driver.calls.some((call) => call.startsWith('write'))).toBe(false);
  });

  it('that were retained are ignored, with a problem', async () => {
    const { device, clock, link, problems, driver } = bench({ commands: true }, { properties });
    await device.connect();
    link.receive('set', '{"a": 5}', { retained: true });
    await clock.settle();
    expect(problems).toMatchObject([{ message: 'the retained command on plant/boiler/set was ignored' }]);
    expect(driver.values.get('a')).toBeUndefined();
    expect(link.at('set/result')).toEqual([]);
  });

  it('beyond a bound are dropped with a problem, and the device goes on', async () => {
    const { device, clock, link, problems } = bench({ commands: true }, { properties });
    await device.connect();
    link.holding = true;
    for (let value = 0; value < 250; value++) link.receive('set', `{"a": ${value}}`);
    await clock.settle();
    expect(problems).toMatchObject([{ code: 'QUEUE_FULL' }]);
    expect(link.at('set/result')).toHaveLength(200);
    link.release();
    await clock.settle();
    link.receive('set', '{"a": 1}');
    await clock.settle();
    expect(link.at('set/result')).toHaveLength(201);
  });

  it('that cannot be subscribed are a problem; after close none is taken', async () => {
    const link = new FakeDeviceTopic();
    link.subscribeFailure = new DeviceError('MQTT_REFUSED', 'not authorised');
    const refused = bench({ commands: true }, {}, link);
    await refused.clock.settle();
    expect(refused.problems).toMatchObject([{ code: 'MQTT_REFUSED' }, { code: 'MQTT_REFUSED' }]);

    const { device, publisher, clock, driver, link: good } = bench({ commands: true });
    await device.connect();
    await publisher.close();
    good.receive('set', '{"a": 5}');
    await clock.settle();
    expect(driver.values.get('a')).toBeUndefined();
  });
});
