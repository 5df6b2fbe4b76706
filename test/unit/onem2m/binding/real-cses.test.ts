import { afterEach, describe, expect, it } from 'vitest';
import { FlavourBench } from '../../../support/onem2m/flavour-bench.ts';
import { MemoryStore } from '../../../support/onem2m/memory-store.ts';
import type { TestAe } from '../../../support/onem2m/onem2m-ae.ts';
import { startCse, type StandInCse } from '../../../support/onem2m/stand-in-cse.ts';
import { freePort } from '../../../support/system/free-port.ts';

/** What real CSEs do beyond the specification, one by one (docs/facts/onem2m.md); the stand-in was seen to do the same. */

const VALUES = { resources: [{ ty: 'container', path: 'values', mni: 100 }], subscriptions: [{ target: 'values' }] };

let bench: FlavourBench;

afterEach(() => bench.stop());

/** Requests by HTTP, notifications to a port of its own. */
const byHttp = async (): Promise<Record<string, unknown>> => ({
  endpoint: bench.cse.httpUrl,
  notify: `http://127.0.0.1:${await freePort()}/notify`,
});

const NAMED = ['openmtc', 'tinyiot', 'mobius4'] as const;

describe.each(NAMED)('at %s', (flavour) => {
  it.each(['mqtt', 'http'])('the attributes that were asked for come alone, over %s', async (binding) => {
    bench = await FlavourBench.start(flavour);
    const ae = await bench.startAe({ ...VALUES, timeout: '500ms', ...(binding === 'http' ? await byHttp() : {}) });
    const asked = { operation: 'retrieve', topic: 'values', attributes: ['rn', 'mni', 'lbl'] };
    expect((await ae.perform(asked)).payload).toMatchObject({ rn: 'values', mni: 100 });
    expect(Object.keys((await ae.perform(asked)).payload as object)).not.toContain('ri');
    await ae.perform({ payload: 'x' });
    const content = { operation: 'retrieve', topic: 'values/la', attributes: ['con'] };
    expect((await ae.perform(content)).payload).toBe('x');
  });

  it.each(['mqtt', 'http'])('CBOR is refused in words, over %s', async (binding) => {
    bench = await FlavourBench.start(flavour);
    // By its own id, which the stand-in has not, Mobius4 would be known over HTTP too.
    const profile = flavour === 'mobius4' ? flavour : 'auto';
    const way = binding === 'http' ? await byHttp() : {};
    const ae = bench.create({ serialization: 'cbor', timeout: '500ms', profile, ...way });
    ae.entity.start();
    await expect
      .poll(() => ae.problems.at(0))
      .toMatchObject({
        code: 'CONFIG',
        message: `serialization: "cbor" is not possible, this CSE (${flavour}) speaks JSON only`,
      });
    expect(bench.asked.filter((asked) => /CREATE/.test(asked))).toEqual([]);
  });

  it('a deletion is answered the same over each binding', async () => {
    bench = await FlavourBench.start(flavour);
    const answers: unknown[] = [];
    for (const more of [{}, await byHttp()]) {
      const ae = await bench.startAe({ ...VALUES, ...more });
      const { payload, onem2m } = await ae.perform({ operation: 'delete', topic: 'values' });
      answers.push([payload, onem2m.rsc]);
      await ae.close();
    }
    expect(answers).toEqual([
      [null, 2002],
      [null, 2002],
    ]);
  });
});

it('a CSE of which nothing is known, and that does not understand CBOR, may speak JSON only', async () => {
  bench = await FlavourBench.start('mobius4');
  const ae = bench.create({ serialization: 'cbor', timeout: '500ms', ...(await byHttp()) });
  ae.entity.start();
  await expect
    .poll(() => ae.problems.at(0))
    .toMatchObject({
      code: 'ONEM2M_5000',
      advice: 'This CSE may speak JSON only: set serialization to "json".',
    });
});

describe('tinyIoT 832205f', () => {
  it('drops bytes that are no ASCII over HTTP, but takes them escaped', async () => {
    bench = await FlavourBench.start('tinyiot');
    const ae = await bench.startAe({ ...VALUES, ...(await byHttp()) });
    const payload = 'ü€😀 \\u00fc "\n" end';
    await ae.perform({ payload });
    expect((await ae.perform({ operation: 'latest' })).payload).toBe(payload);
    await expect.poll(() => ae.notifications.map((one) => one.payload)).toEqual([payload]);
  });

  it('is known by its server header over HTTP', async () => {
    bench = await FlavourBench.start('tinyiot');
    const ae = await bench.startAe({ ...VALUES, ...(await byHttp()) });
    expect(ae.entity.snapshot().profile).toBe('tinyiot');
  });

  it('gives each notification over HTTP the same id, and none is lost', async () => {
    bench = await FlavourBench.start('tinyiot');
    const ae = await bench.startAe({ ...VALUES, ...(await byHttp()) });
    for (const payload of [1, 2, 2, 3]) await ae.perform({ payload });
    await expect.poll(() => ae.notifications.map(({ payload }) => payload)).toEqual([1, 2, 2, 3]);
    expect(ae.problems).toEqual([]);
  });
});

describe('OpenMTC db06cd7', () => {
  it.each(['C', 'S'])(
    'takes %s for no wish, so that each AE brings an id of its own, and is found again',
    async (originator) => {
      bench = await FlavourBench.start('openmtc');
      const ae = { name: 'app', originator };
      const keep = { onClose: 'keep', check: '0s' };
      const first = await bench.startAe({ ...VALUES, ae, registration: keep });
      const second = await bench.startAe({ ...VALUES, ae: { name: 'other', originator } }, new MemoryStore());
      expect(first.originator).toMatch(/^Capp-[0-9a-f]{12}$/);
      expect(second.originator).toMatch(/^Cother-[0-9a-f]{12}$/);
      for (const each of [first, second]) {
        const [notification] = await Promise.all([each.notification(), each.perform({ payload: 1 })]);
        expect(notification.payload).toBe(1);
      }
      await first.close();
      const again = await bench.startAe({ ...VALUES, ae, timeout: '500ms' });
      expect([again.originator, again.life.at(-1)?.event]).toEqual([first.originator, 'resumed']);
    },
  );

  it('says nothing of what went wrong, and the error that is found out names the request that failed', async () => {
    bench = await FlavourBench.start('openmtc');
    const ae = await bench.startAe({ timeout: '500ms' });
    const create = { operation: 'create', ty: 3, topic: 'nowhere', payload: { rn: 'x' } };
    await expect(ae.perform(create)).rejects.toMatchObject({
      code: 'ONEM2M_4004',
      message: expect.stringMatching(/^CREATE in onem2m\/app\/nowhere: /),
    });
  });

  it('says nothing of a subscription that is gone already, which is seen soon', async () => {
    bench = await FlavourBench.start('openmtc');
    const ae = await bench.startAe({ timeout: '10s' });
    await ae.perform({ operation: 'ensure', payload: [{ path: 'values' }] });
    const unheard = { operation: 'subscribe', topic: 'values', payload: { attributes: { su: '/in-cse-1/Cx' } } };
    const { address } = (await ae.perform(unheard)).payload as { address: string };
    await fetch(`${bench.cse.httpUrl ?? ''}/${address}`, {
      method: 'DELETE',
      headers: { 'X-M2M-Origin': 'CAdmin', 'X-M2M-RI': 'r1' },
    });
    const startedAt = performance.now();
    expect((await ae.perform({ operation: 'unsubscribe', topic: 'values' })).onem2m.rsc).toBe(2002);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('gets an id of its own also where nobody could know before that it is OpenMTC', async () => {
    bench = await FlavourBench.start('openmtc');
    const speakAgain = bench.cse.silence(({ op }) => op === 2);
    const ae = await bench.startAe({ timeout: '200ms' });
    speakAgain();
    expect(ae.originator).toMatch(/^Capp-[0-9a-f]{12}$/);
    expect(bench.cse.resources().filter(({ ty }) => ty === 2)).toMatchObject([{ attributes: { aei: ae.originator } }]);
  });

  it('never says which event it tells of: that is known by the subscription, one for each', async () => {
    bench = await FlavourBench.start('openmtc');
    const subscriptions = [{ target: 'values', events: ['createChild', 'deleteChild', 'update'], name: 'all' }];
    const ae = await bench.startAe({ ...VALUES, subscriptions });
    const held = () => bench.cse.resources().filter(({ ty }) => ty === 23);
    const events = ({ attributes }: { attributes: Record<string, unknown> }): unknown => attributes['enc'];
    expect(held().map((one) => [one.path, events(one)])).toEqual([
      ['onem2m/app/values/all-3', { notificationEventType: [3] }],
      ['onem2m/app/values/all-4', { notificationEventType: [4] }],
      ['onem2m/app/values/all-1', { notificationEventType: [1] }],
    ]);
    const told = (): unknown[] => ae.notifications.map(({ payload, onem2m }) => [onem2m.event, payload]).splice(0);
    await ae.perform({ payload: 21, onem2m: { pc: { 'm2m:cin': { rn: 'first', con: 21 } } } });
    await expect.poll(told).toEqual(
      expect.arrayContaining([
        ['createChild', 21],
        ['update', expect.anything()],
      ]),
    );
    ae.notifications.splice(0);
    await ae.perform({ operation: 'delete', topic: 'values/first' });
    await expect.poll(told).toEqual(expect.arrayContaining([['deleteChild', 21]]));
    expect(ae.notifications.map(({ onem2m }) => onem2m.event)).not.toContain('createChild');
    expect(ae.problems).toEqual([]);
    await ae.perform({ operation: 'unsubscribe', topic: 'values' });
    expect(held()).toEqual([]);
  });

  it('says nothing of a container that is missing, which is seen soon all the same', async () => {
    bench = await FlavourBench.start('openmtc');
    const ae = await bench.startAe({ timeout: '10s' });
    const startedAt = performance.now();
    await ae.perform({ topic: 'some/where/deep', payload: 1 });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect((await ae.perform({ operation: 'latest', topic: 'some/where/deep' })).payload).toBe(1);
    // What was seen is not looked for again.
    const asked = bench.asked.length;
    await ae.perform({ topic: 'some/where/deep', payload: 2 });
    expect(bench.asked.slice(asked)).toEqual(['CREATE onem2m/app/some/where/deep']);
  });

  describe('as a gateway', () => {
    let gateway: StandInCse;

    /** `/mn-cse-1` behind `/in-cse-1`, linked by MQTT, and an AE on it. */
    const start = async (): Promise<TestAe> => {
      bench = await FlavourBench.start('openmtc');
      const registrar = { id: '/in-cse-1', base: 'onem2m' };
      gateway = await startCse({ id: '/mn-cse-1', flavour: 'openmtc', brokerUrl: bench.broker.url, registrar });
      const endpoint = `${bench.broker.url}#mn-cse-1`;
      const resources = [{ ty: 'container', path: 'values', labels: ['sensor'] }];
      const sensor = { name: 'sensor', originator: 'Csensor' };
      return bench.startAe({ endpoint, ae: sensor, resources }, new MemoryStore());
    };

    afterEach(() => gateway.stop());

    it('passes a discovery on that has all its conditions', async () => {
      await start();
      for (const more of [{}, await byHttp()]) {
        const ae = await bench.startAe({ ...more, ae: { name: 'gui', originator: 'Cgui' } });
        const found = await ae.perform({
          operation: 'discover',
          topic: '/mn-cse-1/onem2m',
          filter: { labels: 'sensor' },
        });
        expect(found.payload).toEqual(['/mn-cse-1/onem2m/sensor/values']);
        const asked = gateway.requests.at(-1)?.request['fc'];
        expect(asked).toEqual({ fu: 1, lbl: ['sensor'], sts: 0, stb: 0, sza: 0, szb: 0, lim: 0 });
        // Here it knows what is absent.
        await ae.perform({ operation: 'discover', topic: 'onem2m', filter: { labels: 'sensor' } });
        expect(bench.cse.requests.at(-1)?.request['fc']).toEqual({ fu: 1, lbl: ['sensor'] });
        await ae.close();
      }
    });

    it('names the subscription with the CSE-ID in front, and it is known as ours', async () => {
      const sensor = await start();
      const subscriptions = [{ target: '/mn-cse-1/onem2m/sensor/values' }];
      const ae = await bench.startAe({ subscriptions, ae: { name: 'gui', originator: 'Cgui' } });
      const [notification] = await Promise.all([ae.notification(), sensor.perform({ payload: 21 })]);
      expect(notification).toMatchObject({
        payload: 21,
        topic: '/mn-cse-1/onem2m/sensor/values',
        onem2m: { event: 'createChild', subscription: expect.stringMatching(/^\/mn-cse-1\/onem2m\/sensor/) },
      });
      expect(notification.onem2m.unknown).toBeUndefined();
      expect(ae.problems).toEqual([]);
    });
  });

  it('refuses what it cannot read under an id that nobody used, and is understood', async () => {
    bench = await FlavourBench.start('openmtc');
    const ae = await bench.startAe(await byHttp());
    await expect(ae.perform({ operation: 'create', ty: 3, payload: { nothing: 1 } })).rejects.toMatchObject({
      code: 'ONEM2M_4000',
      message: expect.stringContaining('CREATE in onem2m/app: refused with 4000'),
    });
    expect(ae.problems).toEqual([]);
  });

  it('holds an AE called C from before, which is not thrown away without asking', async () => {
    bench = await FlavourBench.start('openmtc');
    const headers = { 'X-M2M-Origin': 'C', 'X-M2M-RI': 'r1', 'Content-Type': 'application/json;ty=2' };
    const body = JSON.stringify({ 'm2m:ae': { rn: 'app', api: 'Napp', rr: true } });
    await fetch(`${bench.cse.httpUrl ?? ''}/onem2m`, { method: 'POST', headers, body });
    const ae = bench.create({ timeout: '200ms' });
    ae.entity.start();
    await expect
      .poll(() => ae.problems.at(-1))
      .toMatchObject({
        code: 'ONEM2M_4105',
        message: expect.stringContaining('with "C" for an id'),
        advice: expect.stringContaining('replace'),
      });
    const replacing = await bench.startAe({ registration: { onConflict: 'replace' }, timeout: '200ms' });
    expect(replacing.originator).toMatch(/^Capp-/);
  });
});
