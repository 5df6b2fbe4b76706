import { describe, expect, it } from 'vitest';
import {
  admin,
  deploy,
  message,
  messages,
  messageWhere,
  robot,
  useNodeRed,
} from '../../../support/node-red/node-red-helper.ts';

useNodeRed();

const client = { server: 'tcp://127.0.0.1:1' };
const topic = { prefix: 'plant' };

/** Everything Catch nodes and the log were told about configurations. */
async function configError(id: string): Promise<string> {
  const msg = await messageWhere('caught', ({ error }) => error!.source['id'] === id && error!.code === 'CONFIG');
  return msg.error!.message;
}

describe('a bad mqtt-extension', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'server without scheme',
      { client: { server: '127.0.0.1:1883' } },
      /client\.server: .*"127\.0\.0\.1:1883"|client\.server: .*scheme/,
    ],
    ['unknown scheme', { client: { server: 'http://127.0.0.1:1883' } }, /client\.server: .*http/],
    ['port 0', { client: { server: 'tcp://127.0.0.1:0' } }, /client\.server: .*port/],
    ['no server', { client: { server: '' } }, /client\.server: /],
    ['duration without unit', { client: { ...client, keepAlive: '30' } }, /client\.keepAlive: .*"30s"/],
    ['negative duration', { client: { ...client, pingTimeout: '-5s' } }, /client\.pingTimeout: .*negative/],
    ['no duration', { client: { ...client, writeTimeout: 'abc' } }, /client\.writeTimeout: .*"abc"/],
    [
      'client id too long for 3.1',
      { client: { ...client, protocolVersion: 3, clientID: 'x'.repeat(24) } },
      /client\.clientID: .*23/,
    ],
    ['store of a kind that there is not', { client: { ...client, store: { type: 'disk' } } }, /client\.store\.type: /],
    ['wildcard in the topic', { message: { topic: { name: 'plant/+/x' } } }, /message\.topic\.name: /],
    ['reserved topic', { message: { topic: { name: '$SYS/x' } } }, /message\.topic\.name: /],
  ])('says which field is wrong, and the device is polled all the same: %s', async (_title, bad, text) => {
    await deploy([{ id: 'ext', type: 'mqtt-extension', client, message: { topic }, ...bad }, robot({ mqtt: 'ext' })]);
    expect((await message('out')).payload).toMatchObject({ a: 7 });
    expect(await configError('ext')).toMatch(text);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['prefix mode without prefix', { with: 'nn', prefix: '' }, /message\.topic/],
    ['empty topic', {}, /message\.topic/],
  ])('or the device itself says so: %s', async (_title, bad, text) => {
    await deploy([{ id: 'ext', type: 'mqtt-extension', client, message: { topic: bad } }, robot({ mqtt: 'ext' })]);
    await message('out');
    const { error } = await messageWhere('caught', (msg) => msg.error!.code === 'CONFIG');
    expect(error!.message).toMatch(text);
  });

  it.each<[string, Record<string, string>]>([
    ['caFilePEM', { caFilePEM: 'not a PEM' }],
    ['keyFilePEM', { keyFilePEM: 'not a PEM' }],
    ['certFilePEM', { certFilePEM: 'file:/nowhere/client.pem' }],
  ])('says that a PEM is none: %s', async (field, credentials) => {
    await deploy(
      [
        { id: 'ext', type: 'mqtt-extension', client: { server: 'ssl://127.0.0.1:1' }, message: { topic } },
        robot({ mqtt: 'ext' }),
      ],
      { ext: credentials },
    );
    expect(await configError('ext')).toContain(field);
  });
});

describe('a bad modbus-device', () => {
  const register = (more: Record<string, unknown>, visitor: Record<string, unknown> = {}) => ({
    name: 'r',
    type: 'uint16',
    visitor: { register: 'HoldingRegister', offset: 0, quantity: 1, ...visitor },
    ...more,
  });
  const ok = { tcp: { endpoint: '127.0.0.1:1', workerID: 1 } };

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['endpoint', { protocol: { tcp: { endpoint: 'http://127.0.0.1', workerID: 1 } } }, /protocol\.tcp\.endpoint: /],
    ['port', { protocol: { tcp: { endpoint: '127.0.0.1:99999', workerID: 1 } } }, /protocol\.tcp\.endpoint: /],
    ['unit', { protocol: { tcp: { endpoint: '127.0.0.1:1', workerID: 256 } } }, /protocol\.tcp\.workerID: /],
    ['duplicate names', { properties: [register({}), register({})] }, /properties\[1\]\.name: /],
    ['type and quantity', { properties: [register({ type: 'float' })] }, /properties\[0\]\.visitor\.quantity: /],
    [
      'quantity over the limit',
      { properties: [register({ type: 'string' }, { quantity: 126 })] },
      /properties\[0\]\.visitor\.quantity: /,
    ],
    [
      'past the last register',
      { properties: [register({ type: 'uint32' }, { offset: 65535, quantity: 2 })] },
      /properties\[0\]\.visitor\./,
    ],
    ['desired value', { properties: [register({ value: 70000 })] }, /properties\[0\]\.value: /],
  ])('says which field is wrong, and answers no message but with that: %s', async (_title, bad, text) => {
    await deploy([
      {
        id: 'device',
        type: 'modbus-device',
        z: 'f',
        name: 'plc',
        protocol: ok,
        properties: [],
        ...bad,
        wires: [['out']],
      },
    ]);
    expect(await configError('device')).toMatch(text);
    expect(messages('caught')).toHaveLength(1);
    expect((await admin().get('/devicelink/devices')).body).toMatchObject([{ state: 'misconfigured' }]);
  });
});
