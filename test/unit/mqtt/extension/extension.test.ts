import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors';
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
  const config = extensionConfig({ message: { topic: { prefix: 'plant' } }, ...raw, client });
  return new MqttExtension(config, ports, (options) => {
    made.push(new FakeConnection(options));
    return made.at(-1)!;
  });
};

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as DeviceError).code,
  );

describe('a shared connection', () => {
  it('opens with its first user and closes with its last', async () => {
    const subject = extension();
    expect(made).toHaveLength(0);
    const one = subject.attach({ device: identity(1) });
    const two = subject.attach({ device: identity(2) });
    expect(made).toHaveLength(1);
    expect(made[0]!.log).toEqual(['open']);
    await one.detach();
    expect(made[0]!.log).toEqual(['open']);
    void two.detach();
    expect(made[0]!.log).toEqual(['open', 'close']);
  });

  it('has the client id of the extension and a will where all topics begin', () => {
    extension({ client: { will: { payloadContent: 'offline' } } }).attach({ device: identity(1) });
    expect(made[0]!.options).toMatchObject({
      clientId: 'octopus-9e8efcb04b7945e7a4c43349562292e3',
      will: { topic: 'plant/$will', payload: Buffer.from('offline') },
    });
  });

  it('waits for the end of the last connection before it opens again', async () => {
    const subject = extension();
    const gone = subject.attach({ device: identity(1) }).detach();
    await flushMicrotasks();
    subject.attach({ device: identity(1) });
    await flushMicrotasks();
    expect(made[1]!.log).toEqual([]);
    made[0]!.endClose();
    await gone;
    await flushMicrotasks();
    expect(made[1]!.log).toEqual(['open']);
  });

  it('tells every link and, once, the extension', () => {
    const subject = extension();
    const seen: string[] = [];
    const links = [1, 2].map((number) => subject.attach({ device: identity(number) }));
    for (const [index, link] of links.entries()) {
      link.events.on('connected', () => seen.push(`connected ${index}`));
      link.events.on('disconnected', ({ message }) => seen.push(`${message} ${index}`));
    }
    subject.events.on('connected', () => seen.push('connected'));
    subject.events.on('disconnected', ({ message }) => seen.push(message));
    subject.events.on('problem', ({ message }) => seen.push(message));
    made[0]!.connect();
    made[0]!.events.emit('disconnected', new DeviceError('LINK_LOST', 'gone'));
    made[0]!.events.emit('problem', new DeviceError('X', 'odd'));
    expect(seen).toEqual(['connected 0', 'connected 1', 'connected', 'gone 0', 'gone 1', 'gone', 'odd']);
  });

  it('ends the subscriptions of a device that leaves others behind, and its pending publishes', async () => {
    const subject = extension();
    const one = subject.attach({ device: identity(1) });
    subject.attach({ device: identity(2) });
    await one.subscribe('set', () => undefined);
    made[0]!.publish.mockReturnValue(new Promise(() => undefined));
    const pending = codeOf(one.publish('x'));
    await one.detach();
    expect(made[0]!.log).toEqual(['open', 'unsubscribe plant/default/device-1/set']);
    expect(await pending).toBe('CLOSED');
    expect(await codeOf(one.publish('x'))).toBe('CLOSED');
    expect(await codeOf(one.subscribe('x', () => undefined))).toBe('CLOSED');
  });
});

describe('dedicated connections', () => {
  it('have a client id and a will of their own', () => {
    const subject = extension({ connection: 'dedicated', client: { will: { payloadContent: 'x' } } });
    for (const number of [1, 2]) subject.attach({ device: identity(number) });
    expect(made.map(({ options }) => [options.clientId, options.will?.topic])).toEqual([
      ['octopus-00000000000040008000000000000001', 'plant/default/device-1/$will'],
      ['octopus-00000000000040008000000000000002', 'plant/default/device-2/$will'],
    ]);
  });

  it('derive their client ids from a given one', () => {
    extension({ connection: 'dedicated', client: { clientID: 'gateway' } }).attach({ device: identity(1) });
    expect(made[0]!.options.clientId).toBe('gateway-00000000000040008000000000000001');
  });

  it('have the client id as it is given, with its keywords replaced', () => {
    const dedicated = (clientID: string): MqttExtension =>
      extension({ version: 2, connection: 'dedicated', client: { clientID } });
    dedicated('gateway').attach({ device: identity(1) });
    const subject = dedicated('gw-:namespace-:name');
    for (const number of [1, 2]) subject.attach({ device: identity(number) });
    expect(made.map(({ options }) => options.clientId)).toEqual([
      'gateway',
      'gw-default-device-1',
      'gw-default-device-2',
    ]);
    expect(subject.status().client.clientID).toBe('gw-:namespace-:name');
  });

  it('refuse a second device with the same client id, by name, until the first has left', () => {
    const subject = extension({ version: 2, connection: 'dedicated', client: { clientID: 'gateway' } });
    const first = subject.attach({ device: identity(1) });
    expect(() => subject.attach({ device: identity(2) })).toThrow(
      'mqtt: the client id "gateway" is already that of default/device-1; add :uid to the clientID of the MQTT extension, so that each device has its own',
    );
    void first.detach();
    subject.attach({ device: identity(2) });
  });

  it('refuse a second device with the same uid', () => {
    const subject = extension({ connection: 'dedicated' });
    subject.attach({ device: identity(1) });
    const twin = { ...identity(2), uid: identity(1).uid };
    expect(() => subject.attach({ device: twin })).toThrow(/^uid: is also that of the device default\/device-1/);
  });

  it('take changed settings when a device comes back', async () => {
    const subject = extension({ connection: 'dedicated', client: { will: { payloadContent: 'x' } } });
    void subject.attach({ device: identity(1) }).detach();
    subject.attach({ device: identity(1), message: { topic: { name: 'new' } } });
    await flushMicrotasks();
    made[0]!.endClose();
    await flushMicrotasks();
    expect(made[1]).toMatchObject({ options: { will: { topic: 'new/$will' } }, log: ['open'] });
  });

  it('count as connected when all are, and tell whose trouble it is', () => {
    const subject = extension({ connection: 'dedicated' });
    const seen: string[] = [];
    for (const number of [1, 2]) subject.attach({ device: identity(number) });
    subject.events.on('connected', () => seen.push('connected'));
    subject.events.on('disconnected', ({ message }) => seen.push(message));
    made[0]!.connect();
    expect(seen).toEqual([]);
    expect(subject.status()).toMatchObject({ connected: false, sent: 2, received: 4, queued: 6, dropped: 8 });
    made[1]!.connect();
    made[1]!.events.emit('disconnected', new DeviceError('LINK_LOST', 'gone'));
    expect(seen).toEqual(['connected', 'default/device-2: gone']);
  });
});

describe('attach', () => {
  it.each([
    [{}, { topic: {} }, 'message.topic.prefix: is required'],
    [{ topic: { name: 'a/#' } }, { topic: { prefix: 'p' } }, 'message.topic.name: must not contain the wildcard #'],
    [{ topic: { name: '$SYS/x' } }, {}, 'message.topic.name: must not be in the broker'],
    [{ qos: 5 }, { topic: { prefix: 'p' } }, 'message.qos: must be a whole number from 0 to 2'],
    [{ topic: 'a/+' }, {}, 'message.topic.template: must not contain the wildcards'],
  ])('refuses device message %j over %j', (message, own, text) => {
    const subject = extension({ message: own });
    const attempt = (): unknown => subject.attach({ device: identity(1), message });
    expect(attempt).toThrow(expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(text) }));
    expect(made).toHaveLength(0);
  });

  it('names the field of the device', () => {
    expect(() => extension().attach({ device: { ...identity(1), name: 'a+b' } })).toThrow(
      /^name: is part of the topic/,
    );
  });

  it('lets a device override the topic and the rest of the message', async () => {
    const message = { topic: { template: ':operator/:name' }, operator: { write: 'set' }, qos: '2', waitTimeout: '3s' };
    const link = extension({ message: { topic: { prefix: 'plant' }, retained: true } }).attach({
      device: identity(1),
      message,
    });
    await link.publish({ a: 1 });
    expect(link.topic).toBe('set/device-1');
    const settings = { qos: 2, retained: true, waitTimeoutMs: 3000 };
    expect(made[0]!.publish).toHaveBeenCalledWith('set/device-1', '{"a":1}', settings);
    await link.publish('online', { suffix: '$availability', qos: 1, retained: false });
    expect(made[0]!.publish).toHaveBeenLastCalledWith('set/device-1/$availability', 'online', {
      qos: 1,
      retained: false,
      waitTimeoutMs: 3000,
    });
  });

  it('logs a warning of insecureSkipVerify once', () => {
    const subject = extension({ client: { server: 'mqtts://broker', tlsConfig: { insecureSkipVerify: true } } });
    subject.attach({ device: identity(1) });
    subject.attach({ device: identity(2) });
    expect(ports.log.lines).toEqual([expect.stringMatching(/^warn: .*insecureSkipVerify/)]);
  });
});

describe('base64', () => {
  const message = { topic: { prefix: 'p' }, payloadEncode: 'base64' };

  it('encodes what is published, unless it should stay plain', async () => {
    const link = extension({ message }).attach({ device: identity(1) });
    await link.publish('tested');
    await link.publish('online', { plain: true });
    expect(made[0]!.publish.mock.calls.map(([, payload]) => payload)).toEqual(['dGVzdGVk', 'online']);
  });

  it('decodes what comes, and tells of what cannot be decoded', async () => {
    const link = extension({ message }).attach({ device: identity(1) });
    const got: string[] = [];
    const problems: DeviceError[] = [];
    link.events.on('problem', (problem) => problems.push(problem));
    await link.subscribe('set', ({ payload }) => got.push(payload.toString()));
    const topic = 'p/default/device-1/set';
    const receive = made[0]!.handlers.get(topic)!;
    for (const text of ['dGVzdGVk', '%%%', 'b2s']) {
      receive({ topic, payload: Buffer.from(text), retained: false, qos: 0 });
    }
    expect(got).toEqual(['tested', 'ok']);
    expect(problems).toEqual([expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringContaining(topic) })]);
  });

  it('a handler that throws is a problem, not a crash', async () => {
    const link = extension().attach({ device: identity(1) });
    const problems: DeviceError[] = [];
    link.events.on('problem', (problem) => problems.push(problem));
    await link.subscribe('set', () => {
      throw new Error('oops');
    });
    const [topic, receive] = [...made[0]!.handlers][0]!;
    receive({ topic, payload: Buffer.from('x'), retained: false, qos: 0 });
    expect(problems).toEqual([expect.objectContaining({ message: expect.stringContaining('oops') })]);
  });
});

describe('close', () => {
  it('detaches all and settles although the connection does not close', async () => {
    const subject = extension();
    subject.attach({ device: identity(1) });
    const closed = subject.close();
    await ports.clock.advance(5000);
    await closed;
    expect(() => subject.attach({ device: identity(2) })).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(ports.clock.pending).toEqual([]);
  });

  it('gives devices that were at work a moment to say goodbye', async () => {
    const subject = extension();
    const link = subject.attach({ device: identity(1) });
    made[0]!.connect();
    await link.publish('online');
    const closed = subject.close();
    await ports.clock.advance(500);
    await link.publish('offline');
    expect(made[0]!.log).toEqual(['open']);
    void link.detach();
    await flushMicrotasks();
    made[0]!.endClose();
    await closed;
    expect(ports.clock.pending).toEqual([]);
  });

  it('settles without any user, and twice', async () => {
    const subject = extension();
    await Promise.all([subject.close(), subject.close()]);
    expect(made).toHaveLength(0);
  });
});
