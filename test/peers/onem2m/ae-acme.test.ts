import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from '../../support/onem2m/acme/admin.ts';
import { AcmeBench, HTTP, MQTT, WEBSOCKET } from '../../support/onem2m/acme/transports.ts';
import { acmeAvailable } from '../../support/onem2m/acme/acme.ts';
import { mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { MemoryStore } from '../../support/onem2m/memory-store.ts';

const isAvailable = mosquittoAvailable() && acmeAvailable();

/** What an AE asks for, against a real CSE; the same over each binding. What the CSE then holds is told by fetch alone. */
describe.skipIf(!isAvailable)('an AE at ACME', () => {
  let bench: AcmeBench;
  let admin: AdminClient;

  beforeAll(async () => {
    bench = await AcmeBench.start();
    admin = new AdminClient(bench.cse.httpUrl);
  });

  afterEach(() => bench.clear());
  afterAll(() => bench.remove());

  const TRANSPORTS = [MQTT, HTTP, WEBSOCKET];

  describe.each(TRANSPORTS)('over $name', (transport) => {
    it.each(['C', 'S'])('lets the CSE assign an id (%s) and keeps it over a restart', async (originator) => {
      const store = new MemoryStore();
      const name = bench.newName();
      const options = { name, ae: { originator }, registration: { onClose: 'keep' }, store };
      const ae = await bench.startAe(transport, options);
      const { originator: assigned } = ae;
      expect(assigned).toMatch(new RegExp(`^${originator}\\w{10}$`));
      expect(await admin.attributes(`cse-in/${name}`)).toMatchObject({ aei: assigned, api: 'N.test' });
      await ae.close();
      expect(await admin.exists(`cse-in/${name}`)).toBe(true);
      const again = await bench.startAe(transport, { ...options, registration: {} });
      expect(again.originator).toBe(assigned);
      expect(again.life.map(({ event }) => event)).toContain('resumed');
      await again.perform({ topic: 'd', payload: 1 });
      await again.close();
      expect(await admin.exists(`cse-in/${name}`)).toBe(false);
    });

    it('creates, retrieves, updates and deletes', async () => {
      const name = bench.newName();
      const ae = await bench.startAe(transport, { name, ae: { originator: `C${name}` } });
      expect(ae.originator).toBe(`C${name}`);
      expect(ae.entity.snapshot().profile).toBe('acme');
      const created = await ae.perform({
        operation: 'create',
        payload: { 'm2m:cnt': { rn: 'd', mni: 3, lbl: ['x'] } },
      });
      expect(created.onem2m).toMatchObject({ op: 'create', to: `cse-in/${name}`, ty: 3, rsc: 2001 });
      expect(created.payload).toMatchObject({ rn: 'd', mni: 3 });
      const retrieved = await ae.perform({ operation: 'retrieve', topic: 'd' });
      expect(retrieved).toMatchObject({ payload: { rn: 'd', mni: 3, lbl: ['x'] }, onem2m: { rsc: 2000 } });
      const updated = await ae.perform({ operation: 'update', topic: 'd', payload: { mni: 5, lbl: null } });
      expect(updated.onem2m).toMatchObject({ rsc: 2004 });
      const held = await admin.attributes(`cse-in/${name}/d`);
      expect(held).toMatchObject({ mni: 5 });
      expect(held).not.toHaveProperty('lbl');
      const deleted = await ae.perform({ operation: 'delete', topic: 'd' });
      expect(deleted.onem2m).toMatchObject({ rsc: 2002 });
      expect(await admin.exists(`cse-in/${name}/d`)).toBe(false);
    });

    it('pushes contents of each format and reads them again', async () => {
      const name = bench.newName();
      const ae = await bench.startAe(transport, { name });
      const contents = ['text', { nested: [1, 2.5, 'ü'] }, 21.5, true, Buffer.from([0, 255, 128])];
      for (const payload of contents) {
        await ae.perform({ topic: 'values', payload });
        expect((await ae.perform({ operation: 'latest', topic: 'values' })).payload).toEqual(payload);
      }
      expect((await ae.perform({ operation: 'oldest', topic: 'values' })).payload).toBe('text');
      expect(await admin.contents(`cse-in/${name}/values`)).toHaveLength(contents.length);
    });

    it('discovers, whole and page by page', async () => {
      const name = bench.newName();
      const paths = ['a', 'b', 'c', 'd', 'e'];
      const resources = paths.map((path, index) => ({
        ty: 'container',
        path,
        labels: [index < 2 ? 'first' : 'last'],
      }));
      const ae = await bench.startAe(transport, { name, properties: { resources } });
      const all = paths.map((path) => `cse-in/${name}/${path}`);
      const found = await ae.perform({ operation: 'discover', filter: { types: ['container'] } });
      expect(found.payload).toEqual(all);
      const labelled = await ae.perform({ operation: 'discover', filter: { labels: ['first'] } });
      expect(labelled.payload).toEqual(all.slice(0, 2));
      const paged = await ae.perform({ operation: 'discover', filter: { types: ['container'], limit: 2 } });
      expect(paged.payload).toEqual(all);
      expect(paged.onem2m).toMatchObject({ complete: true });
    });

    it('fans out over a group', async () => {
      const name = bench.newName();
      const resources = [
        { ty: 'container', path: 'a' },
        { ty: 'container', path: 'b' },
        { ty: 'group', path: 'both', mid: ['a', 'b'], mnm: 5, mt: 3 },
      ];
      const ae = await bench.startAe(transport, { name, properties: { resources } });
      const pushed = await ae.perform({ operation: 'fanout', topic: 'both', payload: 'to all' });
      expect(pushed.payload).toMatchObject([{ rsc: 2001 }, { rsc: 2001 }]);
      const latest = await ae.perform({ operation: 'fanout', topic: 'both', fanout: 'retrieve', path: 'la' });
      expect(latest.payload).toMatchObject([{ payload: 'to all' }, { payload: 'to all' }]);
      expect(await admin.contents(`cse-in/${name}/a`)).toEqual(['to all']);
    });

    it('waits for the result of a request that the CSE only accepts', async () => {
      const ae = await bench.startAe(transport, {
        properties: { resources: [{ ty: 'container', path: 'd' }] },
      });
      for (const rtv of [1, 2, 4]) {
        const result = await ae.perform({ operation: 'retrieve', topic: 'd', onem2m: { rt: { rtv } } });
        expect(result).toMatchObject({ payload: { rn: 'd' }, onem2m: { rsc: 2000, op: 'retrieve' } });
      }
      expect(ae.problems).toEqual([]);
      expect(ae.life.map(({ event }) => event)).not.toContain('late');
    });

    it('keeps many requests at a time apart', async () => {
      const name = bench.newName();
      const ae = await bench.startAe(transport, { name, properties: { resources: [{ ty: 'container', path: 'd' }] } });
      const payloads = Array.from({ length: 50 }, (_, index) => index);
      const results = await Promise.all(payloads.map((payload) => ae.perform({ topic: 'd', payload })));
      const answered = results.map(({ onem2m }) => onem2m.raw as { pc: { 'm2m:cin': { con: unknown } } });
      expect(answered.map(({ pc }) => pc['m2m:cin'].con)).toEqual(results.map(({ payload }) => String(payload)));
      expect(await admin.contents(`cse-in/${name}/d`)).toHaveLength(payloads.length);
    });

    it('speaks CBOR', async () => {
      const name = bench.newName();
      const resources = [{ ty: 'container', path: 'd' }];
      const ae = await bench.startAe(transport, { name, properties: { serialization: 'cbor', resources } });
      await ae.perform({ topic: 'd', payload: { binary: true } });
      expect((await ae.perform({ operation: 'latest', topic: 'd' })).payload).toEqual({ binary: true });
      await expect(ae.perform({ operation: 'retrieve', topic: 'none' })).rejects.toMatchObject({ code: 'ONEM2M_4004' });
    });

    it('says in words what is denied', async () => {
      const [owner, stranger] = [await bench.startAe(transport), await bench.startAe(transport)];
      await owner.perform({ topic: 'private', payload: 1 });
      const [topic] = (await owner.perform({ operation: 'discover', filter: { types: ['container'] } }))
        .payload as string[];
      const asked = stranger.perform({ operation: 'retrieve', topic });
      await expect(asked).rejects.toMatchObject({
        code: 'ONEM2M_4103',
        message: expect.stringMatching(new RegExp(`${topic}.*has no RETRIEVE privileges`)),
        advice: expect.stringMatching(/access/),
      });
      // The AE itself is still known.
      expect((await stranger.perform({ operation: 'retrieve' })).onem2m.rsc).toBe(2000);
    });
  });
});
