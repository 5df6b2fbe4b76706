import { describe, expect, it } from 'vitest';
import type { Driver, Reading } from '../../../../src/device/driver';
import type { DeviceError } from '../../../../src/base/errors';
import type { DeviceSnapshot } from '../../../../src/device/snapshot';
import { payloadDocument } from '../../../../src/device/documents/status-document';
import type { DummyConfig } from '../../../../src/drivers/dummy/config';
import { dummyKind } from '../../../../src/drivers/dummy/index';
import type { DummyProperty } from '../../../../src/drivers/dummy/property';
import { surroundingsOf } from '../../../support/fakes/surroundings.ts';
import { fakePorts } from '../../../support/fakes/fake-clock.ts';

const never = new AbortController().signal;

interface Setup {
  driver: Driver<DummyProperty>;
  config: DummyConfig;
  ports: ReturnType<typeof fakePorts>;
}

function setUp(raw: Record<string, unknown>, random: () => number = () => 0.5): Setup {
  const parsed = dummyKind.parse(raw, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const ports = fakePorts(random);
  return { driver: dummyKind.createDriver(parsed.value, surroundingsOf(ports)), config: parsed.value, ports };
}

const ROBOT = {
  kind: 'protocol',
  properties: [
    { name: 'a', type: 'int' },
    { name: 'b', type: 'int' },
  ],
};

describe('faults', () => {
  it('fail the connect with the chance asked for', async () => {
    let dice = 0.3;
    const { driver } = setUp({ ...ROBOT, faults: { connect: 0.4 } }, () => dice);
    await expect(driver.connect(never)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    dice = 0.4;
    await driver.connect(never);
    await driver.close();
  });

  it('make single properties bad and refuse single writes, beside good ones', async () => {
    const dice = [0.1, 0.9, 0.5, 0.9, 0.1];
    const { driver, config } = setUp({ ...ROBOT, faults: { read: 0.4, write: 0.4 } }, () => dice.shift() ?? 0.9);
    await driver.connect(never);
    const readings = await driver.read(config.properties, never);
    expect(readings.map(({ quality }) => quality)).toEqual(['bad', 'good']);
    expect(readings[0]).toMatchObject({ value: undefined, error: { code: 'DUMMY_FAULT' } });
    const writes = config.properties.map((property) => ({ property, value: 1 }));
    expect(await driver.write(writes, never)).toMatchObject([
      { name: 'a' },
      { name: 'b', error: { code: 'DUMMY_FAULT' } },
    ]);
    await driver.close();
  });

  it('delay every answer, and an aborted wait ends at once', async () => {
    const { driver, config, ports } = setUp({ ...ROBOT, faults: { delay: '2s' } });
    const connecting = driver.connect(never);
    await ports.clock.advance(1999);
    expect(ports.clock.pending).toEqual([2000]);
    await ports.clock.advance(1);
    await connecting;
    const controller = new AbortController();
    const reading = driver.read(config.properties, controller.signal);
    controller.abort(new Error('too slow'));
    await expect(reading).rejects.toMatchObject({ code: 'TIMEOUT', message: 'too slow' });
    expect(ports.clock.pending).toEqual([]);
  });

  it('drop the link after its time: what is under way fails, the loss is told once', async () => {
    const { driver, config, ports } = setUp({ ...ROBOT, faults: { drop: '10s', delay: '1s' } });
    const lost: DeviceError[] = [];
    driver.events.on('lost', (error) => lost.push(error));
    const connecting = driver.connect(never);
    await ports.clock.advance(1000);
    await connecting;
    await ports.clock.advance(9500);
    const reading = driver.read(config.properties, never);
    const failed = expect(reading).rejects.toMatchObject({ code: 'LINK_LOST' });
    await ports.clock.advance(60_000);
    await failed;
    expect(lost.map(({ code }) => code)).toEqual(['LINK_LOST']);
    await expect(driver.read(config.properties, never)).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(ports.clock.pending).toEqual([]);
  });

  it('draw no dice where nothing can fail', async () => {
    const { driver } = setUp({ kind: 'special' }, () => {
      throw new Error('no need for chance');
    });
    await driver.connect(never);
    await driver.close();
  });
});

describe('the robot', () => {
  it('keeps what was written, over a new connect too', async () => {
    const { driver, config } = setUp(ROBOT);
    await driver.connect(never);
    expect(await driver.write([{ property: config.properties[0]!, value: 7 }], never)).toEqual([{ name: 'a' }]);
    await driver.close();
    await driver.connect(never);
    expect((await driver.read(config.properties, never)).map(({ value }) => value)).toEqual([7, 500]);
    await driver.close();
  });

  it('notifies NotifyOnly properties every 2 s and leaves no timer', async () => {
    const properties = [...ROBOT.properties, { name: 'event', type: 'int', accessMode: 'NotifyOnly' }];
    const { driver, config, ports } = setUp({ ...ROBOT, properties });
    await driver.connect(never);
    const received: Reading[] = [];
    const subscription = await driver.subscribe!(config.properties, (readings) => received.push(...readings));
    await ports.clock.advance(4000);
    expect(received.map(({ name, value }) => [name, value])).toEqual([
      ['event', 500],
      ['event', 500],
    ]);
    await subscription.end();
    expect(ports.clock.pending).toEqual([]);
    await driver.subscribe!(config.properties, () => undefined);
    await driver.close();
    expect(ports.clock.pending).toEqual([]);
    await expect(driver.subscribe!(config.properties, () => undefined)).rejects.toMatchObject({ code: 'LINK_LOST' });
  });
});

describe('the status as Octopus publishes it', () => {
  const snapshotOf = (values: Record<string, unknown>): DeviceSnapshot => ({
    device: { name: 'd', namespace: 'default', uid: 'u', protocol: 'dummy' },
    state: 'healthy',
    missedBeats: 0,
    properties: Object.entries(values).map(([name, value]) => ({ name, value, accessMode: 'ReadOnly' })),
  });

  const published = (raw: Record<string, unknown>, values: Record<string, unknown>): string => {
    const { config } = setUp(raw);
    return JSON.stringify(
      payloadDocument(snapshotOf(values), 'octopus', (snapshot) => dummyKind.octopusStatus?.(snapshot, config)),
    );
  };

  it('of the fan: gear and speed, without a speed of 0, and nothing when it is off', () => {
    const fan = { kind: 'special' };
    expect(published(fan, { on: true, gear: 'slow', rotatingSpeed: 1 })).toBe('{"gear":"slow","rotatingSpeed":1}');
    expect(published(fan, { on: true, gear: 'slow', rotatingSpeed: 0 })).toBe('{"gear":"slow"}');
    expect(published(fan, { on: false, gear: 'slow', rotatingSpeed: 0 })).toBe('{}');
    expect(published(fan, {})).toBe('{}');
  });

  it('of the robot: by name, with one typed value each, recursively', () => {
    const properties = [
      { name: 'i', type: 'int' },
      { name: 'u', type: 'uint64' },
      { name: 'w', type: 'uint64' },
      { name: 'f', type: 'double' },
      { name: 'b', type: 'boolean' },
      { name: 's', type: 'string' },
      { name: 'h', type: 'hexString' },
      { name: 'a', type: 'array', arrayProperties: { type: 'int' } },
      { name: 'o', type: 'object', objectProperties: { x: { type: 'float' } } },
      { name: 'unread', type: 'int' },
    ];
    const values = {
      ...{ i: 5, u: 2n ** 60n, w: 5n, f: 0.5, b: false, s: 'x', h: 'ff' },
      ...{ a: [1, 2], o: { x: 1.25 }, unread: undefined },
    };
    expect(JSON.parse(published({ kind: 'protocol', properties }, values))).toEqual({
      properties: {
        i: { type: 'int', intValue: 5 },
        u: { type: 'int', intValue: '1152921504606846976' },
        w: { type: 'int', intValue: '5' },
        f: { type: 'float', floatValue: '0.500000' },
        b: { type: 'boolean', booleanValue: false },
        s: { type: 'string', stringValue: 'x' },
        h: { type: 'string', stringValue: 'ff' },
        a: {
          type: 'array',
          arrayValue: [
            { type: 'int', intValue: 1 },
            { type: 'int', intValue: 2 },
          ],
        },
        o: { type: 'object', objectValue: { x: { type: 'float', floatValue: '1.250000' } } },
        unread: { type: 'int' },
      },
    });
  });
});
