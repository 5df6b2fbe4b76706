import { describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../src/base/errors.ts';
import type { Reading } from '../../../../src/device/driver.ts';
import { mqttKind } from '../../../../src/drivers/mqtt/index.ts';
import type { MqttConfig } from '../../../../src/drivers/mqtt/config/config.ts';
import type { MqttProperty } from '../../../../src/drivers/mqtt/config/property.ts';
import { FakeClock, flushMicrotasks, MemoryLog } from '../../../support/fakes/fake-clock.ts';
import { MemoryBroker } from '../../../support/mqtt/memory-broker.ts';

const ALWAYS = new AbortController().signal;

function configOf(raw: Record<string, unknown>): MqttConfig {
  const parsed = mqttKind.parse({ mqtt: 'id', name: 'lamp', namespace: 'default', uid: 'u', ...raw }, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function start(raw: Record<string, unknown>) {
  const clock = new FakeClock();
  const broker = new MemoryBroker();
  const config = configOf(raw);
  const surroundings = {
    clock,
    log: new MemoryLog(),
    random: () => 0.5,
    userDirectory: '/nowhere',
    openConnection: () => Promise.resolve(broker),
  };
  const driver = mqttKind.createDriver(config, surroundings);
  const lost: DeviceError[] = [];
  driver.events.on('lost', (error) => lost.push(error));
  const told: Reading[] = [];
  const property = (name: string): MqttProperty => {
    const found = config.properties.find((one) => one.name === name);
    if (found === undefined) throw new Error(name);
    return found;
  };
  const write = (values: Record<string, unknown>) =>
    driver.write(
      Object.entries(values).map(([name, value]) => ({ property: property(name), value })),
      ALWAYS,
    );
  return { clock, broker, driver, config, lost, told, property, write };
}

async function connected(raw: Record<string, unknown>) {
  const subject = start(raw);
  const connecting = subject.driver.connect(ALWAYS);
  await flushMicrotasks();
  subject.broker.connect();
  await subject.clock.advance(2000);
  await connecting;
  await subject.driver.subscribe?.(subject.config.properties, (readings) => subject.told.push(...readings));
  return subject;
}

const LAMP = {
  protocol: { pattern: 'AttributedMessage' },
  message: { topic: { template: 'home/lamp/:operator' }, operator: { write: 'set' } },
  properties: [
    { name: 'switch', type: 'boolean', accessMode: 'ReadWrite' },
    { name: 'gear', type: 'string', accessMode: 'ReadWrite', path: 'action.gear' },
    { name: 'power', type: 'float', path: 'parameter.power' },
  ],
};

const SENSORS = {
  message: { topic: { template: 'home/:operator/:path' }, operator: { read: 'status', write: 'set' } },
  properties: [
    { name: 'door', type: 'string', path: 'door/state' },
    { name: 'light', type: 'boolean', path: 'light/switch', accessMode: 'ReadWrite', map: { ON: true, OFF: false } },
  ],
};

describe('an attributed message', () => {
  it('is one subscription, and one message says all', async () => {
    const { broker, told } = await connected(LAMP);
    expect(broker.log.filter((line) => line.startsWith('subscribe'))).toEqual(['subscribe home/lamp 1']);
    broker.deliver('home/lamp', { switch: true, action: { gear: 'low' }, parameter: { power: 3.5 } });
    expect(told.map(({ name, value }) => [name, value])).toEqual([
      ['switch', true],
      ['gear', 'low'],
      ['power', 3.5],
    ]);
  });

  it('that tells a part leaves the rest as it was', async () => {
    const { broker, driver, config } = await connected(LAMP);
    broker.deliver('home/lamp', { switch: true, action: { gear: 'low' }, parameter: { power: 3.5 } });
    broker.deliver('home/lamp', { parameter: { power: 4 } });
    const readings = await driver.read(config.properties, ALWAYS);
    expect(readings.map(({ value }) => value)).toEqual([true, 'low', 4]);
  });

  it('that is broken makes its properties bad and says why', async () => {
    const { broker, told } = await connected(LAMP);
    broker.deliver('home/lamp', '{"switch": tru');
    expect(told.map(({ quality }) => quality)).toEqual(['bad', 'bad', 'bad']);
    expect(told[0]?.error).toMatchObject({ code: 'BAD_RESPONSE', message: expect.stringContaining('no JSON') });
  });

  it('is written as one JSON, of what is written or of all', async () => {
    const partial = await connected(LAMP);
    await partial.write({ switch: true, gear: 'mid' });
    await partial.write({ gear: 'low' });
    expect(partial.broker.published.map(({ topic, payload }) => [topic, payload])).toEqual([
      ['home/lamp/set', '{"switch":true,"action":{"gear":"mid"}}'],
      ['home/lamp/set', '{"action":{"gear":"low"}}'],
    ]);
    const whole = await connected({ ...LAMP, protocol: { pattern: 'AttributedMessage', write: 'whole' } });
    await whole.write({ switch: true });
    await whole.write({ gear: 'low' });
    expect(whole.broker.published.map(({ payload }) => payload)).toEqual([
      '{"switch":true}',
      '{"switch":true,"action":{"gear":"low"}}',
    ]);
  });
});

describe('attributed topics', () => {
  it('are one subscription each, by operator and path', async () => {
    const { broker, told, write } = await connected(SENSORS);
    expect(broker.filters).toEqual(['home/status/door/state', 'home/status/light/switch']);
    broker.deliver('home/status/door/state', 'open');
    broker.deliver('home/status/light/switch', 'ON');
    await write({ light: false });
    expect(told.map(({ value }) => value)).toEqual(['open', true]);
    expect(broker.published).toEqual([{ topic: 'home/set/light/switch', payload: 'OFF', qos: 1 }]);
  });

  it('may share a topic, with a path into it each', async () => {
    const rows = ['Power', 'Voltage'].map((key) => ({
      name: key,
      type: 'float',
      readTopic: 'tele/plug/SENSOR',
      jsonPath: `ENERGY.${key}`,
    }));
    const { broker, told } = await connected({ message: { topic: { name: 'x' } }, properties: rows });
    broker.deliver('tele/plug/SENSOR', { ENERGY: { Power: 12, Voltage: 230 } });
    expect(broker.filters).toEqual(['tele/plug/SENSOR']);
    expect(told.map(({ name, value }) => [name, value])).toEqual([
      ['Power', 12],
      ['Voltage', 230],
    ]);
  });

  it('with a wildcard give a value for each topic, and are bounded', async () => {
    const rows = [{ name: 'temperatures', readTopic: 'rooms/+/sensor/+/t' }];
    const { broker, driver, config } = await connected({ message: { topic: { name: 'x' } }, properties: rows });
    broker.deliver('rooms/kitchen/sensor/1/t', '21.5');
    broker.deliver('rooms/hall/sensor/2/t', '19');
    broker.deliver('rooms/kitchen/sensor/1/t', '22');
    const [reading] = await driver.read(config.properties, ALWAYS);
    expect(reading?.value).toEqual({ 'kitchen/1': 22, 'hall/2': 19 });
    for (let room = 0; room < 1100; room += 1) broker.deliver(`rooms/${room}/sensor/0/t`, '1');
    const [full] = await driver.read(config.properties, ALWAYS);
    expect(Object.keys(full?.value as object)).toHaveLength(1000);
  });

  it('tell a refused subscription as that property only', async () => {
    const subject = start(SENSORS);
    subject.broker.refused.add('home/status/door/state');
    const connecting = subject.driver.connect(ALWAYS);
    await flushMicrotasks();
    subject.broker.connect();
    await connecting;
    subject.broker.deliver('home/status/light/switch', 'OFF');
    const [door, light] = await subject.driver.read(subject.config.properties, ALWAYS);
    expect(door).toMatchObject({ quality: 'bad', error: { code: 'MQTT_SUBSCRIBE_REFUSED' } });
    expect(light).toMatchObject({ quality: 'good', value: false });
  });
});

describe('the first reading', () => {
  it('waits a second for what is retained, and then says what has not come', async () => {
    const subject = start(SENSORS);
    const connecting = subject.driver.connect(ALWAYS);
    await flushMicrotasks();
    subject.broker.connect();
    await connecting;
    const reading = subject.driver.read(subject.config.properties, ALWAYS);
    subject.broker.deliver('home/status/door/state', 'closed', true);
    await subject.clock.advance(1000);
    expect(await reading).toMatchObject([
      { quality: 'good', value: 'closed' },
      { quality: 'bad', error: { code: 'MQTT_NO_MESSAGE' } },
    ]);
  });

  it('after a new link is uncertain until something comes', async () => {
    const subject = await connected(SENSORS);
    subject.broker.deliver('home/status/door/state', 'closed');
    subject.broker.lose();
    expect(subject.lost).toHaveLength(1);
    const again = subject.driver.connect(ALWAYS);
    await flushMicrotasks();
    subject.broker.connect();
    await again;
    const reading = subject.driver.read([subject.property('door')], ALWAYS);
    await subject.clock.advance(1000);
    expect(await reading).toMatchObject([{ quality: 'uncertain', value: 'closed' }]);
    subject.broker.deliver('home/status/door/state', 'open');
    expect(await subject.driver.read([subject.property('door')], ALWAYS)).toMatchObject([{ quality: 'good' }]);
  });
});

describe('a value that has gone stale', () => {
  it('is bad after its time, told once, and good with the next message', async () => {
    const { broker, clock, told } = await connected({ ...SENSORS, protocol: { stale: '1m' } });
    broker.deliver('home/status/door/state', 'open');
    await clock.advance(59_000);
    expect(told).toHaveLength(1);
    await clock.advance(1000);
    await clock.advance(120_000);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatchObject({ quality: 'bad', error: { code: 'MQTT_STALE' } });
    broker.deliver('home/status/door/state', 'closed');
    expect(told[2]).toMatchObject({ quality: 'good', value: 'closed' });
    await clock.advance(60_000);
    expect(told).toHaveLength(4);
  });
});

describe('availability', () => {
  const raw = { ...SENSORS, protocol: { availability: { topic: 'home/LWT', online: 'Online', offline: 'Offline' } } };

  it('loses the link when the device says so, and makes it when it is back', async () => {
    const { broker, driver, lost } = await connected(raw);
    broker.deliver('home/LWT', 'Offline');
    expect(lost).toMatchObject([{ code: 'LINK_LOST', message: expect.stringContaining('home/LWT') }]);
    let isBack = false;
    const back = driver.connect(ALWAYS).then(() => (isBack = true));
    await flushMicrotasks();
    expect(isBack).toBe(false);
    broker.deliver('home/LWT', 'Online');
    await back;
  });

  it('rejects while the device is away, with its own words', async () => {
    const { broker, driver } = await connected(raw);
    broker.deliver('home/LWT', 'Offline');
    const stop = new AbortController();
    const connecting = driver.connect(stop.signal);
    await flushMicrotasks();
    stop.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'LINK_LOST' });
  });
});

describe('a write', () => {
  it('with an interval waits for its turn on the topic', async () => {
    const { broker, clock, write } = await connected({ ...SENSORS, protocol: { writeInterval: '1s' } });
    await write({ light: true });
    let isThrough = false;
    const second = write({ light: false }).then(() => (isThrough = true));
    await clock.advance(999);
    expect(isThrough).toBe(false);
    await clock.advance(1);
    await second;
    expect(broker.published.map(({ payload }) => payload)).toEqual(['ON', 'OFF']);
  });

  it('with confirmation waits until the device tells the value, and says what it tells instead', async () => {
    const { broker, clock, write } = await connected({ ...SENSORS, protocol: { confirm: '2s' } });
    const good = write({ light: true });
    await flushMicrotasks();
    broker.deliver('home/status/light/switch', 'ON');
    expect(await good).toEqual([{ name: 'light' }]);
    const refused = write({ light: false });
    await clock.advance(2000);
    expect(await refused).toMatchObject([{ error: { code: 'MQTT_NOT_CONFIRMED' } }]);
  });

  it('that cannot be published is told, and the others are not', async () => {
    const { broker, write } = await connected(LAMP);
    broker.publishing = () => Promise.reject(new Error('no room'));
    expect(await write({ switch: true })).toMatchObject([{ name: 'switch', error: { code: 'MQTT_PUBLISH' } }]);
  });
});

describe('a request', () => {
  it('is answered by the message with its id', async () => {
    const { broker, driver } = await connected(SENSORS);
    const question = { id: 7, src: 'me', method: 'Shelly.GetStatus' };
    const asked = { topic: 'shelly/rpc', responseTopic: 'me/rpc', payload: question };
    const answer = driver.perform?.('request', asked, ALWAYS);
    await flushMicrotasks();
    broker.deliver('me/rpc', { id: 6, result: 'other' });
    broker.deliver('me/rpc', { id: 7, result: { ok: true } });
    expect(await answer).toEqual({ id: 7, result: { ok: true } });
    await flushMicrotasks();
    expect(broker.filters).not.toContain('me/rpc');
  });

  it('names the field that is wrong', async () => {
    const { driver } = await connected(SENSORS);
    const ask = (message: Record<string, unknown>) => driver.perform?.('request', message, ALWAYS);
    await expect(ask({ topic: 'a/+', responseTopic: 'b' })).rejects.toThrow('msg.topic must not contain the wildcard');
    await expect(ask({ topic: 'a' })).rejects.toThrow('msg.responseTopic must be a topic');
    await expect(ask({ topic: 'a', responseTopic: 'b', qos: 3 })).rejects.toThrow('msg.qos must be 0, 1 or 2');
  });
});

describe('a keep-alive', () => {
  it('is sent at once, again and again, and not after the end', async () => {
    const keepAlive = { topic: 'R/id/keepalive', payload: '', interval: '30s' };
    const { broker, clock, driver } = await connected({ ...SENSORS, protocol: { keepAlive } });
    await clock.advance(60_000);
    const count = broker.published.filter(({ topic }) => topic === 'R/id/keepalive').length;
    expect(count).toBe(3);
    await driver.close();
    expect(clock.pending).toEqual([]);
  });
});

describe('bad configurations', () => {
  const problems = (raw: Record<string, unknown>) => {
    const parsed = mqttKind.parse({ mqtt: 'id', name: 'lamp', uid: 'u', ...raw }, {});
    return parsed.ok ? [] : parsed.problems.map(({ field, message }) => `${field} ${message}`);
  };
  const row = (property: Record<string, unknown>, protocol: Record<string, unknown> = {}) =>
    problems({ protocol, message: { topic: { template: 'a/:path' } }, properties: [{ name: 'p', ...property }] });

  it.each<[string, () => string[], RegExp]>([
    ['no extension', () => problems({ mqtt: '' }), /^mqtt is required/],
    ['no topic', () => problems({ properties: [{ name: 'p' }] }), /^message\.topic\.prefix is required/],
    ['a broken wildcard', () => row({ readTopic: 'a/b+' }), /readTopic must have the wildcard \+ alone/],
    ['a wildcard to write', () => row({ accessMode: 'ReadWrite', writeTopic: 'a/+' }), /writeTopic .*wildcard/],
    ['a type for a wildcard', () => row({ type: 'int', readTopic: 'a/+' }), /type must be object/],
    ['an empty step', () => row({ jsonPath: 'a..b' }), /jsonPath has an empty part/],
    ['no JSONPath', () => row({ jsonPath: '$.a[' }), /properties\[0\]\.jsonPath is no JSONPath/],
    ['a path of many places', () => row({ jsonPath: 'a.*', accessMode: 'ReadWrite' }), /must lead to one place/],
    ['many places by JSONPath', () => row({ jsonPath: '$.a[*]', accessMode: 'ReadWrite' }), /must lead to one place/],
    ['a path into text', () => row({ jsonPath: 'a', contentType: 'text/plain' }), /leads into JSON and CBOR/],
    ['a content type', () => row({ contentType: 'xml' }), /contentType must be one of application\/json/],
    ['a meaning', () => row({ type: 'int', map: { ON: 'x' } }), /map\.ON must be a whole number/],
    [
      'jsonPath in a message',
      () => row({ jsonPath: 'a' }, { pattern: 'AttributedMessage' }),
      /is for the pattern Attrib/,
    ],
    ['a pattern', () => row({}, { pattern: 'other' }), /protocol\.pattern must be one of/],
    [
      'same words',
      () => row({}, { availability: { topic: 'a', online: 'x', offline: 'x' } }),
      /must differ from online/,
    ],
    ['a long confirmation', () => row({}, { confirm: '1h' }), /must not be longer than parameters\.timeout/],
  ])('%s', (_name, found, expected) => {
    expect(found().some((problem) => expected.test(problem))).toBe(true);
  });
});
