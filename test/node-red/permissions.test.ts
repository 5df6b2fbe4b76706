import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeRedProcess } from '../support/node-red/node-red-process.ts';

const require = createRequire(import.meta.url);
const bcrypt = require('bcryptjs') as { hashSync(text: string, rounds: number): string };

const REQUEST = { type: 'dummy-device', config: { kind: 'special' } };

describe('the admin endpoints', () => {
  let nodeRed: NodeRedProcess;
  beforeAll(async () => {
    const password = bcrypt.hashSync('secret', 4);
    nodeRed = await NodeRedProcess.start({
      flows: [{ id: 'f1', type: 'tab' }],
      settings: {
        adminAuth: {
          type: 'credentials',
          users: [
            { username: 'admin', password, permissions: '*' },
            { username: 'reader', password, permissions: ['devicelink.read'] },
            { username: 'stranger', password, permissions: ['flows.read'] },
          ],
        },
      },
    });
  });
  afterAll(async () => {
    await nodeRed.stop();
  });

  async function as(username: string): Promise<Record<string, string>> {
    const scope = username === 'reader' ? 'devicelink.read' : username === 'stranger' ? 'flows.read' : '*';
    const reply = await nodeRed.request('POST', '/auth/token', {
      client_id: 'node-red-editor',
      grant_type: 'password',
      scope,
      username,
      password: 'secret',
    });
    return { Authorization: `Bearer ${(reply.body as { access_token: string }).access_token}` };
  }

  it('refuse who is not known', async () => {
    expect((await nodeRed.request('GET', '/devicelink/devices')).status).toBe(401);
    expect((await nodeRed.request('GET', '/devicelink/mqtt-extensions/x/status')).status).toBe(401);
    expect((await nodeRed.request('GET', '/devicelink/mqtt-topics')).status).toBe(401);
    expect((await nodeRed.request('POST', '/devicelink/test', REQUEST)).status).toBe(401);
  });

  it('let a reader read but not test', async () => {
    const headers = await as('reader');
    expect((await nodeRed.request('GET', '/devicelink/devices', undefined, headers)).status).toBe(200);
    expect((await nodeRed.request('GET', '/devicelink/mqtt-extensions/x/status', undefined, headers)).status).toBe(404);
    expect([401, 403]).toContain((await nodeRed.request('POST', '/devicelink/test', REQUEST, headers)).status);
  });

  it('show nothing to who may only see flows', async () => {
    const headers = await as('stranger');
    expect([401, 403]).toContain((await nodeRed.request('GET', '/devicelink/devices', undefined, headers)).status);
  });

  it('let a reader see certificates, but neither trust them nor connect to an OPC UA server', async () => {
    const headers = await as('reader');
    expect((await nodeRed.request('GET', '/devicelink/opcua/certificates', undefined, headers)).status).toBe(200);
    const thumbprint = '0'.repeat(40);
    for (const [method, path] of [
      ['POST', 'endpoints'],
      ['POST', 'browse'],
      ['POST', 'search'],
      ['POST', `certificates/${thumbprint}/trust`],
      ['DELETE', `certificates/${thumbprint}`],
    ] as const) {
      const { status } = await nodeRed.request(method, `/devicelink/opcua/${path}`, {}, headers);
      expect([401, 403], path).toContain(status);
    }
    expect((await nodeRed.request('GET', '/devicelink/opcua/certificates')).status).toBe(401);
  });

  it.each(['test', 'browse', 'retrieve'])('let only who may write ask a CSE: %s', async (path) => {
    const body = { config: { endpoint: 'mqtt://127.0.0.1:1#in-cse-1', ae: { name: 'MYAPP' } } };
    const ask = async (headers?: Record<string, string>) =>
      (await nodeRed.request('POST', `/devicelink/onem2m/${path}`, body, headers)).status;
    expect(await ask()).toBe(401);
    expect([401, 403]).toContain(await ask(await as('reader')));
    expect([401, 403]).toContain(await ask(await as('stranger')));
    expect(await ask(await as('admin'))).toBe(200);
  });

  it.each(['discover', 'scan', 'guess'])('let only who may write ask a Modbus device: %s', async (path) => {
    const body = { config: { protocol: { tcp: { endpoint: '127.0.0.1:1' } } } };
    const ask = async (headers?: Record<string, string>) => {
      const { status, body: answer } = await nodeRed.request('POST', `/devicelink/modbus/${path}`, body, headers);
      return { status, answer };
    };
    expect((await ask()).status).toBe(401);
    expect([401, 403]).toContain((await ask(await as('reader'))).status);
    expect(await ask(await as('admin'))).toMatchObject({ status: 200, answer: { ok: false } });
  });

  it('let an administrator test', async () => {
    const reply = await nodeRed.request('POST', '/devicelink/test', REQUEST, await as('admin'));
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ ok: true });
  });
});
