import { describe, expect, it } from 'vitest';
import {
  deploy,
  errorOf,
  logged,
  message,
  messages,
  messageWhere,
  redeploy,
  send,
  useNodeRed,
  type Message,
} from '../../../support/node-red/node-red-helper.ts';
import { countHandles, expectNoNewHandles } from '../../../support/system/active-handles.ts';
import { aeNode, eventsSeen, infoOf, lifeEvent, useOnem2m } from '../../../support/onem2m/onem2m-node.ts';

const bench = useOnem2m();
useNodeRed();

const paths = () => bench.cse.resources().map(({ path }) => path);
const container = { resources: [{ ty: 'container', path: 'measurements', labels: ['temperature'], mni: 10 }] };

describe('an onem2m-ae', () => {
  it('registers, shows it, and takes itself away', async () => {
    await deploy(aeNode(bench, container));
    const registered = await lifeEvent('registered');
    expect(registered).toMatchObject({ payload: 'Cmyapp', topic: 'onem2m/MYAPP' });
    const healthy = await messageWhere('states', ({ status }) => status!.state === 'healthy');
    expect(healthy.status).toMatchObject({ fill: 'green', text: 'status.healthy: Cmyapp' });
    expect(paths()).toEqual(expect.arrayContaining(['onem2m/MYAPP', 'onem2m/MYAPP/measurements']));
    await redeploy([]);
    expect(paths()).not.toContain('onem2m/MYAPP');
    await expect.poll(() => bench.broker.connected.filter((id) => id.startsWith('A::'))).toEqual([]);
  });

  it('answers a message with itself, and says done once', async () => {
    await deploy(aeNode(bench, container));
    await lifeEvent('registered');
    send('device', { payload: 21.5, parts: { id: 'x' } });
    const result = await message('out');
    expect(result).toMatchObject({ payload: 21.5, parts: { id: 'x' }, _msgid: expect.any(String) });
    expect(infoOf(result)).toMatchObject({ op: 'push', to: 'onem2m/MYAPP/measurements', ty: 4, rsc: 2001 });
    send('device', { operation: 'latest', topic: 'measurements' });
    expect((await message('out', 1)).payload).toBe(21.5);
    await message('completed', 1);
    expect(messages('completed')).toHaveLength(2);
    expect(messages('caught')).toEqual([]);
  });

  it('waits with a message that comes before it is registered', async () => {
    await deploy(aeNode(bench, container));
    send('device', { payload: 'early' });
    expect(infoOf(await message('out'))['rsc']).toBe(2001);
  });

  it('sends notifications to output 2', async () => {
    const subscriptions = [{ target: 'measurements', events: ['createChild'] }];
    await deploy(aeNode(bench, { ...container, subscriptions }));
    await messageWhere('states', ({ status }) => status!.state === 'healthy');
    send('device', { payload: { t: 1 } });
    const note = await message('notes');
    expect(note).toMatchObject({ payload: { t: 1 }, topic: expect.stringContaining('measurements') });
    expect(infoOf(note)).toMatchObject({ event: 'createChild', representation: expect.any(Object) });
    expect(messages('out')).toHaveLength(1);
  });

  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const throwing = () => {
    throw new Error('canary-7Qx');
  };
  it.each<[string, Message, string]>([
    ['a content that contains itself', { payload: cyclic }, 'msg.payload must not contain itself'],
    ['a content with a function', { payload: { f: throwing } }, 'msg.payload must be data, got a function'],
    [
      'members that throw',
      { payload: 1, onem2m: Object.defineProperty({}, 'to', { enumerable: true, get: throwing }) },
      'msg.onem2m must be plain data',
    ],
    [
      'a report that throws',
      Object.defineProperty({ payload: 1 }, 'status', { enumerable: true, get: throwing }),
      'cannot be read',
    ],
    [
      'what only claims to be a date',
      { payload: { at: Object.create(Date.prototype) } },
      'msg.payload must be plain data',
    ],
  ])('refuses %s as that', async (_, msg, text) => {
    await deploy(aeNode(bench, { ...container, devices: { mapping: 'containers' } }));
    await lifeEvent('registered');
    send('device', msg);
    const error = await errorOf('caught');
    expect(error).toMatchObject({ code: 'BAD_MESSAGE', message: expect.stringContaining(text) });
    expect(JSON.stringify(messages('caught')[0]?.error)).not.toMatch(/canary|\bat /);
  });

  it('tells a refused request to Catch, once, with its code', async () => {
    await deploy(aeNode(bench));
    await lifeEvent('registered');
    send('device', { operation: 'retrieve', topic: 'nowhere' });
    expect(await errorOf('caught')).toMatchObject({ code: 'ONEM2M_4004', message: expect.stringContaining('nowhere') });
    send('device', { operation: 'fly' });
    const unknown = await errorOf('caught', 1);
    expect(unknown).toMatchObject({ code: 'BAD_MESSAGE' });
    expect(unknown.message).toMatch(/msg\.operation must be one of .*create.*retrieve.*subscribe.*"fly"/);
    send('device', { operation: 'retrieve', topic: '' });
    await message('out');
    expect(messages('caught')).toHaveLength(2);
    expect(messages('completed')).toHaveLength(1);
  });

  it('says which fields are wrong, on the badge, to Catch and to every message', async () => {
    await deploy(aeNode(bench, { endpoint: 'ftp://127.0.0.1', ae: { name: 'a b', originator: 'X' } }));
    const error = await errorOf('caught');
    expect(error.code).toBe('CONFIG');
    for (const field of ['endpoint: ', 'ae.name: ', 'ae.originator: ']) expect(error.message).toContain(field);
    const { status } = await message('states');
    expect(status).toMatchObject({ state: 'misconfigured', code: 'CONFIG', text: expect.stringContaining('endpoint') });
    send('device', { payload: 1 });
    expect(await errorOf('caught', 1)).toMatchObject({ code: 'CONFIG', message: error.message });
    expect(messages('completed')).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no such extension', { mqtt: 'gone', endpoint: '#in-cse-1' }, /mqtt: this MQTT extension does not exist/],
    ['a variable that is not set', { endpoint: 'mqtt://${NO_SUCH_HOST}#in-cse-1' }, /NO_SUCH_HOST is not set/],
    ['no CSE', { endpoint: 'mqtt://127.0.0.1:1' }, /endpoint: .*#/],
  ])('says what is missing: %s', async (_title, bad, text) => {
    await deploy(aeNode(bench, bad));
    expect(await errorOf('caught')).toMatchObject({ code: 'CONFIG', message: expect.stringMatching(text) });
    await messageWhere('states', ({ status }) => status!.state === 'misconfigured');
  });

  it('says that a certificate is none', async () => {
    await deploy(aeNode(bench, { endpoint: `mqtts://127.0.0.1:1#in-cse-1` }), { device: { caFilePEM: 'no PEM' } });
    expect(await errorOf('caught')).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('caFilePEM') });
  });

  it('tells a registration that is refused on the badge, to Catch and on output 3, once', async () => {
    await deploy(aeNode(bench, { endpoint: `${bench.broker.url}#in-cse-1`, cse: { base: 'wrong' } }));
    const problem = await lifeEvent('problem');
    const error = await errorOf('caught');
    expect(infoOf(problem)).toMatchObject({ code: error.code, text: error.message });
    expect(error.code).toMatch(/^ONEM2M_/);
    await messageWhere('states', ({ status }) => status!.state === 'unhealthy' && status!['code'] === error.code);
    send('device', { payload: 1 });
    await message('caught', 1);
    expect(eventsSeen().filter((event) => event === 'problem')).toHaveLength(1);
  });

  it('works through an mqtt-extension', async () => {
    const client = { server: `tcp://127.0.0.1:${bench.broker.port}`, clientID: 'shared-1' };
    const extension = { id: 'ext', type: 'mqtt-extension', client, message: { topic: { prefix: 'plant' } } };
    await deploy([extension, ...aeNode(bench, { mqtt: 'ext', endpoint: '#in-cse-1', ...container })]);
    await lifeEvent('registered');
    expect(bench.broker.connected.filter((id) => id.startsWith('A::') || id === 'shared-1')).toEqual(['shared-1']);
    const { attributes } = bench.cse.resources().find(({ path }) => path === 'onem2m/MYAPP')!;
    expect(attributes['poa']).toEqual([`mqtt://127.0.0.1:${bench.broker.port}`]);
    send('device', { payload: 1 });
    expect(infoOf(await message('out'))['rsc']).toBe(2001);
    await redeploy([]);
    expect(paths()).not.toContain('onem2m/MYAPP');
  });

  it('keeps the id that the CSE assigned', async () => {
    const registration = { onClose: 'keep' };
    await deploy(aeNode(bench, { uid: 'keeps-its-id', ae: { name: 'KEPT', originator: 'C' }, registration }));
    const first = (await lifeEvent('registered')).payload;
    expect(first).toMatch(/^C.+/);
    await redeploy([]);
    await redeploy(aeNode(bench, { uid: 'keeps-its-id', ae: { name: 'KEPT', originator: 'C' } }));
    expect((await lifeEvent('resumed')).payload).toBe(first);
  });

  it('is one AE for each instance of a subflow', async () => {
    const [, , inner] = aeNode(bench, { z: 'sub', ae: { name: '${NAME}', originator: 'C' }, uid: 'the-same' });
    const instance = (id: string, name: string) => ({
      id,
      type: 'subflow:sub',
      z: 'f',
      env: [{ name: 'NAME', type: 'str', value: name }],
      wires: [['out']],
    });
    await deploy([
      {
        id: 'sub',
        type: 'subflow',
        name: 'sub',
        in: [{ x: 1, y: 1, wires: [{ id: 'device' }] }],
        out: [{ x: 1, y: 1, wires: [{ id: 'device', port: 0 }] }],
        env: [{ name: 'NAME', type: 'str', value: '' }],
      },
      { ...inner, wires: [[], [], []] },
      instance('one', 'FIRST'),
      instance('two', 'SECOND'),
    ]);
    await expect.poll(() => paths().sort()).toEqual(expect.arrayContaining(['onem2m/FIRST', 'onem2m/SECOND']));
    send('two', { operation: 'retrieve', topic: '' });
    expect((await message('out')).payload).toMatchObject({ rn: 'SECOND' });
    expect(messages('caught')).toEqual([]);
  });

  it('takes notifications over HTTP through the server of Node-RED', async () => {
    const subscriptions = [{ target: 'measurements', events: ['createChild'] }];
    const endpoint = bench.cse.httpUrl!;
    await deploy(aeNode(bench, { endpoint, ...container, subscriptions }));
    await messageWhere('states', ({ status }) => status!.state === 'healthy');
    const { attributes } = bench.cse.resources().find(({ path }) => path === 'onem2m/MYAPP')!;
    const path = `http://127.0.0.1:${bench.server.httpPort}/onem2m/device`;
    const [pointOfAccess = ''] = attributes['poa'] as string[];
    expect(attributes['poa']).toEqual([expect.stringMatching(new RegExp(`^${path}/[0-9a-f]{32}$`))]);
    send('device', { payload: 'by http' });
    expect((await message('notes')).payload).toBe('by http');
    const nobody = await fetch(`http://127.0.0.1:${bench.server.httpPort}/onem2m/nobody/Cx`, {
      method: 'POST',
      headers: { 'X-M2M-RI': 'r1' },
      body: '{}',
    });
    expect([nobody.status, nobody.headers.get('x-m2m-rsc'), nobody.headers.get('x-m2m-ri')]).toEqual([
      404,
      '4004',
      'r1',
    ]);
    // Who does not know the path that the CSE was told reaches nobody.
    const sgn = { nev: { net: 3, rep: { 'm2m:cin': { con: 'forged' } } }, sur: 'onem2m/MYAPP/measurements/sub' };
    for (const guess of [path, `${path}/`, `${path}/Cmyapp`, `${path}/${'0'.repeat(32)}`]) {
      const forged = await fetch(guess, {
        method: 'POST',
        headers: { 'X-M2M-RI': 'r2', 'X-M2M-Origin': '/in-cse-1', 'Content-Type': 'application/json' },
        body: JSON.stringify({ 'm2m:sgn': sgn }),
      });
      expect([forged.status, forged.headers.get('x-m2m-rsc')]).toEqual([404, '4004']);
    }
    expect(messages('notes')).toHaveLength(1);
    const tooLong = await fetch(pointOfAccess, { method: 'POST', body: 'x'.repeat(1_100_000) });
    expect(tooLong.status).toBe(413);
    await redeploy([]);
    expect((await fetch(pointOfAccess, { method: 'POST', body: '{}' })).status).toBe(404);
  });

  it('is over a loss of the broker once it is back', async () => {
    await deploy(aeNode(bench, container));
    await messageWhere('states', ({ status }) => status!.state === 'healthy');
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
    send('device', { payload: 1 });
    expect(infoOf(await message('out'))['rsc']).toBe(2001);
  });

  it('leaves nothing behind after twenty redeploys', async () => {
    await deploy([]);
    const before = countHandles();
    for (let round = 0; round < 20; round += 1) {
      await redeploy(aeNode(bench, { name: `ae-${round}`, ...container }), round % 2 === 0 ? 'full' : 'nodes');
      if (round % 4 === 0) await expect.poll(() => paths()).toContain('onem2m/MYAPP/measurements');
    }
    const started = Date.now();
    await redeploy([]);
    expect(Date.now() - started).toBeLessThan(5000);
    await expectNoNewHandles(before);
    expect(paths()).not.toContain('onem2m/MYAPP');
    expect(logged()).not.toContain('Closing:');
  });
});
