import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  admin,
  deploy,
  logged,
  message,
  messages,
  messageWhere,
  send,
  useNodeRed,
} from '../../../support/node-red/node-red-helper.ts';
import { countHandles, expectNoNewHandles } from '../../../support/system/active-handles.ts';
import { aeNode, infoOf, lifeEvent, useOnem2m } from '../../../support/onem2m/onem2m-node.ts';

const CANARY = 'canary-7Qx';
const bench = useOnem2m({}, CANARY);
useNodeRed();

interface Body {
  ok: boolean;
  error?: { code: string; message: string };
  problems?: { field: string; message: string }[];
  profile?: string;
  cse?: Record<string, unknown>;
  elapsedMs?: number;
  to?: string;
  children?: { name: string; type: string; ty: number; address: string; hasChildren: boolean }[];
  next?: number;
  ty?: number;
  type?: string;
  representation?: Record<string, unknown>;
}

const credentials = { username: 'ae', password: CANARY };
const config = (more: Record<string, unknown> = {}) => ({
  name: 'sensor-ae',
  endpoint: `${bench.broker.url}#in-cse-1`,
  cse: { base: 'onem2m' },
  ae: { name: 'MYAPP', originator: 'Cmyapp' },
  timeout: '5s',
  ...more,
});

async function post(path: string, body: object, status = 200): Promise<Body> {
  return (await admin().post(`/devicelink/onem2m/${path}`).send(body).expect(status)).body as Body;
}

const guests = () => bench.broker.connected.filter((id) => id.startsWith('A::'));
const secure = (more: Record<string, unknown> = {}) => aeNode(bench, more);

describe('POST /devicelink/onem2m/test', () => {
  it('shows what the CSE is, over MQTT and HTTP, and leaves nothing behind', async () => {
    await deploy([]);
    const before = countHandles();
    const known = bench.cse.resources().length;
    for (const endpoint of [`${bench.broker.url}#in-cse-1`, bench.cse.httpUrl!]) {
      const reply = await post('test', { config: config({ endpoint }), credentials });
      expect(reply, endpoint).toMatchObject({
        ok: true,
        problems: [],
        cse: {
          id: '/in-cse-1',
          base: 'onem2m',
          type: 'IN-CSE',
          releases: expect.any(Array),
          resourceTypes: expect.any(Array),
        },
        elapsedMs: expect.any(Number),
      });
    }
    await expect.poll(guests).toEqual([]);
    expect(bench.cse.resources()).toHaveLength(known);
    await expectNoNewHandles(before);
  });

  it('does not disturb the deployed node, which has the same id', async () => {
    await deploy(secure(), { device: credentials });
    await messageWhere('states', ({ status }) => status!.state === 'healthy');
    const seen = bench.broker.seen.length;
    expect((await post('test', { id: 'device', config: config(), credentials })).ok).toBe(true);
    const guest = new Set(bench.broker.seen.slice(seen));
    expect([...guest]).toEqual([expect.stringMatching(/^A::MYAPP-/)]);
    expect(bench.broker.connected).toContain('A::Cmyapp');
    send('device', { operation: 'retrieve', topic: '' });
    expect(infoOf(await message('out'))['rsc']).toBe(2000);
    expect(messages('states').filter(({ status }) => status!.state === 'unhealthy')).toEqual([]);
    expect(messages('caught')).toEqual([]);
  });

  it('uses the stored password, and the broker of an extension', async () => {
    const client = { server: `tcp://127.0.0.1:${bench.broker.port}` };
    const extension = { id: 'ext', type: 'mqtt-extension', client, message: { topic: { prefix: 'plant' } } };
    await deploy([extension, ...secure()], { device: credentials, ext: credentials });
    await lifeEvent('registered');
    const stored = { username: 'ae', password: '__PWRD__' };
    expect((await post('test', { id: 'device', config: config(), credentials: stored })).ok).toBe(true);
    expect((await post('test', { config: config({ mqtt: 'ext', endpoint: '#in-cse-1' }) })).ok).toBe(true);
    const unsaved = { id: 'new', config: { client, message: { topic: { prefix: 'x' } } }, credentials };
    expect((await post('test', { config: config({ mqtt: 'new' }), extension: unsaved })).ok).toBe(true);
    const gone = await post('test', { config: config({ mqtt: 'gone' }) });
    expect(gone).toMatchObject({ ok: false, problems: [{ field: 'mqtt' }] });
  });

  it('says in words why it could not', async () => {
    await deploy([]);
    const bad = await post('test', { config: config({ endpoint: 'ftp://x', ae: { name: '' } }) });
    expect(bad).toMatchObject({ ok: false, problems: [{ field: 'endpoint' }, { field: 'ae.name' }] });
    const denied = await post('test', { config: config(), credentials: { username: 'ae', password: 'wrong' } });
    expect(denied.ok).toBe(false);
    expect(denied.error!.code).toMatch(/^MQTT_/);
    const dead = await post('test', { config: config({ endpoint: 'mqtt://127.0.0.1:1#in-cse-1' }) });
    expect(dead).toMatchObject({
      ok: false,
      error: { code: expect.any(String), message: expect.stringContaining('127.0.0.1:1') },
    });
    const mute = await post('test', {
      config: config({ endpoint: `${bench.broker.url}#nobody`, timeout: '2s' }),
      credentials,
    });
    expect(mute).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
    const wrongBase = await post('test', { config: config({ cse: { base: 'other' } }), credentials });
    expect(wrongBase).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^ONEM2M_4/) } });
    await post('test', { config: 5 }, 400);
    await expect.poll(guests).toEqual([]);
  });

  it('takes no more than a few requests at once', async () => {
    await deploy([]);
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => sockets.add(socket.on('error', () => undefined).resume()));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const endpoint = `mqtt://127.0.0.1:${(mute.address() as AddressInfo).port}#in-cse-1`;
    const statuses: number[] = [];
    const requests = Array.from({ length: 6 }, async () => {
      statuses.push(
        (
          await admin()
            .post('/devicelink/onem2m/test')
            .send({ config: config({ endpoint }) })
        ).status,
      );
    });
    await expect.poll(() => statuses).toEqual([429, 429]);
    await expect.poll(() => sockets.size).toBe(4);
    const closed = new Promise((resolve) => mute.close(resolve));
    for (const socket of sockets) socket.destroy();
    await Promise.all(requests);
    expect(statuses).toEqual([429, 429, 200, 200, 200, 200]);
    await closed;
  });
});

describe('POST /devicelink/onem2m/browse and retrieve', () => {
  const tree = {
    resources: [
      { ty: 'container', path: 'hall' },
      { ty: 'container', path: 'hall/deep' },
    ],
  };

  it('show one level of the tree, and a resource', async () => {
    await deploy(secure(tree), { device: credentials });
    await messageWhere('states', ({ status }) => status!.state === 'healthy');
    send('device', { topic: 'hall', payload: 21 });
    await message('out');
    const body = { id: 'device', config: config(), credentials };
    const top = await post('browse', body);
    expect(top).toMatchObject({ ok: true, to: 'onem2m' });
    expect(top.children).toEqual(
      expect.arrayContaining([{ name: 'MYAPP', type: 'AE', ty: 2, address: 'onem2m/MYAPP', hasChildren: true }]),
    );
    const hall = await post('browse', { ...body, to: 'onem2m/MYAPP/hall' });
    expect(hall.children!.map(({ type, hasChildren }) => [type, hasChildren]).sort()).toEqual([
      ['container', true],
      ['contentInstance', false],
    ]);
    expect((await post('browse', { ...body, to: 'onem2m/MYAPP/hall', offset: 1 })).children).toHaveLength(1);
    const shown = await post('retrieve', { ...body, to: 'onem2m/MYAPP/hall' });
    expect(shown).toMatchObject({
      ok: true,
      to: 'onem2m/MYAPP/hall',
      ty: 3,
      type: 'container',
      representation: { rn: 'hall' },
    });
  });

  it('do not mind what is unfinished on another tab, and use what is stored all the same', async () => {
    await deploy(secure(tree), { device: credentials });
    await messageWhere('states', ({ status }) => status!.state === 'healthy');
    const unfinished = {
      resources: [{ ty: 'container', path: '' }],
      subscriptions: [{ target: 'x', events: ['nothing'] }],
      discoveries: [{ interval: 'soon' }],
      devices: { mapping: 'flexContainer' },
    };
    const body = { id: 'device', config: config(unfinished) };
    expect(await post('browse', body)).toMatchObject({ ok: true, to: 'onem2m' });
    expect(await post('retrieve', { ...body, to: 'onem2m/MYAPP/hall' })).toMatchObject({ ok: true, ty: 3 });
    expect((await post('test', body)).problems).not.toEqual([]);
  });

  it('say what is wrong with the address', async () => {
    await deploy([]);
    const body = { config: config({ ae: { name: 'ADMIN', originator: 'CAdmin' } }), credentials };
    const missing = await post('browse', { ...body, to: 'onem2m/nowhere' });
    expect(missing).toMatchObject({ ok: false, error: { code: 'ONEM2M_4004' } });
    expect((await post('retrieve', { ...body, to: '~/x' }, 400)).error).toMatchObject({ code: 'CONFIG' });
    expect((await post('browse', { ...body, offset: -1 }, 400)).error!.message).toContain('offset');
    expect((await post('browse', { config: config({ endpoint: '' }) }, 400)).error!.message).toContain('endpoint');
    await post('browse', { ...body, to: 'x'.repeat(3000) }, 400);
  });
});

describe('a secret', () => {
  it('is in no message, status, log or answer', async () => {
    const inUrl = `mqtt://ae:${CANARY}@127.0.0.1:${bench.broker.port}#in-cse-1`;
    await deploy(secure({ endpoint: inUrl, resources: [{ ty: 'container', path: 'x' }] }));
    await lifeEvent('registered');
    send('device', { payload: 1 });
    await message('out');
    bench.broker.cut();
    await messageWhere('states', ({ status }) => status!.state === 'unhealthy');
    const lost = messages('states').length;
    await expect
      .poll(() =>
        messages('states')
          .slice(lost)
          .map(({ status }) => status!.state),
      )
      .toContain('healthy');
    const replies = [
      await post('test', { id: 'device', config: config({ endpoint: inUrl }) }),
      await post('test', { config: config({ endpoint: inUrl.replace('#in-cse-1', '') }) }),
      await post('test', { config: config({ endpoint: `mqtt://ae:${CANARY}@127.0.0.1:1#in-cse-1` }) }),
      await post('test', { config: config({ endpoint: `ftp://ae:${CANARY}@127.0.0.1` }) }),
      await post('browse', { config: config({ endpoint: inUrl }) }),
    ];
    expect(replies[0]!.ok).toBe(true);
    const everything = [replies, ...['out', 'life', 'states', 'caught', 'notes'].map(messages), logged()];
    expect(JSON.stringify(everything)).not.toContain(CANARY);
    const { attributes } = bench.cse.resources().find(({ path }) => path === 'onem2m/MYAPP')!;
    expect(JSON.stringify(attributes)).not.toContain(CANARY);
  });
});
