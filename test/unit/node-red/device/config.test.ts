import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  admin,
  deploy,
  errorOf,
  message,
  messages,
  messageWhere,
  redeploy,
  robot,
  send,
  statusWhere,
  useNodeRed,
} from '../../../support/node-red/node-red-helper.ts';

useNodeRed();
afterEach(() => {
  vi.unstubAllEnvs();
});

const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a misconfigured device node', () => {
  const broken = robot({
    kind: 'neither',
    parameters: { syncInterval: '30', timeout: 'abc' },
    output: { when: 'always' },
  });

  it('shows a red dot, tells all fields in one error, and answers every message with it', async () => {
    await deploy([broken]);
    const error = await errorOf('caught');
    for (const field of ['kind', 'parameters.syncInterval', 'parameters.timeout', 'output.when']) {
      expect(error.message).toContain(`${field}: `);
    }
    expect(error.code).toBe('CONFIG');
    expect((await message('states')).status!).toMatchObject({ fill: 'red', shape: 'dot', state: 'misconfigured' });
    send('device', { _msgid: 'm1', payload: { a: 1 } });
    expect(await message('caught', 1)).toMatchObject({ _msgid: 'm1', error: { code: 'CONFIG' } });
    await settled();
    expect(messages('caught')).toHaveLength(2);
    expect(messages('out')).toEqual([]);
  });

  it('is listed as such, and runs after a redeploy with the fields put right', async () => {
    await deploy([broken]);
    await message('caught');
    const before = await admin().get('/devicelink/devices').expect(200);
    expect(before.body).toMatchObject([
      { id: 'device', state: 'misconfigured', lastError: { code: 'CONFIG' }, properties: [] },
    ]);
    await redeploy([robot()]);
    await message('out');
    const after = await admin().get('/devicelink/devices').expect(200);
    expect(after.body).toMatchObject([{ id: 'device', state: 'healthy' }]);
  });
});

describe('the environment', () => {
  it('is replaced in every field, whole and embedded, numbers included', async () => {
    vi.stubEnv('DEVICELINK_SITE', 'north');
    vi.stubEnv('DEVICELINK_VALUE', '12');
    vi.stubEnv('DEVICELINK_SYNC', '3600');
    await deploy([
      robot({
        name: 'pump-${DEVICELINK_SITE}',
        namespace: '${DEVICELINK_SITE}',
        parameters: { syncInterval: '${DEVICELINK_SYNC}s', timeout: '1s' },
        properties: [{ name: 'a', type: 'int16', signal: { shape: 'constant', value: '${DEVICELINK_VALUE}' } }],
      }),
    ]);
    expect(await message('out')).toMatchObject({ topic: 'north/pump-north', payload: { a: 12 } });
  });

  it('of a flow and of a group counts, too', async () => {
    await deploy([
      { id: 'g', type: 'group', z: 'f', nodes: ['device'], env: [{ name: 'LINE', value: 'line-3', type: 'str' }] },
      robot({ g: 'g', name: '${LINE}-x' }),
    ]);
    expect((await message('out')).device!.name).toBe('line-3-x');
  });

  it('names a variable that is not set, and the field', async () => {
    await deploy([robot({ parameters: { syncInterval: '${DEVICELINK_NOWHERE}' } })]);
    const error = await errorOf('caught');
    expect(error.message).toBe('parameters.syncInterval: the environment variable DEVICELINK_NOWHERE is not set');
  });
});

describe('the MQTT part', () => {
  // Node-RED 5.0.7 does not start such a config node: "Circular config node dependency detected" (its Flow.js).
  it.each([
    [
      'named like its id',
      { name: 'ext' },
      'its name is the same as its id, which counts as a circular dependency: give it another one',
    ],
    [
      'with a uid like its id',
      { uid: 'ext' },
      'its uid is the same as its id, which counts as a circular dependency: give it another one',
    ],
    ['and another one, named like the id of each other', { name: 'other' }, 'the log of Node-RED says why'],
  ])(
    'says of an extension that Node-RED does not start what is seen: %s',
    async (_what, own: { name?: string; uid?: string }, why) => {
      const extension = { type: 'mqtt-extension', client: { server: 'tcp://127.0.0.1:1' } };
      const other = { id: 'other', name: own.name === 'other' ? 'ext' : '', ...extension };
      await deploy([other, { id: 'ext', ...own, ...extension }, robot({ mqtt: 'ext' })]);
      expect((await errorOf('caught')).message).toBe(`mqtt: Node-RED has not started this MQTT extension; ${why}`);
      await message('out');
    },
  );

  it.each([
    [{ mqtt: 'no-such-node' }, /^mqtt: this MQTT extension does not exist or is disabled$/],
    [{ mqtt: 'out' }, /^mqtt: this MQTT extension does not exist or is disabled$/],
    [
      { mqtt: 'ext', publish: { when: 'sometimes', payload: 'xml' } },
      /publish\.payload.*publish\.when|publish\.when.*publish\.payload/,
    ],
    [{ mqtt: 'ext', publish: { timestamp: 'a' } }, /^publish\.timestamp: must not be the name of a property, got "a"$/],
    [{ mqtt: 'ext', message: { topic: { name: 'a/#' } } }, /message\.topic/],
    [
      { mqtt: 'ext', message: { topic: { name: '${DEVICELINK_NOWHERE}' } } },
      /message\.topic\.name: .*DEVICELINK_NOWHERE is not set/,
    ],
  ])('when wrong leaves the device polling and tells which field: %o', async (part, text) => {
    await deploy([
      {
        id: 'ext',
        type: 'mqtt-extension',
        client: { server: 'tcp://127.0.0.1:1' },
        message: { topic: { prefix: 'p' } },
      },
      robot(part),
    ]);
    expect((await message('out')).payload).toMatchObject({ a: 7 });
    const caught = await messageWhere('caught', (msg) => msg.error!.code === 'CONFIG');
    expect(caught.error!.message).toMatch(text);
    const status = await statusWhere('states', (msg) => msg.status!.state === 'healthy');
    expect(status).toMatchObject({ fill: 'yellow', code: 'CONFIG' });
  });

  it('of a misconfigured extension reaches the Catch node of its users once, with all fields', async () => {
    await deploy([
      {
        id: 'ext',
        type: 'mqtt-extension',
        client: { server: 'localhost', keepAlive: '30' },
        message: { topic: { prefix: 'p' } },
      },
      robot({ mqtt: 'ext' }),
    ]);
    await message('out');
    const caught = messages('caught').filter((msg) => msg.error!.code === 'CONFIG');
    expect(caught).toHaveLength(1);
    expect(caught[0]!.error!).toMatchObject({ source: { id: 'ext', type: 'mqtt-extension' } });
    expect(caught[0]!.error!.message).toMatch(/client\.server: .*client\.keepAlive: /);
    await messageWhere('states', (msg) => msg.status!.state === 'healthy' && msg.status!.fill === 'yellow');
  });

  it('of a broker that is not there is told once, on the Catch and Status nodes of the users', async () => {
    await deploy([
      {
        id: 'ext',
        type: 'mqtt-extension',
        client: { server: 'tcp://127.0.0.1:1' },
        message: { topic: { prefix: 'p' } },
      },
      robot({ mqtt: 'ext' }),
    ]);
    const caught = await message('caught');
    expect(caught.error!.source.id).toBe('ext');
    const status = await statusWhere('states', (msg) => msg.status!.source.id === 'ext');
    expect(status).toMatchObject({ fill: 'red', shape: 'ring', state: 'unhealthy' });
    expect((await message('out')).topic).toBe('p/default/robot-1');
    expect((await message('out')).status!['extension']).toMatchObject({ mqtt: { connected: false } });
    expect(messages('caught')).toHaveLength(1);
  });

  it('of a queue that is full is told once, and shows on the badge', async () => {
    await deploy([
      {
        id: 'ext',
        type: 'mqtt-extension',
        client: { server: 'tcp://127.0.0.1:1', messageChannelDepth: 2 },
        message: { topic: { prefix: 'p' }, qos: 1 },
      },
      robot({ mqtt: 'ext', parameters: { syncInterval: '5ms' } }),
    ]);
    const caught = await messageWhere('caught', (msg) => msg.error!.code === 'MQTT_QUEUE_FULL');
    expect(caught.error!.message).toMatch(/^the queue is full \(2 messages\)/);
    await statusWhere('states', (msg) => msg.status!.fill === 'yellow' && msg.status!['code'] === 'MQTT_QUEUE_FULL');
    for (let more = 0; more < 5; more++) await message('out');
    expect(messages('caught').filter((msg) => msg.error!.code === 'MQTT_QUEUE_FULL')).toHaveLength(1);
  });
});
