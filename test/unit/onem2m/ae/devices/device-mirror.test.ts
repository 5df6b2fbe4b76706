import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../../src/base/errors.ts';
import { valueToJson } from '../../../../../src/base/values/index.ts';
import { statusDocument } from '../../../../../src/device/documents/status-document.ts';
import type { DevicesConfig, ResourceSpec } from '../../../../../src/onem2m/ae/model/config.ts';
import type { AeMessage, AeNotification, AeResult } from '../../../../../src/onem2m/ae/model/messages.ts';
import {
  DeviceMirror,
  type CommandOutcome,
  type MirrorAe,
  type ReachableDevice,
} from '../../../../../src/onem2m/ae/devices/device-mirror.ts';
import { readDeviceReport, type DeviceReport } from '../../../../../src/onem2m/ae/devices/device-report.ts';

const CONFIG: DevicesConfig = {
  mapping: 'containers',
  root: 'devices',
  labels: ['plant'],
  maxInstances: 10,
  commands: false,
  flexContainer: { wrapper: 'cod:tempe', cnd: 'org.onem2m.common.moduleclass.temperature', attributes: {} },
};

/** An AE that remembers what it was asked for. */
class FakeAe implements MirrorAe {
  readonly messages: AeMessage[] = [];
  readonly created: ResourceSpec[] = [];
  readonly watches = new Map<string, (notification: AeNotification) => void | Promise<void>>();
  inFlight = 0;
  mostInFlight = 0;
  refuse: (message: AeMessage) => DeviceError | undefined = () => undefined;
  gate: Promise<unknown> = Promise.resolve();
  /** What is in the command container, newest last. */
  readonly commands: unknown[] = [];

  async perform(message: AeMessage): Promise<AeResult> {
    this.messages.push(message);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    await this.gate;
    this.inFlight -= 1;
    const refusal = this.refuse(message);
    if (refusal !== undefined) throw refusal;
    const info = { op: 'push', to: String(message['topic']), rqi: '1', durationMs: 1, raw: {} };
    if (message['operation'] === 'latest') {
      if (this.commands.length === 0) throw new DeviceError('ONEM2M_4004', 'empty or missing');
      const raw = { pc: { 'm2m:cin': { ri: `cin${this.commands.length}` } } };
      return { payload: this.commands.at(-1), onem2m: { ...info, raw, rsc: 2000, rscText: 'OK' } };
    }
    return { payload: undefined, onem2m: { ...info, rsc: 2001, rscText: 'created' } };
  }

  ensure(resources: readonly ResourceSpec[]): Promise<void> {
    this.created.push(...resources);
    return Promise.resolve();
  }

  watch(target: string, handler: (notification: AeNotification) => void | Promise<void>) {
    this.watches.set(target, handler);
    return Promise.resolve(() => Promise.resolve());
  }
}

const device = { name: 'boiler', namespace: 'plant', uid: 'u-1', protocol: 'modbus', state: 'healthy' };

function report(values: Record<string, unknown>, changed?: string[], more: object = {}): DeviceReport {
  const properties = Object.entries(values).map(([name, value]) => ({ name, value, quality: 'good', unit: '°C' }));
  return readDeviceReport({ device: { ...device, ...more }, status: { properties }, changed })!;
}

function mirrorOf(config: Partial<DevicesConfig> = {}, devices: Record<string, ReachableDevice> = {}) {
  const ae = new FakeAe();
  const mirror = new DeviceMirror({
    ae,
    config: { ...CONFIG, ...config },
    base: 'onem2m',
    findDevice: (uid) => devices[uid],
  });
  const commands: CommandOutcome[] = [];
  mirror.events.on('command', (outcome) => commands.push(outcome));
  return { ae, mirror, commands };
}

const pushed = (ae: FakeAe) => ae.messages.map(({ topic, payload }) => [topic, payload]);

describe('a message of a device', () => {
  it('is known by device and status, unless it asks for an operation', () => {
    const msg = { device, status: { properties: [{ name: 'a', value: 1, quality: 'good' }] } };
    expect(readDeviceReport(msg)?.properties).toEqual([{ name: 'a', value: 1, isGood: true, hasChanged: true }]);
    for (const other of [
      {},
      { payload: 1 },
      { device },
      { ...msg, operation: 'push' },
      { ...msg, device: { name: 'x' } },
    ]) {
      expect(readDeviceReport(other)).toBeUndefined();
    }
  });
});

describe('containers', () => {
  it('are made once, top-down, with labels', async () => {
    const { ae, mirror } = mirrorOf();
    await mirror.mirror(report({ temperature: 21.5, 'set point': 20 }));
    await mirror.mirror(report({ temperature: 22, 'set point': 20 }));
    expect(ae.created.map(({ path }) => path)).toEqual([
      'devices',
      'devices/boiler',
      'devices/boiler/temperature',
      'devices/boiler/set~20point',
    ]);
    expect(ae.created[1]!.attributes['lbl']).toEqual([
      'devicelink:device',
      'openmtc:device',
      'name:boiler',
      'namespace:plant',
      'protocol:modbus',
      'plant',
    ]);
    expect(ae.created[2]!.attributes).toEqual({
      lbl: ['devicelink:property', 'openmtc:sensor_data', 'name:temperature', 'unit:°C', 'plant'],
      mni: 10,
    });
  });

  it('get all properties first, then those that changed', async () => {
    const { ae, mirror } = mirrorOf();
    await mirror.mirror(report({ a: 1, b: 2 }, []));
    const second = await mirror.mirror(report({ a: 1, b: 3 }, ['b']));
    expect(pushed(ae)).toEqual([
      ['devices/boiler/a', 1],
      ['devices/boiler/b', 2],
      ['devices/boiler/b', 3],
    ]);
    expect(second.properties).toMatchObject([{ name: 'b', result: { onem2m: { rsc: 2001 } } }]);
  });

  it('keep a 64-bit counter in one form when it passes 2^53', async () => {
    const { ae, mirror } = mirrorOf();
    const counter = Array.from({ length: 8 }, (_none, index) => 2n ** 53n - 4n + BigInt(index));
    for (const value of [0n, ...counter]) {
      const whole = { name: 'whole', type: 'uint64', value: valueToJson(value), quality: 'good' };
      const list = { name: 'list', type: 'int64', value: valueToJson([value, -value]), quality: 'good' };
      await mirror.mirror(readDeviceReport({ device, status: { properties: [whole, list] } })!);
    }
    expect(ae.messages.filter(({ topic }) => topic === 'devices/boiler/whole').map(({ payload }) => payload)).toEqual(
      [0n, ...counter].map(String),
    );
    expect(ae.messages.filter(({ topic }) => topic === 'devices/boiler/list').map(({ payload }) => payload)).toEqual(
      [0n, ...counter].map((value) => [String(value), String(-value)]),
    );
  });

  it('are the digits that msg.status of the device tells, below 2^53 and beyond', async () => {
    const { ae, mirror } = mirrorOf();
    const counter = Array.from({ length: 6 }, (_none, index) => 2n ** 53n - 3n + BigInt(index));
    for (const value of counter) {
      const property = { name: 'counter', accessMode: 'ReadOnly', type: 'uint64', value, quality: 'good' } as const;
      const snapshot = { device, state: 'healthy', missedBeats: 0, properties: [property] } as const;
      await mirror.mirror(readDeviceReport({ device, status: statusDocument(snapshot) })!);
    }
    expect(pushed(ae)).toEqual(counter.map((value) => ['devices/boiler/counter', String(value)]));
  });

  it('keep numbers of other types, and what operations have made of a 64-bit integer, as numbers', async () => {
    const { ae, mirror } = mirrorOf();
    const properties = [
      { name: 'a', type: 'uint32', value: 7, quality: 'good' },
      { name: 'b', type: 'uint64', value: 12.5, raw: 12_500, quality: 'good' },
      { name: 'c', type: 'uint64', value: 13, raw: 13_000, quality: 'good' },
    ];
    await mirror.mirror(readDeviceReport({ device, status: { properties } })!);
    expect(pushed(ae).map(([, payload]) => payload)).toEqual([7, 12.5, 13]);
  });

  it('get nothing that is not good', async () => {
    const { ae, mirror } = mirrorOf();
    const properties = [
      { name: 'a', value: 1, quality: 'bad' },
      { name: 'b', quality: 'good' },
    ];
    await mirror.mirror(readDeviceReport({ device, status: { properties }, changed: ['a', 'b'] })!);
    expect(ae.messages).toEqual([]);
  });

  it('get again what was refused', async () => {
    const { ae, mirror } = mirrorOf();
    ae.refuse = ({ topic }) => (topic === 'devices/boiler/a' ? new DeviceError('TIMEOUT', 'no answer') : undefined);
    const first = await mirror.mirror(report({ a: 1, b: 2 }));
    expect(first.properties).toMatchObject([{ error: { code: 'TIMEOUT' } }, { result: {} }]);
    ae.refuse = () => undefined;
    await mirror.mirror(report({ a: 1, b: 2 }, []));
    expect(pushed(ae).slice(2)).toEqual([['devices/boiler/a', 1]]);
  });

  it('are looked after again when somebody has deleted one', async () => {
    const { ae, mirror } = mirrorOf();
    await mirror.mirror(report({ a: 1 }));
    ae.refuse = () => new DeviceError('ONEM2M_4004', 'not found');
    await mirror.mirror(report({ a: 2 }));
    await mirror.mirror(report({ a: 3 }));
    expect(ae.created.map(({ path }) => path)).toEqual([
      ...['devices', 'devices/boiler', 'devices/boiler/a'],
      ...['devices', 'devices/boiler', 'devices/boiler/a'],
    ]);
  });

  it('take a bounded number of requests and messages at once, in order', async () => {
    const { ae, mirror } = mirrorOf();
    let open = (): void => undefined;
    ae.gate = new Promise<void>((resolve) => (open = resolve));
    const values = Object.fromEntries(Array.from({ length: 30 }, (_item, index) => [`p${index}`, 0]));
    const first = mirror.mirror(report(values));
    const rest = Array.from({ length: 120 }, (_item, index) => mirror.mirror(report({ p0: index + 1 })));
    const settled = Promise.allSettled(rest);
    await expect.poll(() => ae.inFlight).toBe(8);
    open();
    await first;
    const refused = (await settled).flatMap((one) => (one.status === 'rejected' ? [one.reason as DeviceError] : []));
    expect(refused).toHaveLength(21);
    expect(refused[0]).toMatchObject({ code: 'QUEUE_FULL' });
    expect(ae.mostInFlight).toBe(8);
    const last = pushed(ae).slice(30);
    expect(last).toEqual(Array.from({ length: 99 }, (_item, index) => ['devices/boiler/p0', index + 1]));
  });

  it('do not mix two devices of one name', async () => {
    const { mirror } = mirrorOf({}, { 'u-1': { writable: [], write: () => Promise.resolve() } });
    await mirror.mirror(report({ a: 1 }));
    await expect(mirror.mirror(report({ a: 1 }, [], { uid: 'u-2' }))).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('"boiler"'),
    });
  });

  it('keep off the name of the CSEBase', async () => {
    const { ae, mirror } = mirrorOf({ root: '' });
    await mirror.mirror(report({ a: 1 }, [], { name: 'onem2m' }));
    expect(pushed(ae)).toEqual([['~6Fnem2m/a', 1]]);
  });
});

describe('a flexContainer', () => {
  it('is made with the values and updated with the changes, all in one request', async () => {
    const attributes = { temperature: 'curT0', limit: 'tarTe' };
    const { ae, mirror } = mirrorOf({
      mapping: 'flexContainer',
      flexContainer: { ...CONFIG.flexContainer, attributes },
    });
    await mirror.mirror(report({ temperature: 21, limit: 30, other: 1 }));
    const { properties } = await mirror.mirror(report({ temperature: 22, limit: 30, other: 1 }, ['temperature']));
    expect(ae.created.at(-1)).toMatchObject({
      ty: 28,
      path: 'devices/boiler',
      wrapper: 'cod:tempe',
      attributes: { cnd: 'org.onem2m.common.moduleclass.temperature', curT0: 21, tarTe: 30 },
    });
    expect(ae.messages.map(({ onem2m }) => onem2m)).toEqual([
      { pc: { 'cod:tempe': { curT0: 21, tarTe: 30 } } },
      { pc: { 'cod:tempe': { curT0: 22 } } },
    ]);
    expect(properties.map(({ name }) => name)).toEqual(['temperature']);
  });
});

describe('commands', () => {
  const content = (payload: unknown, event = 'createChild', representation: unknown = { ty: 4, con: payload }) =>
    ({ payload, topic: 't', onem2m: { event, subscription: 's', representation } }) as AeNotification;

  it('are written to writable properties of the device, and told', async () => {
    const written: object[] = [];
    const reachable: ReachableDevice = {
      writable: ['set'],
      write: (values) => Promise.resolve(void written.push(values)),
    };
    const { ae, mirror, commands } = mirrorOf({ commands: true }, { 'u-1': reachable });
    await mirror.mirror(report({ set: 1, read: 2 }));
    await mirror.mirror(report({ set: 1, read: 2 }));
    expect([...ae.watches.keys()]).toEqual(['devices/boiler/set/commands']);
    expect(ae.created.at(-1)).toMatchObject({
      path: 'devices/boiler/set/commands',
      attributes: { lbl: expect.arrayContaining(['openmtc:actuator_data']) },
    });
    ae.commands.push(42);
    await ae.watches.get('devices/boiler/set/commands')!(content(42));
    expect(written).toEqual([{ set: 42 }]);
    expect(commands).toEqual([
      { device: 'boiler', uid: 'u-1', property: 'set', value: 42, topic: 'devices/boiler/set/commands' },
    ]);
    for (const other of [
      content({}, 'subscriptionDeleted'),
      content({ rn: 'x' }, 'createChild', { ty: 23 }),
      content(undefined),
    ]) {
      await ae.watches.get('devices/boiler/set/commands')!(other);
    }
    expect(written).toHaveLength(1);
  });

  const watched = async () => {
    const written: unknown[] = [];
    const write = (values: object): Promise<void> => Promise.resolve(void written.push(values));
    const made = mirrorOf({ commands: true }, { 'u-1': { writable: ['set'], write } });
    await made.mirror.mirror(report({ set: 1 }));
    return { ...made, written, heard: made.ae.watches.get('devices/boiler/set/commands')! };
  };
  const instance = (ri: string, con: unknown) => content(con, 'createChild', { 'm2m:cin': { ty: 4, ri, con } });

  it('are what the CSE has, not what a notification says, and each is written once', async () => {
    const { ae, written, commands, heard } = await watched();
    await heard(instance('cin9', 666));
    expect(written).toEqual([]);
    expect(commands).toMatchObject([{ property: 'set', error: { code: 'ONEM2M_4004' } }]);
    ae.commands.push(21);
    await heard(instance('cin1', 666));
    for (let repeated = 0; repeated < 3; repeated += 1) await heard(instance('cin1', 21));
    expect(written).toEqual([{ set: 21 }]);
    expect(ae.messages.at(-1)).toEqual({ operation: 'latest', topic: 'devices/boiler/set/commands' });
  });

  it('keep their order, and one that a newer one has overtaken is told', async () => {
    const { ae, written, commands, heard } = await watched();
    ae.commands.push(1, 2);
    await Promise.all([heard(instance('cin1', 1)), heard(instance('cin2', 2))]);
    ae.commands.push(3);
    await heard(instance('cin3', 3));
    expect(written).toEqual([{ set: 2 }, { set: 3 }]);
    ae.commands.push(4);
    await Promise.all([heard(instance('cin4', 4)), heard(instance('cin3', 3))]);
    expect(written).toHaveLength(3);
    expect(commands.map(({ error }) => error?.code)).toEqual([undefined, undefined, undefined, 'REPLACED']);
  });

  it('are contentInstances alone', async () => {
    const { ae, written, commands, heard } = await watched();
    ae.commands.push(1);
    await heard(content({ rn: 'x' }, 'createChild', { 'm2m:sub': { ri: 'sub1', rn: 'x' } }));
    expect([written, commands]).toEqual([[], []]);
  });

  it('that are refused, or for a device that is gone, are told with why', async () => {
    const devices: Record<string, ReachableDevice> = {
      'u-1': { writable: ['set'], write: () => Promise.reject(new DeviceError('BAD_VALUE', 'set: too much')) },
    };
    const { ae, mirror, commands } = mirrorOf({ commands: true }, devices);
    await mirror.mirror(report({ set: 1 }));
    const heard = ae.watches.get('devices/boiler/set/commands')!;
    ae.commands.push(1e9);
    await heard(content(1e9));
    delete devices['u-1'];
    ae.commands.push(1);
    await heard(content(1));
    expect(commands.map(({ error }) => error?.code)).toEqual(['BAD_VALUE', 'LINK_LOST']);
    expect(commands[1]!.error!.message).toContain('"boiler" is not deployed any more');
    mirror.close();
    await heard(content(1));
    expect(commands).toHaveLength(2);
  });

  it('that cannot be subscribed to keep no value back, and are tried again', async () => {
    const { ae, mirror } = mirrorOf(
      { commands: true },
      { 'u-1': { writable: ['set'], write: () => Promise.resolve() } },
    );
    ae.watch = () => Promise.reject(new DeviceError('ONEM2M_4103', 'no privilege'));
    const { properties } = await mirror.mirror(report({ set: 1 }));
    expect(properties).toMatchObject([{ name: 'set', result: {} }]);
    ae.watch = (target, handler) => {
      ae.watches.set(target, handler);
      return Promise.resolve(() => Promise.resolve());
    };
    await mirror.mirror(report({ set: 1 }));
    expect([...ae.watches.keys()]).toEqual(['devices/boiler/set/commands']);
  });
});
