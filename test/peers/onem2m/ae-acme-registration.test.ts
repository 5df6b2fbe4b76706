import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from '../../support/onem2m/acme/admin.ts';
import { AcmeBench, HTTP, MQTT, WEBSOCKET } from '../../support/onem2m/acme/transports.ts';
import { acmeAvailable } from '../../support/onem2m/acme/acme.ts';
import { mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { MemoryStore } from '../../support/onem2m/memory-store.ts';
import { WireClient } from '../../support/onem2m/onem2m-wire.ts';

const isAvailable = mosquittoAvailable() && acmeAvailable();

/** How an AE becomes known to a real CSE: topics, ids, refusals, and what is there already. */
describe.skipIf(!isAvailable)('registering at ACME', () => {
  let bench: AcmeBench;
  let admin: AdminClient;

  beforeAll(async () => {
    bench = await AcmeBench.start({ allowedOriginators: ['C*', 'S*'] });
    admin = new AdminClient(bench.cse.httpUrl);
    // Of itself this CSE lets nobody make nodes.
    const acr = [{ acor: ['all'], acop: 1, acod: [{ chty: [1, 14, 26] }] }];
    await admin.update('cse-in/acpCreateRootResources', { 'm2m:acp': { pv: { acr } } });
  });

  afterEach(() => bench.clear());
  afterAll(() => bench.remove());

  describe('over MQTT', () => {
    it.each([
      { profile: 'acme', topic: 'reg_req', level: 'credential' },
      { profile: 'auto', topic: 'reg_req', level: 'credential' },
      { profile: 'mobius4', topic: 'req', level: 'Cfixed' },
    ])('sends its CREATE to $topic with the profile $profile', async ({ profile, topic, level }) => {
      const wire = await WireClient.connect(bench.broker.url);
      await wire.subscribe('/oneM2M/+/+/id-in/#');
      const ae = await bench.startAe(MQTT, {
        ae: { originator: 'Cfixed', credentialID: 'credential' },
        properties: { cse: { base: 'cse-in', profile } },
      });
      expect(ae.originator).toBe('Cfixed');
      const create = wire.messages.find(({ json }) => json.op === 1);
      expect(create?.topic).toBe(`/oneM2M/${topic}/${level}/id-in/json`);
      await wire.end();
    });

    it('leaves nothing at the broker when it is deregistered', async () => {
      const ae = await bench.startAe(MQTT, { ae: { originator: 'Cleaving' } });
      await ae.close();
      expect(bench.broker.output).toMatch(/Client A::Cleaving disconnected/);
      const wire = await WireClient.connect(bench.broker.url);
      const before = bench.broker.output.length;
      // A session that was left behind would take this in.
      await wire.publish('/oneM2M/req/id-in/Cleaving/json', '{}');
      expect(bench.broker.output.slice(before)).not.toContain('A::Cleaving');
      await wire.end();
    });
  });

  describe.each([MQTT, HTTP, WEBSOCKET])('over $name', (transport) => {
    it('resumes an AE of its own, and brings it up to date', async () => {
      const name = bench.newName();
      const originator = `C${name}`;
      const first = await bench.startAe(transport, {
        name,
        ae: { originator, labels: ['old'] },
        registration: { onClose: 'keep' },
      });
      await first.perform({ topic: 'kept', payload: 'before' });
      await first.close();
      const second = await bench.startAe(transport, { name, ae: { originator, labels: ['new'] } });
      expect(second.life.map(({ event }) => event)).toContain('resumed');
      expect(await admin.attributes(`cse-in/${name}`)).toMatchObject({ lbl: ['new'] });
      expect((await second.perform({ operation: 'latest', topic: 'kept' })).payload).toBe('before');
    });

    it('replaces it where that is wished', async () => {
      const name = bench.newName();
      const originator = `C${name}`;
      const first = await bench.startAe(transport, { name, ae: { originator }, registration: { onClose: 'keep' } });
      await first.perform({ topic: 'gone', payload: 1 });
      await first.close();
      const registration = { onConflict: 'replace' };
      const second = await bench.startAe(transport, { name, ae: { originator }, registration });
      expect(second.life.map(({ event }) => event)).toContain('registered');
      expect(await admin.exists(`cse-in/${name}/gone`)).toBe(false);
    });

    it.each(['resume', 'error'])('does not take the name of another originator (%s)', async (onConflict) => {
      const name = bench.newName();
      await bench.startAe(transport, { name, ae: { originator: `C${name}` } });
      const other = await bench.createAe(transport, {
        name,
        ae: { originator: `Cother${name}` },
        registration: { onConflict, onClose: 'keep' },
      });
      other.entity.start();
      await expect
        .poll(() => other.entity.snapshot().lastError)
        .toMatchObject({
          code: 'ONEM2M_4105',
          message: expect.stringMatching(new RegExp(`${name}.*already exists`)),
        });
      expect(other.entity.snapshot().state).toBe('unhealthy');
      // ACME takes the refused originator for a registered one from then on.
      const refused = { code: expect.stringMatching(/^ONEM2M_4(105|117)$/) };
      if (onConflict === 'resume') {
        await expect(other.perform({ topic: 'd', payload: 1 })).rejects.toMatchObject(refused);
      }
      expect(await admin.attributes(`cse-in/${name}`)).toMatchObject({ aei: `C${name}` });
    });

    it('says that its id is taken by an AE of another name', async () => {
      const name = bench.newName();
      await bench.startAe(transport, { name, ae: { originator: `C${name}` } });
      const other = await bench.createAe(transport, { ae: { originator: `C${name}` } });
      other.entity.start();
      await expect
        .poll(() => other.entity.snapshot().lastError)
        .toMatchObject({
          code: 'ONEM2M_4117',
          message: expect.stringMatching(/already registered/),
        });
    });

    it('says which originators the CSE does not accept', async () => {
      // The dialog lets none through that begins otherwise; this CSE wants none of these either.
      const ae = await bench.createAe(transport, { ae: { originator: '/id-other/Cforeign' } });
      ae.entity.start();
      await expect.poll(() => ae.entity.snapshot().lastError?.code).toMatch(/^ONEM2M_4(107|103|000|101)$/);
      expect(ae.entity.snapshot().lastError?.message).toMatch(/registering/);
    });

    it('makes resources top-down, with what refers to them, and takes over those that exist', async () => {
      const name = bench.newName();
      const originator = `C${name}`;
      const resources = [
        {
          ty: 'accessControlPolicy',
          path: 'readers',
          pv: {
            acr: [
              { acor: ['all'], acop: 34 },
              { acor: [originator], acop: 63 },
            ],
          },
          pvs: { acr: [{ acor: [originator], acop: 63 }] },
        },
        { ty: 'container', path: 'deep/er/still', labels: ['x'], mni: 10, acpi: ['readers'] },
        {
          ty: 'flexContainer',
          path: 'temperature',
          wrapper: 'cod:tempe',
          cnd: 'org.onem2m.common.moduleclass.temperature',
          curT0: 20.5,
        },
        { ty: 'timeSeries', path: 'series', pei: 1000 },
        { ty: 'node', path: `/id-in/cse-in/node-of-${name}`, ni: name, acpi: ['readers'] },
        {
          ty: 'mgmtObj',
          path: `/id-in/cse-in/node-of-${name}/battery`,
          wrapper: 'm2m:bat',
          mgd: 1006,
          btl: 55,
          bts: 1,
        },
      ];
      const options = { name, ae: { originator }, registration: { onClose: 'keep' }, properties: { resources } };
      const ae = await bench.startAe(transport, options);
      expect(await admin.attributes(`cse-in/${name}/deep/er/still`)).toMatchObject({ lbl: ['x'], mni: 10 });
      expect(await admin.attributes(`cse-in/${name}/temperature`)).toMatchObject({ curT0: 20.5 });
      expect(await admin.attributes(`cse-in/${name}/series`)).toMatchObject({ pei: 1000 });
      expect(await admin.attributes(`cse-in/node-of-${name}/battery`)).toMatchObject({ btl: 55 });
      // The policy lets others read what refers to it, and nothing else.
      const reader = await bench.startAe(transport);
      const read = await reader.perform({ operation: 'retrieve', topic: `cse-in/${name}/deep/er/still` });
      expect(read.payload).toMatchObject({ rn: 'still' });
      await expect(reader.perform({ operation: 'retrieve', topic: `cse-in/${name}/series` })).rejects.toMatchObject({
        code: 'ONEM2M_4103',
      });
      await ae.close();
      const changed = resources.map((one) => (one.ty === 'container' ? { ...one, mni: 20 } : one));
      const again = await bench.startAe(transport, {
        ...options,
        registration: {},
        properties: { resources: changed },
      });
      expect(again.problems).toEqual([]);
      expect(await admin.attributes(`cse-in/${name}/deep/er/still`)).toMatchObject({ mni: 20 });
      await admin.delete(`cse-in/node-of-${name}`);
    });
  });

  it('asks for a new id where the one of last time is not accepted any more', async () => {
    const store = new MemoryStore();
    store.memory = { originator: 'Cformer' };
    const strict = await AcmeBench.start({ allowedOriginators: ['C', 'CAdmin'] });
    const ae = await strict.startAe(MQTT, { store });
    expect(ae.originator).toMatch(/^C\w{10}$/);
    expect(store.memory).toEqual({ originator: ae.originator, secret: expect.stringMatching(/^[0-9a-f]{32}$/) });
    await strict.remove();
  });
});
