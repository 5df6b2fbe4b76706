import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from '../../support/onem2m/acme/admin.ts';
import { acmeAvailable } from '../../support/onem2m/acme/acme.ts';
import { AcmeBench } from '../../support/onem2m/acme/transports.ts';
import { mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import {
  admin,
  deploy,
  message,
  messages,
  messageWhere,
  robot,
  send,
  useNodeRed,
} from '../../support/node-red/node-red-helper.ts';
import { aeNode, infoOf, lifeEvent, useAeNode } from '../../support/onem2m/onem2m-node.ts';

const isAvailable = mosquittoAvailable() && acmeAvailable();
const server = useAeNode();
useNodeRed();

/** The node itself with a CSE and a broker that nobody here wrote. */
describe.skipIf(!isAvailable)('an onem2m-ae at ACME', () => {
  let bench: AcmeBench;
  let cse: AdminClient;

  beforeAll(async () => {
    bench = await AcmeBench.start();
    cse = new AdminClient(bench.cse.httpUrl);
  });
  afterAll(() => bench.remove());

  const mqtt = () => `mqtt://127.0.0.1:${bench.broker.port}#id-in`;
  const nodes = (endpoint: string, more: Record<string, unknown> = {}) =>
    aeNode({ broker: { url: '' } }, { endpoint, cse: { base: 'cse-in' }, ...more });
  const config = (endpoint: string) => ({
    endpoint,
    cse: { base: 'cse-in' },
    ae: { name: 'MYAPP', appID: 'NmyApp', originator: 'Cmyapp' },
  });
  const post = async (path: string, body: object) => (await admin().post(`/devicelink/onem2m/${path}`).send(body)).body;

  it.each(['mqtt', 'http'])('mirrors a device and takes commands for it: %s', async (binding) => {
    const endpoint = binding === 'mqtt' ? mqtt() : bench.cse.httpUrl;
    await deploy([robot({ id: 'robot', wires: [['device']] }), ...nodes(endpoint, { devices: { root: 'devices' } })]);
    expect(await message('out')).toMatchObject({ payload: { a: 2001, b: 2001, c: 2001 } });
    expect(messages('caught')).toEqual([]);
    const device = 'cse-in/MYAPP/devices/robot-1';
    expect((await cse.attributes(`${device}/a`))['lbl']).toEqual(
      expect.arrayContaining(['openmtc:sensor_data', 'unit:mm']),
    );
    expect(await cse.attributes(`${device}/b/la`)).toMatchObject({ con: '9007199254740993' });
    if (binding === 'http') {
      const { poa } = await cse.attributes('cse-in/MYAPP');
      const path = `http://127.0.0.1:${server.httpPort}/onem2m/device`;
      expect(poa).toEqual([expect.stringMatching(new RegExp(`^${path}/[0-9a-f]{32}$`))]);
    }
    await cse.create(`${device}/a/commands`, 4, { 'm2m:cin': { con: '42' } });
    expect(infoOf(await lifeEvent('command'))).toMatchObject({ property: 'a', ok: true });
    send('robot', { action: 'read', payload: ['a'] });
    await expect.poll(async () => String((await cse.attributes(`${device}/a/la`))['con'])).toBe('42');
  });

  it.each(['mqtt', 'http'])('shows in the dialog what the CSE is and holds: %s', async (binding) => {
    const endpoint = binding === 'mqtt' ? mqtt() : bench.cse.httpUrl;
    await deploy(nodes(mqtt(), { resources: [{ ty: 'container', path: 'hall' }] }));
    await messageWhere('states', ({ status }) => status!.state === 'healthy');
    const body = { id: 'device', config: config(endpoint) };
    expect(await post('test', body)).toMatchObject({
      ok: true,
      profile: 'acme',
      cse: { id: '/id-in', base: 'cse-in', type: 'IN-CSE', releases: expect.arrayContaining(['3']) },
    });
    const top = await post('browse', { ...body, to: 'cse-in/MYAPP' });
    expect(top).toMatchObject({
      ok: true,
      children: [{ name: 'hall', type: 'container', ty: 3, address: 'cse-in/MYAPP/hall', hasChildren: true }],
    });
    expect(await post('retrieve', { ...body, to: 'cse-in/MYAPP/hall' })).toMatchObject({ ok: true, type: 'container' });
  });

  it.each(['mqtt', 'http'])(
    'registers for the moment where a CSE shows itself to nobody it does not know: %s',
    async (binding) => {
      await deploy([]);
      const before = await cse.discover('cse-in', 2);
      const endpoint = binding === 'mqtt' ? mqtt() : bench.cse.httpUrl;
      const stranger = { ...config(endpoint), ae: { name: 'NEW', originator: 'Cnobody' } };
      const reply = await post('test', { config: stranger });
      expect(reply).toMatchObject({ ok: true, profile: 'acme', cse: { id: '/id-in', type: 'IN-CSE' } });
      expect(await cse.discover('cse-in', 2)).toEqual(before);
    },
  );
});
