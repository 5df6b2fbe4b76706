import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataType, Variant, type AddressSpace } from 'node-opcua';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Node, NodeDef } from 'node-red';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerOpcUaAdmin } from '../../../../src/node-red/registration/opcua-routes.ts';
import { admin, beside, deploy, logged, redeploy, useNodeRed } from '../../../support/node-red/node-red-helper.ts';
import { OpcUaTestServer } from '../../../support/opcua/opcua-server.ts';

const CANARY = 'canary-7Qx';
const pki = mkdtempSync(join(tmpdir(), 'devicelink-pki-'));
beside((RED) => {
  registerOpcUaAdmin(RED, pki);
  RED.nodes.registerType(
    'opcua-device',
    function (this: Node, definition: NodeDef) {
      RED.nodes.createNode(this, definition);
    },
    { credentials: { username: { type: 'text' }, password: { type: 'password' } } },
  );
});
useNodeRed();

const server = new OpcUaTestServer({ users: { operator: CANARY }, populate });
const URI = 'urn:devicelink:plant';

/** Machine with 150 values, a matrix, a method and something to search for. */
function populate(space: AddressSpace): void {
  const own = space.registerNamespace(URI);
  const machine = own.addObject({ browseName: 'Machine', organizedBy: space.rootFolder.objects });
  const drive = own.addObject({ browseName: 'Drive', componentOf: machine });
  own.addAnalogDataItem({
    browseName: 'Speed',
    nodeId: 's=speed',
    componentOf: drive,
    dataType: 'Double',
    engineeringUnitsRange: { low: 0, high: 100 },
    value: new Variant({ dataType: DataType.Double, value: 12.5 }),
  });
  for (let index = 0; index < 150; index += 1) {
    const value = new Variant({ dataType: DataType.Int32, value: index });
    const access = index === 0 ? { accessLevel: 'CurrentRead', userAccessLevel: 'CurrentRead' } : {};
    own.addVariable({ browseName: `value-${index}`, componentOf: machine, dataType: 'Int32', value, ...access });
  }
}

beforeAll(async () => {
  await server.start();
});
afterAll(async () => {
  await server.remove();
  await rm(pki, { recursive: true, force: true });
});

interface Body {
  ok: boolean;
  error?: { code: string; message: string };
  nodes: { nodeID: string; displayName: string; nodeClass: string; path?: string; [more: string]: unknown }[];
  next?: number;
  complete?: boolean;
  endpoints: { securityPolicy: string; securityMode: string; userTokens: string[]; serverCertificate?: object }[];
  own?: { thumbprint: string; pem: string };
  trusted: { thumbprint: string; subject: string }[];
  rejected: { thumbprint: string; subject: string; validTo: string }[];
}

const config = (security = 'None', endpoint = server.endpoint) => ({
  protocol: { endpoint, securityPolicy: security, securityMode: security === 'None' ? 'None' : 'SignAndEncrypt' },
  parameters: { timeout: '5s' },
});

async function post(path: string, body: object, status = 200): Promise<Body> {
  return (await admin().post(`/devicelink/opcua/${path}`).send(body).expect(status)).body as Body;
}

describe('POST /devicelink/opcua/endpoints', () => {
  it('lists the ways into a server, strongest first', async () => {
    await deploy([]);
    const { ok, endpoints } = await post('endpoints', { config: { protocol: { endpoint: server.endpoint } } });
    expect(ok).toBe(true);
    const none = endpoints.find(({ securityPolicy }) => securityPolicy === 'None');
    expect(none).toMatchObject({ securityMode: 'None', userTokens: expect.arrayContaining(['Anonymous', 'UserName']) });
    expect(endpoints[0]).toMatchObject({ securityMode: 'SignAndEncrypt' });
  });

  it('says in words what is wrong with the address', async () => {
    await deploy([]);
    const bad = await post('endpoints', { config: { protocol: { endpoint: 'http://plc' } } }, 400);
    expect(bad.error).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('protocol.endpoint') });
    const dead = await post('endpoints', { config: { protocol: { endpoint: 'opc.tcp://127.0.0.1:1' } } });
    expect(dead).toMatchObject({ ok: false, error: { code: 'CONNECT_FAILED' } });
    await post('endpoints', { config: 5 }, 400);
  });

  it('takes no more than a few requests at once', async () => {
    await deploy([]);
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => sockets.add(socket.on('error', () => undefined).resume()));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const endpoint = `opc.tcp://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const statuses: number[] = [];
    const requests = Array.from({ length: 6 }, async () => {
      const ask = admin()
        .post('/devicelink/opcua/endpoints')
        .send({ config: { protocol: { endpoint } } });
      statuses.push((await ask).status);
    });
    await expect.poll(() => statuses).toEqual([429, 429]);
    await expect.poll(() => sockets.size).toBe(4);
    for (const socket of sockets) socket.destroy();
    await Promise.all(requests);
    expect(statuses).toEqual([429, 429, 200, 200, 200, 200]);
    await new Promise((resolve) => mute.close(resolve));
  });
});

describe('POST /devicelink/opcua/browse', () => {
  it('shows one level, a page at a time, with types and values', async () => {
    await deploy([]);
    const top = await post('browse', { config: config() });
    const machine = top.nodes.find(({ displayName }) => displayName === 'Machine');
    expect(machine).toMatchObject({
      nodeClass: 'Object',
      hasChildren: true,
      nodeID: expect.stringContaining(`nsu=${URI};`),
    });
    const first = await post('browse', { config: config(), nodeID: machine!.nodeID });
    expect(first.nodes).toHaveLength(100);
    const second = await post('browse', { config: config(), nodeID: machine!.nodeID, start: first.next });
    expect(second.nodes).toHaveLength(51);
    expect(second.next).toBeUndefined();
    const all = [...first.nodes, ...second.nodes];
    expect(all.find(({ displayName }) => displayName === 'value-149')).toMatchObject({
      nodeClass: 'Variable',
      dataType: 'Int32',
      value: '149',
      writable: true,
      hasChildren: false,
    });
    expect(all.find(({ displayName }) => displayName === 'value-0')).toMatchObject({ writable: false });
  });

  it('uses one session for all looks, and ends it with the flows', async () => {
    await deploy([]);
    await Promise.all([post('browse', { config: config() }), post('browse', { config: config() })]);
    expect(server.sessionCount).toBe(1);
    await redeploy([]);
    await expect.poll(() => server.sessionCount).toBe(0);
  });

  it('keeps the stored password on the server, and tells none', async () => {
    await deploy([{ id: 'plc', type: 'opcua-device', z: 'f', ...config() }], {
      plc: { username: 'operator', password: CANARY },
    });
    const body = { id: 'plc', config: config(), credentials: { username: 'operator', password: '__PWRD__' } };
    expect((await post('browse', body)).ok).toBe(true);
    const wrong = await post('browse', { ...body, credentials: { username: 'operator', password: `${CANARY}-no` } });
    expect(wrong.error?.code).toMatch(/^OPCUA_Bad/);
    expect(JSON.stringify(wrong) + logged()).not.toContain(CANARY);
  });

  it('names the field that is wrong, and the node that is unknown', async () => {
    await deploy([]);
    expect((await post('browse', { config: { protocol: {} } }, 400)).error?.message).toContain('protocol.endpoint');
    expect((await post('browse', { config: config(), start: -1 }, 400)).error?.message).toContain('start');
    const nowhere = await post('browse', { config: config(), nodeID: 'ns=1;s=nowhere' });
    expect(nowhere.error?.code).toBe('OPCUA_BadNodeIdUnknown');
    const foreign = await post('browse', { config: config(), nodeID: 'nsu=urn:nobody;i=1' });
    expect(foreign.error?.code).toBe('OPCUA_BadNodeIdUnknown');
  });
});

describe('POST /devicelink/opcua/search', () => {
  it('finds nodes by name wherever they are, and says where', async () => {
    await deploy([]);
    const { nodes, complete } = await post('search', { config: config(), text: 'sPeEd' });
    expect(complete).toBe(true);
    expect(nodes).toMatchObject([
      { nodeID: `nsu=${URI};s=speed`, path: 'Machine / Drive', dataType: 'Double', value: '12.5', hasChildren: true },
      { displayName: 'EURange', path: 'Machine / Drive / Speed', dataType: 'Range' },
    ]);
  });

  it('ends after fifty hits and says that there are more', async () => {
    await deploy([]);
    const { nodes, complete } = await post('search', { config: config(), text: 'value-' });
    expect(nodes).toHaveLength(50);
    expect(complete).toBe(false);
    await post('search', { config: config(), text: ' ' }, 400);
  });
});

describe('/devicelink/opcua/certificates', () => {
  const list = async () => (await admin().get('/devicelink/opcua/certificates').expect(200)).body as Body;

  it('rejects an unknown server, lists it, trusts and forgets it', async () => {
    await deploy([]);
    const secure = { config: config('Basic256Sha256') };
    const refused = await post('browse', secure);
    expect(refused.error?.code).toBe('OPCUA_BadCertificateUntrusted');
    const before = await list();
    expect(before.own).toMatchObject({ pem: expect.stringContaining('BEGIN CERTIFICATE') });
    expect(JSON.stringify(before)).not.toContain('PRIVATE KEY');
    expect(before.trusted).toEqual([]);
    const [{ thumbprint } = { thumbprint: '' }] = before.rejected;
    expect(before.rejected).toMatchObject([{ subject: expect.any(String), validTo: expect.stringMatching(/Z$/) }]);
    const after = await post(`certificates/${thumbprint}/trust`, {});
    expect(after).toMatchObject({ trusted: [{ thumbprint }], rejected: [] });
    expect(await post('browse', secure)).toMatchObject({ ok: true });
    await admin().delete(`/devicelink/opcua/certificates/${thumbprint}`).expect(200);
    expect(await list()).toMatchObject({ trusted: [], rejected: [] });
  });

  it.each(['0'.repeat(40), '..%2F..%2Fsecret', 'x'])('refuses the thumbprint %s', async (thumbprint) => {
    await deploy([]);
    await post(`certificates/${thumbprint}/trust`, {}, 400);
    await admin().delete(`/devicelink/opcua/certificates/${thumbprint}`).expect(400);
  });
});
