import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from '../../support/onem2m/acme/admin.ts';
import {
  AcmeBench,
  HTTP,
  HTTP_AND_MQTT,
  HTTP_POLL,
  MQTT,
  MQTT_AND_HTTP,
  MQTT_POLL,
  WEBSOCKET,
} from '../../support/onem2m/acme/transports.ts';
import { acmeAvailable } from '../../support/onem2m/acme/acme.ts';
import { mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { WireClient } from '../../support/onem2m/onem2m-wire.ts';

const isAvailable = mosquittoAvailable() && acmeAvailable();

/** What a real CSE tells an AE; the same whichever way the notifications come. */
describe.skipIf(!isAvailable)('notifications from ACME', () => {
  let bench: AcmeBench;
  let admin: AdminClient;

  beforeAll(async () => {
    bench = await AcmeBench.start();
    admin = new AdminClient(bench.cse.httpUrl);
  });

  afterEach(() => bench.clear());
  afterAll(() => bench.remove());

  const resources = [{ ty: 'container', path: 'd' }];

  describe.each([MQTT, HTTP, WEBSOCKET, HTTP_AND_MQTT, MQTT_AND_HTTP, HTTP_POLL, MQTT_POLL])(
    'by $name',
    (transport) => {
      it('come for what is created and changed', async () => {
        const name = bench.newName();
        const subscriptions = [
          { target: 'd', events: ['createChild'], attributes: { enc: { chty: [4] } } },
          { target: 'd', name: 'changes', events: ['update'], content: 'modified' },
        ];
        const ae = await bench.startAe(transport, { name, properties: { resources, subscriptions } });
        const created = ae.notification();
        await admin.create(`cse-in/${name}/d`, 4, { 'm2m:cin': { con: '{"t":1}', cnf: 'application/json:0' } });
        expect(await created).toMatchObject({
          payload: { t: 1 },
          topic: `cse-in/${name}/d`,
          onem2m: { event: 'createChild', subscription: expect.stringMatching(/^\/id-in\/sub/) },
        });
        const updated = ae.notification(({ onem2m }) => onem2m.event === 'update');
        await ae.perform({ operation: 'update', topic: 'd', payload: { lbl: ['changed'] } });
        expect((await updated).payload).toMatchObject({ lbl: ['changed'] });
        expect(ae.problems).toEqual([]);
      });

      it('come from what another AE holds, once it has verified that they may', async () => {
        const [owner, reader] = [bench.newName(), bench.newName()];
        await admin.create(
          'cse-in',
          2,
          { 'm2m:ae': { rn: owner, api: 'N.o', rr: false, srv: ['4'] } },
          { 'X-M2M-Origin': `C${owner}` },
        );
        const ae = await bench.startAe(transport, { name: reader, ae: { originator: `C${reader}` } });
        const verified = ae.event('verified');
        const sub = { rn: 's', enc: { net: [3] }, nu: [`C${reader}`] };
        const reply = await admin.create(`cse-in/${owner}`, 23, { 'm2m:sub': sub }, { 'X-M2M-Origin': `C${owner}` });
        expect(reply.rsc).toBe(2001);
        expect((await verified).payload).toMatch(/^\/id-in\/sub/);
        const told = ae.notification();
        await admin.create(`cse-in/${owner}`, 3, { 'm2m:cnt': { rn: 'new' } });
        // The reader did not make this subscription, and is told so.
        expect(await told).toMatchObject({ payload: { rn: 'new' }, onem2m: { unknown: true, event: 'createChild' } });
        expect(ae.problems).toMatchObject([{ code: 'ONEM2M_UNKNOWN_SUBSCRIPTION' }]);
        await admin.delete(`cse-in/${owner}`);
      });

      it('are taken out of their batch', async () => {
        const name = bench.newName();
        const subscriptions = [{ target: 'd', attributes: { bn: { num: 3, dur: 'PT20S' } } }];
        const ae = await bench.startAe(transport, { name, properties: { resources, subscriptions } });
        const last = ae.notification(({ payload }) => payload === 'c');
        for (const con of ['a', 'b', 'c']) {
          await admin.create(`cse-in/${name}/d`, 4, { 'm2m:cin': { con, cnf: 'text/plain:0' } });
        }
        await last;
        expect(ae.notifications.map(({ payload, onem2m }) => [payload, onem2m.batch])).toEqual(
          ['a', 'b', 'c'].map((con, index) => [con, { index, size: 3 }]),
        );
      });

      it('tell of missing data in a time series', async () => {
        const name = bench.newName();
        const ae = await bench.startAe(transport, {
          name,
          properties: {
            resources: [{ ty: 'timeSeries', path: 'ts', pei: 200, peid: 20, mdd: true, mdt: 100, mdn: 4 }],
            subscriptions: [
              { target: 'ts', events: ['missingData'], attributes: { enc: { md: { num: 2, dur: 'PT20S' } } } },
            ],
          },
        });
        const missing = ae.notification();
        await ae.perform({ topic: 'ts', payload: 21 });
        expect(await admin.attributes(`cse-in/${name}/ts/la`)).toMatchObject({ con: 21, dgt: expect.any(String) });
        const { payload, onem2m } = await missing;
        expect(onem2m.event).toBe('missingData');
        expect(payload).toMatchObject({ mdc: 2, mdlt: [expect.any(String), expect.any(String)] });
      });
    },
  );

  it.each([MQTT, HTTP_AND_MQTT])(
    'tell that a subscription was deleted, which is then made again: $name',
    async (transport) => {
      const name = bench.newName();
      const ae = await bench.startAe(transport, {
        name,
        properties: { resources, subscriptions: [{ target: 'd', name: 'wished' }] },
      });
      const gone = ae.event('subscriptionDeleted');
      await admin.delete(`cse-in/${name}/d/wished`);
      expect((await gone).topic).toBe(`cse-in/${name}/d`);
      await expect.poll(() => admin.exists(`cse-in/${name}/d/wished`)).toBe(true);
      const told = ae.notification();
      await admin.create(`cse-in/${name}/d`, 4, { 'm2m:cin': { con: 'x' } });
      expect((await told).payload).toBe('x');
      expect(ae.problems).toEqual([]);
    },
  );

  it('come to a subscription that a message asks for, until another ends it', async () => {
    const name = bench.newName();
    const ae = await bench.startAe(MQTT, { name, properties: { resources } });
    const subscribed = await ae.perform({ operation: 'subscribe', topic: 'd', events: ['createChild'] });
    expect(subscribed.onem2m).toMatchObject({ op: 'subscribe', rsc: 2001 });
    const { address } = subscribed.payload as { address: string };
    expect(await admin.exists(address)).toBe(true);
    const told = ae.notification();
    await ae.perform({ topic: 'd', payload: 'x' });
    expect((await told).payload).toBe('x');
    await ae.perform({ operation: 'unsubscribe', topic: 'd' });
    expect(await admin.exists(address)).toBe(false);
    await ae.perform({ topic: 'd', payload: 'y' });
    expect(ae.notifications).toHaveLength(1);
    expect(ae.life.map(({ event }) => event)).not.toContain('subscriptionDeleted');
  });

  it('says why a subscription cannot be made', async () => {
    const ae = await bench.startAe(MQTT);
    await expect(ae.perform({ operation: 'subscribe', topic: 'missing' })).rejects.toMatchObject({
      code: 'ONEM2M_4004',
      message: expect.stringMatching(/subscribing to cse-in\/ae\d+\/missing/),
    });
    await ae.perform({ operation: 'ensure', payload: [{ ty: 'container', path: 'there' }] });
    const unreachable = { operation: 'subscribe', topic: 'there', payload: { target_uri: 'Cnobody' } };
    await expect(ae.perform(unreachable)).rejects.toMatchObject({
      code: 'ONEM2M_5204',
      advice: expect.stringMatching(/pointOfAccess/),
    });
    // What failed is not tried for ever.
    await ae.whenHealthy();
  });

  it('are answered, so that the CSE goes on sending, and each is told once', async () => {
    const name = bench.newName();
    const wire = await WireClient.connect(bench.broker.url);
    await wire.subscribe('/oneM2M/resp/id-in/#');
    const ae = await bench.startAe(MQTT, {
      name,
      ae: { originator: `C${name}` },
      properties: { resources, subscriptions: [{ target: 'd' }] },
    });
    const count = 20;
    const last = ae.notification(({ payload }) => payload === count);
    await Promise.all(Array.from({ length: count - 1 }, (_, index) => ae.perform({ topic: 'd', payload: index + 1 })));
    await ae.perform({ topic: 'd', payload: count });
    await last;
    const told = ae.notifications.map(({ payload }) => payload as number).sort((a, b) => a - b);
    expect(told).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    const answers = () => wire.messages.filter(({ topic }) => topic === `/oneM2M/resp/id-in/C${name}/json`);
    await expect.poll(() => answers().length).toBe(count);
    expect(answers().every(({ json }) => json.rsc === 2000)).toBe(true);
    await wire.end();
  });
});
