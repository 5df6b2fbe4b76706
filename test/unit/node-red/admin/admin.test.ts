import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  admin,
  deploy,
  logged,
  message,
  messages,
  robot,
  send,
  useNodeRed,
} from '../../../support/node-red/node-red-helper.ts';

useNodeRed();

const CANARY = 'canary-7Qx';
const EXTENSION = {
  id: 'ext',
  type: 'mqtt-extension',
  name: 'broker',
  client: { server: 'tcp://127.0.0.1:1', connectTimeout: '2s' },
  message: { topic: { prefix: 'plant' } },
};

let server: Server | undefined;
afterEach(async () => {
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
});

/** A server that does with each connection what it is told; answers its port. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const listening = createServer(onConnection);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return (listening.address() as AddressInfo).port;
}

describe('GET /devicelink/devices', () => {
  it('lists every device with its state, values and MQTT link, JSON-safe', async () => {
    await deploy([EXTENSION, robot({ mqtt: 'ext' })]);
    await message('out');
    const { body } = await admin().get('/devicelink/devices').expect(200).expect('Content-Type', /json/);
    expect(body).toMatchObject([
      {
        id: 'device',
        type: 'dummy-device',
        name: 'robot-1',
        namespace: 'default',
        state: 'healthy',
        lastSync: expect.stringMatching(/^\d{4}-.*Z$/),
        properties: [
          { name: 'a', type: 'int16', unit: 'mm', value: 7, quality: 'good', updatedAt: expect.stringMatching(/Z$/) },
          { name: 'b', type: 'int64', value: '9007199254740993', quality: 'good' },
          { name: 'c', type: 'string', value: 'ready', quality: 'good' },
        ],
        mqtt: { topic: 'plant/default/robot-1', connected: false, queued: expect.any(Number) },
      },
    ]);
  });

  it('tells a 64-bit integer as text whatever its value, as a test does', async () => {
    const properties = ['5', '9007199254740993'].map((value, index) => {
      return { name: `c${index}`, type: 'uint64', signal: { shape: 'constant', value } };
    });
    await deploy([robot({ properties })]);
    await message('out');
    const told = [{ value: '5' }, { value: '9007199254740993' }];
    const { body } = await admin().get('/devicelink/devices').expect(200);
    expect(body).toMatchObject([{ properties: told }]);
    const request = { type: 'dummy-device', config: robot({ properties }) };
    const probe = await admin().post('/devicelink/test').send(request).expect(200);
    expect(probe.body).toMatchObject({ ok: true, properties: told });
  });
});

describe('GET /devicelink/mqtt-extensions/:id/status', () => {
  it('is the observed status, and 404 for whatever is not such a node', async () => {
    await deploy([EXTENSION, robot({ mqtt: 'ext' })]);
    const { body } = await admin().get('/devicelink/mqtt-extensions/ext/status').expect(200);
    expect(body).toMatchObject({ connected: false, client: { server: 'tcp://127.0.0.1:1', keepAlive: '30s' } });
    await admin().get('/devicelink/mqtt-extensions/device/status').expect(404);
    await admin().get('/devicelink/mqtt-extensions/nowhere/status').expect(404);
    await admin().get('/devicelink/mqtt-extensions/__proto__/status').expect(404);
  });
});

describe('POST /devicelink/test', () => {
  const post = (body: object) => admin().post('/devicelink/test').send(body);

  it('connects and reads once with an unsaved configuration and writes nothing', async () => {
    await deploy([]);
    const config = robot({
      properties: [{ name: 'a', type: 'int16', value: 5, signal: { shape: 'constant', value: 7 } }],
    });
    const { body } = await post({ type: 'dummy-device', config }).expect(200);
    expect(body).toMatchObject({
      ok: true,
      problems: [],
      properties: [{ name: 'a', type: 'int16', value: 7, quality: 'good' }],
    });
    expect((await admin().get('/devicelink/devices')).body).toEqual([]);
  });

  it('names every wrong field', async () => {
    await deploy([]);
    const config = { kind: 'neither', parameters: { timeout: '7' }, mqtt: '${DEVICELINK_NOWHERE}' };
    const { body } = await post({ type: 'dummy-device', config }).expect(200);
    expect(body.ok).toBe(false);
    expect(body.problems.map(({ field }: { field: string }) => field)).toEqual(
      expect.arrayContaining(['kind', 'parameters.timeout']),
    );
  });

  it('says in words why a device does not answer', async () => {
    await deploy([]);
    const config = { protocol: { tcp: { endpoint: '127.0.0.1:1', workerID: 1 } }, properties: [] };
    const { body } = await post({ type: 'modbus-device', config }).expect(200);
    expect(body).toMatchObject({
      ok: false,
      error: { code: expect.any(String), message: expect.stringMatching(/127\.0\.0\.1:1/) },
    });
  });

  it.each([
    [{ type: 'no-such-type', config: {} }, /type: /],
    [{ type: 'dummy-device' }, /config: must be an object/],
    [{ type: 'dummy-device', config: [] }, /config: must be an object/],
    [{ type: 'mqtt-extension', config: 'x' }, /config: must be an object/],
    [{ type: 'dummy-device', config: {}, extension: 5 }, /extension: must be an object/],
    [{}, /type: /],
  ])('refuses a body of another form: %o', async (request, text) => {
    await deploy([]);
    const { body } = await post(request).expect(400);
    expect(body).toMatchObject({ ok: false, error: { code: 'CONFIG', message: expect.stringMatching(text) } });
  });

  it('uses the stored password where the dialog sends a placeholder, and never gives it back', async () => {
    let seen = '';
    const port = await listen((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        seen += chunk.toString('latin1');
        socket.end(Buffer.from([0x20, 0x02, 0x00, 0x05])); // CONNACK: not authorised
      });
    });
    const config = { ...EXTENSION, client: { server: `tcp://127.0.0.1:${port}`, protocolVersion: 4 } };
    await deploy([config], { ext: { username: 'operator', password: `${CANARY}-stored` } });
    for (const credentials of [{ password: '__PWRD__' }, undefined]) {
      seen = '';
      const { body, text } = await post({ type: 'mqtt-extension', id: 'ext', config, credentials }).expect(200);
      expect(seen).toContain(`${CANARY}-stored`);
      expect(seen).not.toContain('octopus-');
      expect(body).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^MQTT_|CONNECT/) } });
      expect(text).not.toContain(CANARY);
    }
    const { text } = await post({
      type: 'mqtt-extension',
      id: 'ext',
      config,
      credentials: { password: `${CANARY}-new` },
    });
    expect(seen).toContain(`${CANARY}-new`);
    expect(text).not.toContain(CANARY);
  });

  it('tests the extension of a device with it, and is bounded in time when the broker says nothing', async () => {
    const port = await listen((socket) => socket.on('error', () => undefined).resume());
    await deploy([]);
    const extension = {
      config: { ...EXTENSION, client: { server: `tcp://127.0.0.1:${port}`, connectTimeout: '300ms' } },
    };
    const started = Date.now();
    const { body } = await post({ type: 'dummy-device', config: robot(), extension }).expect(200);
    expect(Date.now() - started).toBeLessThan(8000);
    expect(body).toMatchObject({
      ok: false,
      properties: [{}, {}, {}],
      mqtt: { ok: false, error: { message: expect.any(String) } },
    });
  });
});

describe('secrets', () => {
  it('appear in no log line, status, message, error or answer', async () => {
    const bad = `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----`;
    await deploy(
      [
        EXTENSION,
        { ...EXTENSION, id: 'tls', client: { server: 'ssl://127.0.0.1:1' } },
        robot({ mqtt: 'ext' }),
        robot({ id: 'other', mqtt: 'tls' }),
      ],
      {
        ext: { username: 'operator', password: CANARY },
        tls: { password: CANARY, caFilePEM: CANARY, certFilePEM: CANARY, keyFilePEM: bad },
      },
    );
    await message('out', 1);
    await message('caught', 1);
    send('device', { action: 'nonsense' });
    await message('caught', 2);
    const answers = await Promise.all([
      admin().get('/devicelink/devices'),
      admin().get('/devicelink/mqtt-extensions/ext/status'),
      admin().get('/devicelink/mqtt-extensions/tls/status'),
      admin()
        .post('/devicelink/test')
        .send({ type: 'dummy-device', config: robot({ mqtt: 'tls' }) }),
    ]);
    const everything = [
      logged(),
      ...answers.map(({ text }) => text),
      ...['out', 'caught', 'states'].map((id) =>
        JSON.stringify(messages(id), (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      ),
    ].join('\n');
    expect(everything).toContain('keyFilePEM');
    expect(everything).not.toContain(CANARY);
  });
});
