import { describe, expect, it } from 'vitest';
import { AeSecret } from '../../../../src/onem2m/ae/model/secret.ts';
import { AeBench, secretName } from '../../../support/onem2m/ae-bench.ts';
import { MemoryStore } from '../../../support/onem2m/memory-store.ts';

const DATA = { resources: [{ ty: 'container', path: 'data' }] };
const SUBSCRIBED = { ...DATA, subscriptions: [{ target: 'data' }] };
const SUBSCRIPTION = `onem2m/app/data/${secretName('data', 'devicelink-data-3')}`;

const created = (sur: string, con = '21'): object => ({
  'm2m:sgn': { nev: { net: 3, rep: { 'm2m:cin': { con, cnf: 'application/json:0' } } }, sur },
});

const subscriptionsIn = ({ cse }: AeBench): string[] =>
  [...cse.tree].flatMap(([address, { wrapper }]) => (wrapper === 'm2m:sub' ? [address] : []));

describe('the secret of an AE', () => {
  it('is made once and kept, with 128 bits', async () => {
    const store = new MemoryStore();
    const first = await AeSecret.of(store);
    const again = await AeSecret.of(store);
    expect(store.memory?.secret).toMatch(/^[0-9a-f]{32}$/);
    expect([first.isNew, again.isNew]).toEqual([true, false]);
    expect(again.tag('x')).toBe(first.tag('x'));
    expect(first.tag('x')).toMatch(/^[0-9a-f]{32}$/);
    expect((await AeSecret.of(new MemoryStore())).tag('x')).not.toBe(first.tag('x'));
    expect(first.tag('y')).not.toBe(first.tag('x'));
  });

  it('stays when the id is given up', async () => {
    const bench = new AeBench();
    const { secret } = bench.store.memory!;
    await bench.store.save({ originator: 'Cgone' });
    await bench.store.clear();
    expect(bench.store.memory).toEqual({ secret });
  });
});

describe('the name of a subscription', () => {
  it('cannot be guessed, and is the same after a restart', async () => {
    const store = new MemoryStore();
    const { cse } = new AeBench();
    store.secret();
    const first = await new AeBench({ ...SUBSCRIBED, registration: { onClose: 'keep' } }, { cse, store }).start();
    const names = subscriptionsIn(first);
    expect(names).toMatchObject([expect.stringMatching(/^onem2m\/app\/data\/devicelink-data-3-[0-9a-f]{32}$/)]);
    await first.ae.close();
    const second = await new AeBench(SUBSCRIBED, { cse, store }).start();
    expect(subscriptionsIn(second)).toEqual(names);
    expect(
      subscriptionsIn(await new AeBench(SUBSCRIBED, { cse: new AeBench().cse, store: seeded() }).start()),
    ).not.toEqual(names);
  });

  it('is just that of the user where there is one', async () => {
    const bench = await new AeBench({ ...DATA, subscriptions: [{ target: 'data', name: 'mine' }] }).start();
    expect(subscriptionsIn(bench)).toEqual(['onem2m/app/data/mine']);
  });

  it('takes the place of the one from before there was a secret', async () => {
    const store = new MemoryStore();
    const { cse } = new AeBench();
    store.memory = { originator: 'Cassigned' };
    for (const [address, wrapper] of [
      ['onem2m/app', 'm2m:ae'],
      ['onem2m/app/data', 'm2m:cnt'],
      ['onem2m/app/data/devicelink-data-3', 'm2m:sub'],
    ] as const) {
      cse.tree.set(address, { wrapper, attributes: { aei: wrapper === 'm2m:ae' ? 'Cassigned' : undefined } });
    }
    const bench = await new AeBench(SUBSCRIBED, { cse, store }).start();
    expect(bench.told).toEqual(['resumed']);
    expect(subscriptionsIn(bench)).toMatchObject([expect.stringMatching(/-[0-9a-f]{32}$/)]);
    await bench.binding.notify({ 'm2m:sgn': { sud: true, sur: 'onem2m/app/data/devicelink-data-3' } });
    expect([bench.notifications, bench.problems]).toEqual([[], []]);
  });
});

describe('a forged notification', () => {
  it('by a name that can be guessed reaches no watch, and is told to the flow as unknown', async () => {
    const bench = await new AeBench(DATA).start();
    const got: unknown[] = [];
    await bench.ae.watch('data', ({ payload }) => void got.push(payload));
    for (const sur of [
      'onem2m/app/data/devicelink-watch',
      '/mn-cse-1/onem2m/app/data/devicelink-watch',
      '',
      'a//b',
      '#',
    ])
      await bench.binding.notify(created(sur));
    expect(got).toEqual([]);
    expect(bench.notifications).toHaveLength(5);
    expect(bench.notifications.every(({ onem2m }) => onem2m.unknown === true)).toBe(true);
    await bench.binding.notify(created(`onem2m/app/data/${secretName('data', 'devicelink-watch')}`));
    expect(got).toEqual([21]);
  });

  it.each(['openmtc', 'tinyiot'])('by a resource id that can be guessed reaches nobody at %s', async (profile) => {
    const bench = await new AeBench({ ...SUBSCRIBED, cse: { profile } }).start();
    const ri = String(bench.cse.tree.get(SUBSCRIPTION)?.attributes['ri']);
    for (const sur of [ri, `/mn-cse-1/${ri}`]) await bench.binding.notify(created(sur));
    expect(bench.notifications.map(({ onem2m }) => onem2m.unknown)).toEqual([true, true]);
  });

  it.each([
    { fr: 'Cevil' },
    { fr: '/mn-cse-1/Cevil' },
    { fr: '//sp/mn-cse-1/Cevil' },
    { fr: '/other-cse' },
    { fr: '/mn-cse-1', level: 'Cevil' },
    { fr: '/mn-cse-1', level: 'mn-cse-1:Cevil' },
    { level: 'Cevil' },
    { fr: 'Cassigned', level: 'mn-cse-1' },
  ])('from another originator than the CSE is refused: %j', async ({ fr, level }) => {
    const bench = await new AeBench(SUBSCRIBED).start();
    for (let count = 0; count < 3; count += 1) {
      const answer = await bench.binding.notify(created(SUBSCRIPTION), { fr: fr as string }, { originator: level });
      expect(answer?.rsc).toBe(4103);
    }
    expect(bench.notifications).toEqual([]);
    expect(bench.problems[0]).toMatchObject({
      code: 'ONEM2M_FOREIGN_NOTIFICATION',
      message: 'a notification that does not come from the CSE /mn-cse-1 was refused',
    });
    expect(new Set(bench.problems.map(({ message }) => message)).size).toBe(1);
  });

  it("in the name of nobody's subscription may come from another AE, if through the CSE, and is told as unknown", async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    const notify = (originator: string, pc = created('x')) =>
      bench.binding.notify(pc, { fr: 'Cother' }, { originator });
    expect((await notify('mn-cse-1'))?.rsc).toBe(2000);
    expect((await notify('Cother'))?.rsc).toBe(4103);
    expect((await notify('mn-cse-1', { 'm2m:sgn': { vrq: true, sur: 'x' } }))?.rsc).toBe(4103);
    expect((await notify('mn-cse-1', { 'm2m:sgn': { sud: true, sur: 'x' } }))?.rsc).toBe(4103);
    expect(bench.notifications).toMatchObject([{ payload: 21, onem2m: { unknown: true } }]);
    expect(bench.told).toEqual(['registered']);
  });

  it.each([
    { fr: '/mn-cse-1' },
    { fr: '//sp/mn-cse-1' },
    { fr: 'mn-cse-1', level: 'mn-cse-1' },
    { fr: '/mn-cse-1', level: 'sp:mn-cse-1' },
    { level: 'mn-cse-1' },
    {},
  ])('is none where the CSE says who it is: %j', async ({ fr, level }) => {
    const bench = await new AeBench(SUBSCRIBED).start();
    const answer = await bench.binding.notify(created(SUBSCRIPTION), { fr: fr as string }, { originator: level });
    expect(answer?.rsc).toBe(2000);
    expect(bench.notifications).toMatchObject([{ payload: 21 }]);
  });

  it('is told by its form from one of a CSE whose id is not known', async () => {
    const config = { endpoint: 'http://cse:8080', cse: { id: '', profile: 'acme' } };
    const bench = await new AeBench({ ...SUBSCRIBED, ...config }).start();
    const from = async (fr: string) => (await bench.binding.notify(created(SUBSCRIPTION), { fr }))?.rsc;
    expect(await Promise.all(['/in', '//sp/in', 'Cevil', '/in/Cevil', '//sp/in/Cevil'].map(from))).toEqual([
      2000, 2000, 4103, 4103, 4103,
    ]);
  });

  it('of a deletion changes nothing and is not told, however often', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    const before = structuredClone([...bench.cse.tree]);
    for (let count = 0; count < 5; count += 1) {
      expect((await bench.binding.notify({ 'm2m:sgn': { sud: true, sur: SUBSCRIPTION } }))?.rsc).toBe(2000);
      await bench.binding.notify(created(SUBSCRIPTION, String(count)));
    }
    await bench.ports.clock.advance(5000);
    expect(bench.told).toEqual(['registered']);
    expect(bench.notifications.map(({ payload }) => payload)).toEqual([0, 1, 2, 3, 4]);
    expect([...bench.cse.tree]).toEqual(before);
    expect(bench.state).toBe('healthy');
  });

  it('of a deletion of something else is told as unknown', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    await bench.binding.notify({ 'm2m:sgn': { sud: true, sur: 'onem2m/app/data/devicelink-data-3' } });
    expect(bench.notifications).toMatchObject([{ onem2m: { event: 'subscriptionDeleted', unknown: true } }]);
  });

  it('of a verification changes nothing', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    const before = structuredClone([...bench.cse.tree]);
    const asked = bench.cse.log.length;
    await bench.binding.notify({ 'm2m:sgn': { vrq: true, sur: 'onem2m/evil', cr: 'Cevil' } });
    await bench.ports.clock.advance(5000);
    expect([...bench.cse.tree]).toEqual(before);
    expect(bench.cse.log).toHaveLength(asked);
    expect(bench.state).toBe('healthy');
  });

  it('of a subscription at another CSE is taken from that one, and from no third', async () => {
    const bench = new AeBench({ subscriptions: [{ target: '/far-cse/onem2m/x' }] });
    bench.cse.tree.set('/far-cse/onem2m/x', { wrapper: 'm2m:cnt', attributes: {} });
    await bench.start();
    const [sur] = subscriptionsIn(bench);
    for (const [fr, rsc] of [
      ['/far-cse', 2000],
      ['/mn-cse-1', 2000],
      ['/third', 4103],
    ] as const)
      expect((await bench.binding.notify(created(sur!), { fr }))?.rsc).toBe(rsc);
    expect(bench.notifications).toHaveLength(2);
  });
});

describe('a batch', () => {
  const batch = (size: number, sur: string): object => ({
    'm2m:agn': { 'm2m:sgn': Array.from({ length: size }, (_none, index) => sgn(created(sur, String(index)))) },
  });
  const sgn = (pc: object): unknown => Object.values(pc)[0];

  it('of 20,000 notifications is refused, and told once', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    for (const sur of [SUBSCRIPTION, 'onem2m/foreign'])
      expect((await bench.binding.notify(batch(20_000, sur)))?.rsc).toBe(4000);
    expect(bench.notifications).toEqual([]);
    expect(new Set(bench.problems.map(({ message }) => message))).toEqual(
      new Set(['a batch of more than 1000 notifications was refused']),
    );
  });

  it('of a subscription that is not ours is one problem', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    expect((await bench.binding.notify(batch(1000, 'onem2m/foreign/sub')))?.rsc).toBe(2000);
    expect(bench.notifications).toHaveLength(1000);
    expect(bench.problems).toMatchObject([{ code: 'ONEM2M_UNKNOWN_SUBSCRIPTION' }]);
  });
});

/** A store with a secret of its own. */
function seeded(): MemoryStore {
  const store = new MemoryStore();
  store.secret();
  return store;
}
