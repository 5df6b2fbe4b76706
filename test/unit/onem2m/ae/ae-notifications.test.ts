import { describe, expect, it } from 'vitest';
import { AeBench, secretName } from '../../../support/onem2m/ae-bench.ts';

const SUBSCRIBED = { resources: [{ ty: 'container', path: 'data' }], subscriptions: [{ target: 'data' }] };
const SUBSCRIPTION = `onem2m/app/data/${secretName('data', 'devicelink-data-3')}`;

const created = (sur: string, con = '21'): object => ({
  'm2m:sgn': { nev: { net: 3, rep: { 'm2m:cin': { con, cnf: 'application/json:0' } } }, sur },
});

const idOf = (bench: AeBench): string => String(bench.cse.tree.get(SUBSCRIPTION)?.attributes['ri']);

describe('a notification', () => {
  it('is answered at once and told with its content, however the CSE names the subscription', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    const names = [SUBSCRIPTION, `/mn-cse-1/${idOf(bench)}`, `//sp/mn-cse-1/${SUBSCRIPTION}`, idOf(bench)];
    for (const name of names)
      expect(await bench.binding.notify(created(name))).toMatchObject({ rsc: 2000, fr: 'Cassigned' });
    expect(bench.notifications).toHaveLength(names.length);
    for (const { payload, topic, onem2m } of bench.notifications) {
      expect({ payload, topic, event: onem2m.event }).toEqual({
        payload: 21,
        topic: 'onem2m/app/data',
        event: 'createChild',
      });
      expect(onem2m.unknown).toBeUndefined();
    }
    expect(bench.problems).toEqual([]);
  });

  it('of a subscription that is not ours is passed on and told in words', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    await bench.binding.notify(created('/mn-cse-1/onem2m/other/sub'));
    expect(bench.notifications[0]).toMatchObject({ topic: '/mn-cse-1/onem2m/other', onem2m: { unknown: true } });
    expect(bench.problems[0]).toMatchObject({ code: 'ONEM2M_UNKNOWN_SUBSCRIPTION' });
  });

  it('that overtakes the answer to its subscription is known all the same', async () => {
    const bench = new AeBench(SUBSCRIBED);
    const { cse, binding } = bench;
    binding.handle = (request) => {
      const reply = cse.answer(request);
      const ri = (reply.pc as Record<string, { ri?: string }> | undefined)?.['m2m:sub']?.ri;
      if (request.ty === 23) void binding.notify(created(`/mn-cse-1/${ri ?? ''}`));
      return reply;
    };
    await bench.start();
    expect(bench.notifications).toMatchObject([{ topic: 'onem2m/app/data', payload: 21 }]);
    expect(bench.problems).toEqual([]);
  });

  it('in a batch is split, each with its place', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    const pc = { 'm2m:agn': { 'm2m:sgn': ['1', '2', '3'].map((con) => Object.values(created(SUBSCRIPTION, con))[0]) } };
    await bench.binding.notify(pc);
    expect(bench.notifications.map(({ payload, onem2m }) => [payload, onem2m.batch])).toEqual([
      [1, { index: 0, size: 3 }],
      [2, { index: 1, size: 3 }],
      [3, { index: 2, size: 3 }],
    ]);
  });

  it('without any content that is known is refused and told, and breaks nothing', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    for (const pc of [undefined, null, 5, 'x', [], {}, { 'm2m:what': 1 }]) {
      expect((await bench.binding.notify(pc))?.rsc).toBe(4000);
    }
    expect(bench.notifications).toEqual([]);
    expect(bench.problems).toHaveLength(7);
  });
});

describe('a verification', () => {
  it('is answered and told', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    const answer = await bench.binding.notify({ 'm2m:sgn': { vrq: true, sur: SUBSCRIPTION, cr: 'Cx' } });
    expect(answer?.rsc).toBe(2000);
    expect(bench.told).toContain('verified');
    expect(bench.notifications).toEqual([]);
  });
});

describe('a target that the CSE cannot verify', () => {
  it('is said to be so, although the CSE took longer for it than other requests may', async () => {
    const bench = new AeBench(SUBSCRIBED);
    bench.binding.handle = (request) => {
      if (request.ty !== 23) return bench.cse.answer(request);
      bench.ports.clock.setTimeout(() => bench.binding.respond({ rsc: 5204, rqi: request.rqi }), 10_024);
      return undefined;
    };
    await bench.start();
    await bench.ports.clock.advance(10_100);
    expect(bench.state).toBe('degraded');
    expect(bench.problems[0]).toMatchObject({
      code: 'ONEM2M_5204',
      advice: expect.stringContaining('Cassigned') as string,
    });
  });
});

describe('the deletion of a subscription', () => {
  it('by somebody else is told, and it is made again', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    bench.cse.tree.delete(SUBSCRIPTION);
    await bench.binding.notify({ 'm2m:sgn': { sud: true, sur: SUBSCRIPTION } });
    await bench.ports.clock.advance(1000);
    expect(bench.notifications).toMatchObject([{ topic: 'onem2m/app/data', onem2m: { event: 'subscriptionDeleted' } }]);
    expect(bench.told).toContain('subscriptionDeleted');
    expect(bench.cse.tree.has(SUBSCRIPTION)).toBe(true);
  });

  it('by ourselves is no news', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    const { binding, cse } = bench;
    binding.handle = (request) => {
      if (request.op === 4) void binding.notify({ 'm2m:sgn': { sud: true, sur: request.to } });
      return cse.answer(request);
    };
    await bench.ae.perform({ operation: 'unsubscribe', topic: 'data' });
    expect(bench.notifications).toEqual([]);
    expect(bench.told).toEqual(['registered']);
  });
});

describe('a subscription that this node has ended', () => {
  it('says nothing more, however late, until it is made again', async () => {
    const bench = await new AeBench(SUBSCRIBED).start();
    const ri = idOf(bench);
    await bench.ae.perform({ operation: 'unsubscribe', topic: 'data' });
    for (const sur of [SUBSCRIPTION, `/mn-cse-1/${ri}`]) {
      await bench.binding.notify(created(sur));
      await bench.binding.notify({ 'm2m:sgn': { sud: true, sur } });
    }
    expect([bench.notifications, bench.problems, bench.told]).toEqual([[], [], ['registered']]);
    const subscribed = bench.ae.perform({ operation: 'subscribe', topic: 'data', payload: {} });
    await bench.ports.clock.settle();
    await subscribed;
    await bench.binding.notify(created(SUBSCRIPTION, '5'));
    expect(bench.notifications).toMatchObject([{ payload: 5, topic: 'onem2m/app/data' }]);
  });

  it('by deleting what it was on is not made again, unless the configuration wishes it', async () => {
    const bench = await new AeBench({ resources: [{ ty: 'container', path: 'data' }] }).start();
    const subscribed = bench.ae.perform({ operation: 'subscribe', topic: 'data', payload: {} });
    await bench.ports.clock.settle();
    await subscribed;
    await bench.ae.perform({ operation: 'delete', topic: 'data' });
    await bench.binding.notify({ 'm2m:sgn': { sud: true, sur: SUBSCRIPTION } });
    await bench.ports.clock.advance(60_000);
    expect(bench.state).toBe('healthy');
    expect(bench.problems).toEqual([]);
  });

  it('could not be made is told to who asked, once', async () => {
    const bench = await new AeBench().start();
    const asked = bench.ae.perform({ operation: 'subscribe', topic: 'missing', payload: {} }).catch(String);
    await bench.ports.clock.settle();
    expect(await asked).toContain('4004');
    expect(bench.problems).toEqual([]);
  });
});

describe('a subscription of the same name', () => {
  it('on a resource that is not ours is left to whom it notifies', async () => {
    const subscriptions = [{ target: 'onem2m/other', name: 'alarm' }];
    const bench = new AeBench({ subscriptions });
    bench.cse.tree.set('onem2m/other', { wrapper: 'm2m:cnt', attributes: {} });
    const theirs = { wrapper: 'm2m:sub', attributes: { nu: ['Csomebody'], enc: { net: [3] } } };
    bench.cse.tree.set('onem2m/other/alarm', theirs);
    await bench.start();
    expect(bench.state).toBe('degraded');
    expect(bench.problems[0]).toMatchObject({
      code: 'CONFIG',
      message: 'subscriptions[0].name: onem2m/other/alarm is there already and notifies ["Csomebody"]',
    });
    expect(bench.cse.tree.get('onem2m/other/alarm')).toBe(theirs);
  });

  it('that notifies us, but of other events, is made anew', async () => {
    const bench = new AeBench({
      ae: { name: 'app', originator: 'Cfix' },
      subscriptions: [{ target: 'onem2m/other', name: 'alarm' }],
    });
    bench.cse.tree.set('onem2m/other', { wrapper: 'm2m:cnt', attributes: {} });
    bench.cse.tree.set('onem2m/other/alarm', { wrapper: 'm2m:sub', attributes: { nu: ['Cfix'], enc: { net: [1] } } });
    await bench.start();
    expect(bench.state).toBe('healthy');
    expect(bench.cse.tree.get('onem2m/other/alarm')?.attributes['enc']).toEqual({ net: [3] });
  });
});

describe('a subscription that a message asked for', () => {
  it('goes with its target when a message deletes that, and only then', async () => {
    const bench = new AeBench();
    for (const name of ['onem2m/x', '/far-cse/onem2m/x'])
      bench.cse.tree.set(name, { wrapper: 'm2m:cnt', attributes: {} });
    await bench.start();
    await bench.ae.perform({ operation: 'subscribe', topic: 'onem2m/x' });
    await bench.ae.perform({ operation: 'delete', topic: '/far-cse/onem2m/x' });
    await bench.ae.perform({ operation: 'unsubscribe', topic: 'onem2m/x' });
    await bench.ae.perform({ operation: 'subscribe', topic: 'onem2m/x' });
    await bench.ae.perform({ operation: 'delete', topic: 'onem2m/x' });
    await expect(bench.ae.perform({ operation: 'unsubscribe', topic: 'onem2m/x' })).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
    });
  });
});

describe('another application that goes away', () => {
  const X = 'onem2m/other/x';

  it('takes the subscriptions on it along, and to end them later is no error', async () => {
    const bench = new AeBench();
    for (const name of ['onem2m/other', X]) bench.cse.tree.set(name, { wrapper: 'm2m:cnt', attributes: {} });
    await bench.start();
    const { payload } = await bench.ae.perform({ operation: 'subscribe', topic: X });
    const { address: sur } = payload as { address: string };
    for (const address of [...bench.cse.tree.keys()])
      if (address.startsWith('onem2m/other')) bench.cse.tree.delete(address);
    await bench.binding.notify({ 'm2m:sgn': { sud: true, sur } });
    await bench.ports.clock.advance(60_000);
    expect(bench.notifications).toMatchObject([{ topic: X, onem2m: { event: 'subscriptionDeleted' } }]);
    expect([bench.state, bench.problems]).toEqual(['healthy', []]);
    const asked = bench.cse.log.length;
    expect(await bench.ae.perform({ operation: 'unsubscribe', topic: X })).toMatchObject({
      payload: [],
      onem2m: { rsc: 2002, to: X },
    });
    expect(bench.cse.log).toHaveLength(asked);
    await expect(bench.ae.perform({ operation: 'unsubscribe', topic: 'onem2m/never' })).rejects.toThrow(
      /subscribed to/,
    );
  });

  it('leaves a subscription of the configuration wished', async () => {
    const bench = new AeBench({ subscriptions: [{ target: X }] });
    bench.cse.tree.set(X, { wrapper: 'm2m:cnt', attributes: {} });
    await bench.start();
    const sur = [...bench.cse.tree.keys()].find((address) => address.startsWith(`${X}/`));
    for (const address of [X, sur!]) bench.cse.tree.delete(address);
    await bench.binding.notify({ 'm2m:sgn': { sud: true, sur } });
    await bench.ports.clock.advance(2000);
    expect(bench.state).toBe('degraded');
    bench.cse.tree.set(X, { wrapper: 'm2m:cnt', attributes: {} });
    await bench.ports.clock.advance(60_000);
    expect([bench.state, bench.cse.tree.has(sur!)]).toEqual(['healthy', true]);
  });
});

describe('other requests', () => {
  it('to the AE are refused and told', async () => {
    const bench = await new AeBench().start();
    expect((await bench.binding.notify({ x: 1 }, { op: 2, to: 'Cassigned/thing' }))?.rsc).toBe(4005);
    expect(bench.life.at(-1)).toMatchObject({ event: 'request', topic: 'Cassigned/thing' });
  });

  it('with the result of a request that nobody waits for are told as late', async () => {
    const bench = await new AeBench().start();
    await bench.binding.notify({ 'm2m:rsp': { rsc: 2001, rqi: 'long ago', pc: { x: 1 } } });
    expect(bench.told).toContain('late');
  });
});

const WATCH = `onem2m/app/data/${secretName('data', 'devicelink-watch')}`;

describe('a watch', () => {
  it('gets its notifications instead of the flow; one that throws is a problem', async () => {
    const bench = await new AeBench({ resources: [{ ty: 'container', path: 'data' }] }).start();
    const got: unknown[] = [];
    const end = await bench.ae.watch('data', ({ payload }) => {
      got.push(payload);
      if (payload === 0) throw new Error('no zero');
    });
    await bench.binding.notify(created(WATCH, '7'));
    await bench.binding.notify(created(WATCH, '0'));
    await bench.ports.clock.settle();
    expect(got).toEqual([7, 0]);
    expect(bench.notifications).toEqual([]);
    expect(bench.problems[0]?.message).toContain('no zero');
    await end();
    expect(bench.cse.tree.has(WATCH)).toBe(false);
  });
});

describe('a periodic discovery', () => {
  it('tells what is found and what is gone, each once', async () => {
    const bench = new AeBench({
      discoveries: [{ name: 'sensors', target: 'onem2m', filter: { labels: ['s'] }, interval: '10s' }],
    });
    let present = ['onem2m/a', 'onem2m/b'];
    bench.binding.handle = (request) =>
      request.fc === undefined ? bench.cse.answer(request) : { rsc: 2000, pc: { 'm2m:uril': present } };
    await bench.start();
    const told = (): unknown[] =>
      bench.life.filter(({ event }) => event === 'found' || event === 'gone').map((e) => [e.event, e.topic]);
    expect(told()).toEqual([
      ['found', 'onem2m/a'],
      ['found', 'onem2m/b'],
    ]);
    expect(bench.binding.sent.at(-1)).toMatchObject({ op: 2, to: 'onem2m', fc: { fu: 1, lbl: ['s'] } });
    present = ['onem2m/b', 'onem2m/c'];
    await bench.ports.clock.advance(10_000);
    expect(told().slice(2)).toEqual([
      ['found', 'onem2m/c'],
      ['gone', 'onem2m/a'],
    ]);
    await bench.ports.clock.advance(10_000);
    expect(told()).toHaveLength(4);
    bench.binding.handle = () => ({ rsc: 4103 });
    await bench.ports.clock.advance(10_000);
    expect(told()).toHaveLength(4);
    expect(bench.problems.at(-1)?.code).toBe('ONEM2M_4103');
    await bench.ae.close();
    expect(bench.ports.clock.pending).toEqual([]);
  });
});
