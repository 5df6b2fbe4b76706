import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Request } from 'express';
import fc from 'fast-check';
import helper from 'node-red-node-test-helper';
import type { NodeAPI } from 'node-red';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mayWriteFlows } from '../../../../src/node-red/admin/permissions.ts';
import { readProbeRequest } from '../../../../src/node-red/admin/probe-request.ts';
import type { Subject } from '../../../../src/node-red/admin/subject.ts';
import { admin, beside, deploy, useNodeRed } from '../../../support/node-red/node-red-helper.ts';

const CANARY = 'canary-7Qx';
let RED: NodeAPI;
beside((given) => (RED = given));
useNodeRed();

/** Hears what clients send, and ends them. */
let server: Server;
let heard = '';
let port = 0;
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      socket.end(Buffer.from([0x20, 0x02, 0x00, 0x05])); // CONNACK: not authorised
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
});
beforeEach(() => (heard = ''));

const extension = (server: string, more: object = {}) => ({
  id: 'ext',
  type: 'mqtt-extension',
  client: { server, protocolVersion: 4, connectTimeout: '1s', ...more },
  message: { topic: { prefix: 'plant' } },
});
const stored = { username: 'operator', password: `${CANARY}-stored` };
const post = async (body: object) => (await admin().post('/devicelink/test').send(body).expect(200)).body as Reply;

interface Reply {
  ok: boolean;
  problems: { field: string; message: string }[];
  error?: { message: string };
}

const AGAIN = { field: 'credentials', message: 'enter the credentials again to test another address' };

describe('stored credentials', () => {
  const here = () => `mqtt://127.0.0.1:${port}`;

  it.each<[string, () => object, object?]>([
    ['another host', () => extension(`mqtt://localhost:${port}`)],
    ['another port', () => extension('mqtt://127.0.0.1:1')],
    ['another scheme', () => extension(`ws://127.0.0.1:${port}`)],
    ['another TLS name', () => extension(here(), { tlsConfig: { serverName: 'elsewhere' } })],
    ['no verification', () => extension(here(), { tlsConfig: { insecureSkipVerify: true } })],
    ['another authority', () => extension(here(), { tlsConfig: { caFilePEM: 'x' } })],
    ['other headers', () => extension(here(), { httpHeaders: { host: 'elsewhere' } })],
    ['another authority as credential', () => extension(here()), { caFilePEM: 'x' }],
  ])('stay here: %s', async (_, config, credentials = {}) => {
    await deploy([extension(here())], { ext: stored });
    const body = {
      type: 'mqtt-extension',
      id: 'ext',
      config: config(),
      credentials: { ...credentials, password: '__PWRD__' },
    };
    const reply = await post(body);
    expect(reply.problems).toContainEqual(AGAIN);
    expect(heard).toBe('');
  });

  it('go where the deployed node goes, however its address is spelt', async () => {
    await deploy([extension(here())], { ext: stored });
    const config = extension(`tcp://127.0.0.1:${port}`, { tlsConfig: { serverName: '', insecureSkipVerify: false } });
    // As the dialog sends them: empty where there is none.
    const credentials = { username: 'operator', password: '__PWRD__', caFilePEM: '' };
    expect((await post({ type: 'mqtt-extension', id: 'ext', config, credentials })).problems).toEqual([]);
    expect(heard).toContain(`${CANARY}-stored`);
  });

  it.each([
    ['of a node of another type', 'device', 'mqtt-extension'],
    ['of a node that is not deployed', 'nobody', 'mqtt-extension'],
    ['of an extension for a device', 'ext', 'dummy-device'],
  ])('stay here: those %s', async (_, id, type) => {
    await deploy([extension('mqtt://127.0.0.1:1'), { id: 'device', type: 'acting-device', z: 'f' }], {
      ext: stored,
      device: stored,
    });
    heard = '';
    const request = {
      body: { type, id, config: extension(here()), credentials: { password: '__PWRD__' } },
    } as unknown as Request;
    const { device, extension: subject } = readProbeRequest(RED, request);
    expect(JSON.stringify((device ?? subject)?.credentials)).not.toContain(CANARY);
  });

  it('do not tell whoever guesses one that they did', async () => {
    const guesses = [`${CANARY}-stored`, `${CANARY}-wrong!`];
    await deploy([extension(here())], { ext: stored });
    const replies = [];
    for (const guess of guesses) {
      const config = { ...extension(here()), message: { topic: { prefix: guess } }, connection: guess };
      const reply = await admin()
        .post('/devicelink/test')
        .send({ type: 'mqtt-extension', id: 'ext', config })
        .expect(200);
      replies.push(JSON.stringify({ ...(reply.body as object), elapsedMs: 0 }).replaceAll(guess, '<guess>'));
    }
    expect(replies[0]).toBe(replies[1]);
    expect(replies[0]).toContain('<guess>');
  });
});

describe('who may test but not deploy', () => {
  const tester = (body: object): Request =>
    ({ body, user: {}, authInfo: { scope: ['devicelink.write'] } }) as unknown as Request;
  const subjectOf = (config: object, credentials?: object): Subject =>
    readProbeRequest(RED, tester({ type: 'mqtt-extension', id: 'ext', config, credentials })).extension!;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'devicelink-secrets-'));
    writeFileSync(join(folder, 'ca.pem'), 'x');
    process.env['DEVICELINK_TEST_SECRET'] = `${CANARY}-variable`;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    delete process.env['DEVICELINK_TEST_SECRET'];
  });
  afterEach(() => helper.unload());

  it('has a variable only where the deployed node has it', async () => {
    const text = '${DEVICELINK_TEST_SECRET}';
    await deploy([extension('mqtt://127.0.0.1:1', { clientID: text })]);
    const same = subjectOf(extension('mqtt://127.0.0.1:2', { clientID: text }));
    expect(same.config['client']).toMatchObject({ clientID: `${CANARY}-variable` });
    expect(same.hidden).toContain(`${CANARY}-variable`);
    for (const more of [{ clientID: `x${text}` }, { server: `mqtt://${text}:1` }, { will: { payloadContent: text } }]) {
      const other = subjectOf(extension('mqtt://127.0.0.1:1', more), { password: text });
      expect(JSON.stringify([other.config, other.credentials])).not.toContain(CANARY);
      expect(other.problems.length).toBeGreaterThanOrEqual(2);
      expect(other.problems[0]!.message).toContain('is replaced only where the deployed node has it');
    }
  });

  it('has a file only where the deployed node names it', async () => {
    const reference = `file:${join(folder, 'ca.pem')}`;
    await deploy([extension('mqtts://127.0.0.1:1', { tlsConfig: { caFilePEM: reference } })]);
    expect(subjectOf(extension('mqtts://127.0.0.1:1', { tlsConfig: { caFilePEM: reference } })).files).toEqual([
      reference,
    ]);
    const other = subjectOf(extension('mqtts://127.0.0.1:1', { tlsConfig: { caFilePEM: 'file:/etc/hostname' } }));
    expect(other.files).toEqual([]);
    expect(other.problems).toContainEqual({ field: 'credentials', message: expect.stringContaining('/etc/hostname') });
  });
});

it('never echoes what came out of a variable', async () => {
  process.env['DEVICELINK_TEST_SECRET'] = `${CANARY}-variable`;
  await deploy([]);
  const config = {
    ...extension('mqtt://127.0.0.1:1'),
    connection: '${DEVICELINK_TEST_SECRET}',
    message: { topic: { name: '${DEVICELINK_TEST_SECRET}' } },
  };
  const { text } = await admin().post('/devicelink/test').send({ type: 'mqtt-extension', config }).expect(200);
  expect(text).toContain('connection');
  expect(text).not.toContain(CANARY);
  delete process.env['DEVICELINK_TEST_SECRET'];
});

describe('who may deploy', () => {
  const scope = fc.constantFrom(
    '*',
    'flows.write',
    'write',
    '*.write',
    'read',
    'flows.read',
    'devicelink.write',
    '',
    'flows',
  );
  const GRANTS = new Set(['*', 'flows.write', 'write', '*.write']);

  it('is known by one of the scopes that grant it, also in lists', () => {
    fc.assert(
      fc.property(fc.array(scope), (scopes) => {
        const request = { user: {}, authInfo: { scope: scopes } } as unknown as Request;
        expect(mayWriteFlows(request)).toBe(scopes.some((one) => GRANTS.has(one)));
      }),
    );
  });

  it('is everybody without adminAuth, and nobody without a scope', () => {
    expect(mayWriteFlows({} as unknown as Request)).toBe(true);
    expect(mayWriteFlows({ user: {} } as unknown as Request)).toBe(false);
  });
});
