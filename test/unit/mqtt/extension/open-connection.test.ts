import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors';
import type { BrokerConnection } from '../../../../src/base/broker-connection';
import { MqttExtension } from '../../../../src/mqtt/extension/extension';
import { FakeConnection } from '../../../support/fakes/fake-connection';
import { fakePorts, flushMicrotasks } from '../../../support/fakes/fake-clock';
import { extensionConfig, identity } from '../../../support/mqtt/mqtt-extension';

let made: FakeConnection[];
let ports: ReturnType<typeof fakePorts>;

beforeEach(() => {
  made = [];
  ports = fakePorts();
});

const extension = (raw: Record<string, unknown> = {}): MqttExtension => {
  const client = { server: 'tcp://broker', ...(raw['client'] as object | undefined) };
  const config = extensionConfig({ message: { topic: { prefix: 'plant' }, payloadEncode: 'base64' }, ...raw, client });
  return new MqttExtension(config, ports, (options) => {
    made.push(new FakeConnection(options));
    return made.at(-1)!;
  });
};

const AE = { clientId: 'A::Cae', label: 'sensor-ae' };
const SETTINGS = { qos: 1, retained: false, waitTimeoutMs: 0 } as const;

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as DeviceError).code,
  );

function eventsOf(broker: BrokerConnection): string[] {
  const seen: string[] = [];
  broker.events.on('connected', () => seen.push('connected'));
  broker.events.on('disconnected', ({ message }) => seen.push(message));
  return seen;
}

describe('a share in a shared connection', () => {
  it('uses the connection of the devices, and leaves it to them', async () => {
    const subject = extension();
    subject.attach({ device: identity(1) });
    const broker = subject.openConnection(AE);
    broker.open();
    expect(made).toHaveLength(1);
    expect(made[0]!.options.clientId).toBe('octopus-9e8efcb04b7945e7a4c43349562292e3');
    const { signal } = new AbortController();
    await broker.publish('/oneM2M/req/Cae/in/json', '{}', { ...SETTINGS, signal });
    expect(made[0]!.publish).toHaveBeenCalledWith('/oneM2M/req/Cae/in/json', '{}', { ...SETTINGS, signal });
    await broker.subscribe('/oneM2M/resp/Cae/#', 1, () => undefined);
    await broker.close();
    expect(made[0]!.log).toEqual(['open', 'unsubscribe /oneM2M/resp/Cae/#']);
    expect(broker.forget).toBeUndefined();
  });

  it('closes the connection as the last one, subscriptions with it', async () => {
    const subject = extension({ client: { cleanSession: false } });
    const device = subject.attach({ device: identity(1) });
    const broker = subject.openConnection(AE);
    await broker.subscribe('a', 1, () => undefined);
    await device.detach();
    expect(made[0]!.log).toEqual(['open']);
    void broker.close();
    expect(made[0]!.log).toEqual(['open', 'close']);
  });

  it('hears events from `open` on, and at once if the connection is up', async () => {
    const subject = extension();
    const early = subject.openConnection(AE);
    const seenEarly = eventsOf(early);
    made[0]!.connect();
    await flushMicrotasks();
    expect([seenEarly, early.isConnected]).toEqual([[], false]);
    early.open();
    early.open();
    expect(early.isConnected).toBe(true);
    await flushMicrotasks();
    made[0]!.events.emit('disconnected', new DeviceError('LINK_LOST', 'gone'));
    expect(seenEarly).toEqual(['connected', 'gone']);
    const closed = subject.openConnection(AE);
    const seenClosed = eventsOf(closed);
    made[0]!.connect();
    closed.open();
    void closed.close();
    await flushMicrotasks();
    expect(seenClosed).toEqual([]);
  });

  it('gets payloads as they are, and none after it was closed', async () => {
    const subject = extension();
    subject.attach({ device: identity(1) });
    const broker = subject.openConnection(AE);
    const seen: string[] = [];
    await broker.subscribe('a', 1, ({ payload }) => seen.push(payload.toString()));
    const deliver = (text: string): void =>
      made[0]!.handlers.get('a')?.({ topic: 'a', payload: Buffer.from(text), retained: false, qos: 1 });
    deliver('{"rsc":2000}');
    void broker.close();
    deliver('late');
    expect(seen).toEqual(['{"rsc":2000}']);
  });

  it('rejects what is pending when it is closed, and all after that', async () => {
    const subject = extension();
    subject.attach({ device: identity(1) });
    const broker = subject.openConnection(AE);
    made[0]!.publish.mockReturnValue(new Promise(() => undefined));
    const pending = broker.publish('a', 'x', SETTINGS);
    await Promise.all([broker.close(), expect(pending).rejects.toThrow('the sensor-ae left the MQTT connection')]);
    expect(await codeOf(broker.publish('a', 'x', SETTINGS))).toBe('CLOSED');
    expect(await codeOf(broker.subscribe('a', 1, () => undefined))).toBe('CLOSED');
  });

  it('counts in the status of the extension', () => {
    const subject = extension();
    subject.openConnection(AE);
    made[0]!.connect();
    expect(subject.status()).toMatchObject({ connected: true, sent: 1, received: 2, queued: 3, dropped: 4 });
  });
});

describe('a dedicated connection', () => {
  const dedicated = (client: Record<string, unknown> = {}): MqttExtension =>
    extension({ connection: 'dedicated', client: { will: { payloadContent: 'offline' }, ...client } });

  it('has the given client id and no will', async () => {
    const subject = dedicated();
    subject.attach({ device: identity(1) });
    const broker = subject.openConnection(AE);
    expect(made).toHaveLength(2);
    expect(made[1]!.options).toMatchObject({ clientId: 'A::Cae' });
    expect(made[1]!.options).not.toHaveProperty('will');
    void broker.close();
    await flushMicrotasks();
    expect(made.map(({ log }) => log)).toEqual([['open'], ['open', 'close']]);
    made[1]!.endClose();
    await flushMicrotasks();
    expect(subject.status()).toMatchObject({ sent: 1 });
  });

  it('says whose trouble it is, and counts for `connected`', () => {
    const subject = dedicated();
    const seen: string[] = [];
    subject.events.on('connected', () => seen.push('connected'));
    subject.events.on('disconnected', ({ message }) => seen.push(message));
    subject.attach({ device: identity(1) });
    subject.openConnection(AE);
    made[0]!.connect();
    made[1]!.events.emit('disconnected', new DeviceError('LINK_LOST', 'gone'));
    expect(seen).toEqual(['sensor-ae: gone']);
    made[1]!.connect();
    expect(seen).toEqual(['sensor-ae: gone', 'connected']);
  });

  it('is refused where its client id cannot be', async () => {
    const subject = dedicated({ protocolVersion: 3 });
    const first = subject.openConnection(AE);
    expect(() => subject.openConnection({ ...AE, label: 'other' })).toThrow(
      /^mqtt: the client id "A::Cae" of other is already connected/,
    );
    expect(() => subject.openConnection({ ...AE, clientId: 'x'.repeat(24) })).toThrow(/^clientID: .*23 characters/);
    expect(() => subject.openConnection({ ...AE, clientId: '' })).toThrow(/^clientID: must not be empty/);
    void first.close();
    await flushMicrotasks();
    subject.openConnection(AE);
    expect(made[1]!.log).toEqual([]);
    made[0]!.endClose();
    await flushMicrotasks();
    expect(made[1]!.log).toEqual(['open']);
    void subject.close();
    expect(() => subject.openConnection(AE)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('can have its session forgotten, if there is one', async () => {
    expect(dedicated().openConnection(AE).forget).toBeUndefined();
    const broker = dedicated({ cleanSession: false }).openConnection(AE);
    const forgetting = broker.forget?.();
    expect(made.at(-1)!.options).toMatchObject({ clientId: 'A::Cae', cleanSession: true, autoReconnect: false });
    made.at(-1)!.connect();
    await flushMicrotasks();
    expect(made.at(-1)!.log).toEqual(['open', 'close']);
    made.at(-1)!.endClose();
    await forgetting;
  });

  it('gives up forgetting after a second', async () => {
    const forgetting = dedicated({ cleanSession: false }).openConnection(AE).forget?.();
    await ports.clock.advance(1000);
    expect(made.at(-1)!.log).toEqual(['open', 'close']);
    made.at(-1)!.endClose();
    await forgetting;
  });
});

describe('close', () => {
  it('gives users that were at work a moment to say goodbye', async () => {
    const subject = extension();
    const broker = subject.openConnection(AE);
    broker.open();
    made[0]!.connect();
    await broker.subscribe('a', 1, () => undefined);
    void subject.close();
    await flushMicrotasks();
    expect(await codeOf(broker.publish('a', 'bye', SETTINGS))).toBe('resolved');
    void broker.close();
    await flushMicrotasks();
    expect(made[0]!.log).toEqual(['open', 'close']);
  });
});
