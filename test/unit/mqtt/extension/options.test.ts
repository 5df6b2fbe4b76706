import { describe, expect, it } from 'vitest';
import { parseExtension, type ExtensionConfig } from '../../../../src/mqtt/extension/options';

const environment = {
  readFile: (): string => {
    throw new Error('no file is read here');
  },
  extensionId: 'a1b2c3d4e5f60718',
  extensionUid: '014997f5-1f12-498b-8631-d2f22920e20a',
};
const server = 'tcp://127.0.0.1:1883';

const parse = (raw: Record<string, unknown>, credentials = {}): ExtensionConfig => {
  const result = parseExtension(raw, credentials, environment);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
};

const problemsOf = (raw: Record<string, unknown>, credentials = {}): Record<string, string> => {
  const result = parseExtension(raw, credentials, environment);
  if (result.ok) throw new Error('accepted');
  return Object.fromEntries(result.problems.map(({ field, message }) => [field, message]));
};

const problemsOfClient = (client: Record<string, unknown>, credentials = {}): Record<string, string> =>
  problemsOf({ client: { server, ...client }, message: { topic: { prefix: 'p' } } }, credentials);

describe('parseExtension', () => {
  it('has the defaults of the specification', () => {
    expect(parse({ client: { server } })).toEqual({
      name: '',
      uid: environment.extensionUid,
      connection: 'shared',
      client: {
        server: { transport: 'tcp', host: '127.0.0.1', port: 1883, text: server },
        protocolVersion: 0,
        cleanSession: true,
        store: { type: 'memory' },
        resumeSubs: false,
        connectTimeoutMs: 30_000,
        keepAliveMs: 30_000,
        pingTimeoutMs: 10_000,
        order: true,
        writeTimeoutMs: 30_000,
        autoReconnect: true,
        maxReconnectIntervalMs: 600_000,
        messageChannelDepth: 100,
        maximumPacketSize: 16_777_216,
        replayRate: 500,
        httpHeaders: {},
      },
      message: {
        topic: { with: 'nn' },
        context: { path: '', operator: '' },
        payloadEncode: 'raw',
        qos: 0,
        retained: false,
        waitTimeoutMs: 0,
      },
      publish: {},
      warnings: [],
    });
  });

  it('takes empty text for absent, as dialogs save it', () => {
    const will = { topic: { name: '' }, payloadEncode: 'raw', payloadContent: 'offline', qos: 0, retained: false };
    const config = parse({
      client: {
        server,
        clientID: '',
        will,
        tlsConfig: { serverName: '' },
        store: { type: 'memory', directoryPrefix: '' },
      },
      message: { topic: { name: '', prefix: 'plant', with: 'nn' } },
    });
    expect(config.client).not.toHaveProperty('clientId');
    expect(config.client.will).toMatchObject({ topic: { with: 'nn' }, payload: Buffer.from('offline') });
    expect(config.message.topic).toEqual({ prefix: 'plant', with: 'nn' });
  });

  it('takes a will without topic and content for none', () => {
    const will = { topic: { name: '' }, payloadEncode: 'raw', payloadContent: '', qos: 0, retained: false };
    expect(parse({ client: { server, will } }).client).not.toHaveProperty('will');
  });

  it('takes numbers and booleans as text, as ${ENV} yields them', () => {
    const client = { server, protocolVersion: '5', cleanSession: 'false', messageChannelDepth: '7', order: 'false' };
    const config = parse({ client, message: { qos: '2', retained: 'true' }, connection: 'dedicated' });
    expect(config.client).toMatchObject({
      protocolVersion: 5,
      cleanSession: false,
      messageChannelDepth: 7,
      order: false,
    });
    expect(config.message).toMatchObject({ qos: 2, retained: true });
    expect(config.connection).toBe('dedicated');
  });

  it.each([
    ['0s', 0],
    ['1ms', 1000],
    ['29.5s', 30_000],
    ['30s', 30_000],
    ['24h', 65_535_000],
  ])('makes whole seconds of keepAlive %s', (keepAlive, ms) => {
    expect(parse({ client: { server, keepAlive } }).client.keepAliveMs).toBe(ms);
  });

  it('lets 0 mean never', () => {
    const client = { server, connectTimeout: '0s', writeTimeout: '0', maxReconnectInterval: '0s' };
    expect(parse({ client }).client).toMatchObject({
      connectTimeoutMs: 0,
      writeTimeoutMs: 0,
      maxReconnectIntervalMs: 0,
    });
  });

  it('reads user name, password and headers', () => {
    const httpHeaders = { 'X-Tenant': ['a', 'b'], 'X-One': 'c' };
    const config = parse({ client: { server, httpHeaders } }, { username: 'joe', password: 'hunter2' });
    expect(config.client).toMatchObject({ username: 'joe', password: 'hunter2' });
    expect(config.client.httpHeaders).toEqual({ 'X-Tenant': ['a', 'b'], 'X-One': ['c'] });
    expect(parse({ client: { server } }, { username: 'joe' }).client).not.toHaveProperty('password');
    expect(parse({ client: { server, protocolVersion: 5 } }, { password: 'token' }).client.password).toBe('token');
  });

  it('uses the node id where there is no uid', () => {
    const result = parseExtension({ client: { server } }, {}, { ...environment, extensionUid: '' });
    expect(result).toMatchObject({ ok: true, value: { uid: 'a1b2c3d4e5f60718' } });
  });
});

describe('bad input', () => {
  it.each([
    [{ server: '' }, 'client.server', /required/],
    [{ server: 'broker:1883' }, 'client.server', /scheme/],
    [{ server: 'foo://broker' }, 'client.server', /unknown scheme/],
    [{ server: 'tcp://broker:0' }, 'client.server', /port from 1 to 65535/],
    [{ protocolVersion: 6 }, 'client.protocolVersion', /0 \(automatic\), 3/],
    [{ protocolVersion: 3, clientID: 'x'.repeat(24) }, 'client.clientID', /at most 23/],
    [{ keepAlive: 30 }, 'client.keepAlive', /not the number 30/],
    [{ keepAlive: '30' }, 'client.keepAlive', /needs a unit/],
    [{ connectTimeout: '-5s' }, 'client.connectTimeout', /negative/],
    [{ writeTimeout: 'abc' }, 'client.writeTimeout', /duration/],
    [{ maxReconnectInterval: '1000h' }, 'client.maxReconnectInterval', /at most/],
    [{ messageChannelDepth: -1 }, 'client.messageChannelDepth', /whole number/],
    [{ replayRate: 0.5 }, 'client.replayRate', /whole number/],
    [{ cleanSession: 'maybe' }, 'client.cleanSession', /true or false/],
    [{ store: { type: 'file', durability: 'never' } }, 'client.store.durability', /always, interval/],
    [{ store: { type: 'file', maxBytes: 1 } }, 'client.store.maxBytes', /from 1000000 /],
    [{ messageChannelDepth: 100_001 }, 'client.messageChannelDepth', /to 100000,/],
    [{ store: { type: 'disk' } }, 'client.store.type', /memory, file/],
    [{ will: { topic: { name: 'a' } } }, 'client.will.payloadContent', /required/],
    [{ will: { payloadContent: '%%%', payloadEncode: 'base64' } }, 'client.will.payloadContent', /Base64/],
    [{ will: { payloadContent: 'x', qos: 3 } }, 'client.will.qos', /0 to 2/],
    [{ will: { payloadContent: 'x', topic: { name: 'a/#' } } }, 'client.will.topic.name', /wildcard/],
    [{ will: { payloadContent: 'x', topic: { prefix: 'a' } } }, 'client.will.topic.prefix', /name/],
    [{ tlsConfig: { serverName: '10.0.0.1' } }, 'client.tlsConfig.serverName', /host name/],
    [{ httpHeaders: { 'a b': 'x' } }, 'client.httpHeaders.a b', /name/],
    [{ httpHeaders: { Upgrade: 'x' } }, 'client.httpHeaders.Upgrade', /handshake/],
    [{ httpHeaders: { A: 'x\r\nB: y' } }, 'client.httpHeaders.A', /line breaks/],
    [{ httpHeaders: { A: [1] } }, 'client.httpHeaders.A', /text/],
  ])('%j is an error of %s', (client, field, message) => {
    expect(problemsOfClient(client)).toEqual({ [field]: expect.stringMatching(message) });
  });

  it.each([
    [{ topic: { name: 'a/+' } }, 'message.topic.name', /wildcard/],
    [{ topic: { name: '$SYS/a' } }, 'message.topic.name', /\$SYS/],
    [{ topic: { prefix: 'a/' } }, 'message.topic.prefix', /end with/],
    [{ topic: { prefix: 'a', with: 'id' } }, 'message.topic.with', /nn, uid/],
    [{ topic: { template: 'a/#' } }, 'message.topic.template', /wildcard/],
    [{ qos: 'high' }, 'message.qos', /number/],
    [{ payloadEncode: 'hex' }, 'message.payloadEncode', /raw, base64/],
    [{ waitTimeout: '5' }, 'message.waitTimeout', /unit/],
  ])('message %j is an error of %s', (message, field, expected) => {
    expect(problemsOf({ client: { server }, message })).toEqual({ [field]: expect.stringMatching(expected) });
  });

  it('finds all problems in one pass', () => {
    const raw = {
      client: { keepAlive: '30', will: { payloadContent: 'x', qos: 3 } },
      message: { qos: 7 },
      connection: 'both',
    };
    expect(Object.keys(problemsOf(raw))).toEqual([
      'client.server',
      'client.will.qos',
      'client.keepAlive',
      'message.qos',
      'connection',
      'client.will.topic.name',
    ]);
  });

  it('refuses a password without user name before MQTT 5', () => {
    expect(problemsOfClient({ protocolVersion: 4 }, { password: 'hunter2' })).toEqual({
      username: expect.stringMatching(/required/),
    });
  });

  it('wants a topic for the will of a shared connection whose devices have nothing in common', () => {
    const client = { server, will: { payloadContent: 'x' } };
    expect(problemsOf({ client })).toHaveProperty(['client.will.topic.name']);
    expect(problemsOf({ client, message: { topic: { template: ':namespace/:name' } } })).toHaveProperty([
      'client.will.topic.name',
    ]);
    expect(parse({ client, connection: 'dedicated' }).client.will).toBeDefined();
    expect(parse({ client, message: { topic: { template: 'a/:name' } } }).client.will).toBeDefined();
  });

  it.each([
    { server: 'tcp://joe:hunter2@broker' },
    { httpHeaders: 'Authorization: hunter2' },
    { httpHeaders: { Authorization: { a: 'hunter2' } } },
    { basicAuth: 'joe:hunter2' },
    { tlsConfig: 'hunter2' },
  ])('never repeats a secret: %j', (client) => {
    expect(JSON.stringify(problemsOfClient(client))).not.toContain('hunter2');
  });

  it.each([[{}], [{ client: 'x' }], [{ client: [] }], [{ client: { server: 7 }, message: 1 }], [{ message: null }]])(
    'never throws: %j',
    (raw) => {
      expect(parseExtension(raw, {}, environment).ok).toBe(false);
    },
  );
});

describe('names of other generations (docs/facts/octopus.md#other-spellings)', () => {
  it('takes the misspelt names of the specification page', () => {
    const { client } = parse({
      client: {
        server,
        basicAuth: { username: 'joe', passsword: 'hunter2' },
        store: { type: 'Memory', direcotryPrefix: '/var/lib/x' },
        connectionTime: '5s',
      },
      message: { retainted: true },
    });
    expect(client).toMatchObject({ username: 'joe', password: 'hunter2', connectTimeoutMs: 5000 });
    expect(parse({ client: { server, store: { type: 'File' } } }).client.store).toMatchObject({ type: 'file' });
  });

  it('prefers the right name, and credentials over the flow', () => {
    const raw = {
      client: { server, connectTimeout: '1s', connectionTime: '5s', basicAuth: { username: 'a', password: 'b' } },
    };
    expect(parse(raw, { username: 'c' }).client).toMatchObject({
      connectTimeoutMs: 1000,
      username: 'c',
      password: 'b',
    });
  });

  it('takes a topic as text, a will under message and waitTimeout under client', () => {
    const { client, message } = parse({
      client: { server, waitTimeout: '3s' },
      message: {
        topic: 'a/:operator/:name',
        operator: { write: 'set' },
        path: 'x',
        will: { topic: 'gone', content: 'Y2xvc2Vk' },
      },
    });
    expect(message).toMatchObject({
      topic: { template: 'a/:operator/:name' },
      context: { operator: 'set', path: 'x' },
      waitTimeoutMs: 3000,
    });
    expect(client.will).toMatchObject({
      topic: { template: 'gone' },
      payloadEncode: 'base64',
      payload: Buffer.from('closed'),
      qos: 1,
      retained: true,
    });
  });
});
