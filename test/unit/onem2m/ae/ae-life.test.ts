import { describe, expect, it } from 'vitest';
import { AeBench, secretName } from '../../../support/onem2m/ae-bench.ts';

const CONTAINER = { resources: [{ ty: 'container', path: 'data' }], subscriptions: [{ target: 'data' }] };

describe('registration', () => {
  it('asks who the CSE is, registers, listens, and creates what is to exist, in order', async () => {
    const bench = await new AeBench(CONTAINER).start();
    expect(bench.state).toBe('healthy');
    expect(bench.cse.log).toEqual(['2 onem2m', '1 onem2m', '1 onem2m/app', '1 onem2m/app/data']);
    expect(bench.binding.listened).toEqual(['Cassigned']);
    expect(bench.told).toEqual(['registered']);
    expect(bench.ae.snapshot()).toMatchObject({ originator: 'Cassigned' });
    expect(bench.cse.tree.get('onem2m/app')?.attributes).toMatchObject({
      api: 'Napp',
      rr: true,
      poa: ['mqtt://broker:1883'],
      srv: ['3'],
    });
    const subscription = bench.cse.tree.get(`onem2m/app/data/${secretName('data', 'devicelink-data-3')}`)?.attributes;
    expect(subscription).toMatchObject({ nu: ['Cassigned'], su: 'Cassigned', enc: { net: [3] } });
  });

  it('keeps the id that was assigned over a restart, and resumes', async () => {
    const first = await new AeBench({ ...CONTAINER, registration: { onClose: 'keep' } }).start();
    await first.ae.close();
    const second = await new AeBench({ ...CONTAINER, ae: { name: 'app', labels: ['new'] } }, first).start();
    expect(second.binding.sent[1]).toMatchObject({ op: 1, fr: 'Cassigned' });
    expect(second.told).toEqual(['resumed']);
    expect(second.state).toBe('healthy');
    expect(second.cse.tree.get('onem2m/app')?.attributes).toMatchObject({ lbl: ['new'] });
    expect(second.cse.log.filter((line) => line.startsWith('4'))).toEqual([]);
  });

  it('replaces an AE that exists, or says that it does, as the flow wishes', async () => {
    const ae = { name: 'app', originator: 'Cfix' };
    const first = await new AeBench({ ae, registration: { onClose: 'keep' } }).start();
    await first.ae.close();
    const refused = await new AeBench({ ae, registration: { onConflict: 'error' } }, first).start();
    expect(refused.state).toBe('unhealthy');
    expect(refused.problems[0]).toMatchObject({ code: 'ONEM2M_4117' });
    await refused.ae.close();
    const replaced = await new AeBench({ ae, registration: { onConflict: 'replace' } }, first).start();
    expect(replaced.cse.log.slice(-2)).toEqual(['4 onem2m/app', '1 onem2m']);
    expect(replaced.told).toEqual(['registered']);
  });

  it('says in words that the name belongs to somebody else', async () => {
    const first = await new AeBench({
      ae: { name: 'app', originator: 'Cother' },
      registration: { onClose: 'keep' },
    }).start();
    await first.ae.close();
    first.store.memory = undefined;
    const bench = await new AeBench({}, first).start();
    expect(bench.problems[0]?.code).toBe('ONEM2M_4105');
    expect(bench.problems[0]?.message).toContain('the name may belong to another originator');
  });

  it('is tried again, later and later, while it is refused, and told once each time', async () => {
    const bench = new AeBench();
    bench.cse.refuse.set('1 onem2m', 4107);
    await bench.start();
    const attempts = (): number => bench.cse.log.filter((line) => line === '1 onem2m').length;
    expect([bench.state, attempts()]).toEqual(['unhealthy', 1]);
    await bench.ports.clock.advance(1000);
    expect(attempts()).toBe(2);
    await bench.ports.clock.advance(2000);
    expect(attempts()).toBe(3);
    bench.cse.refuse.clear();
    await bench.ports.clock.advance(4000);
    expect(bench.state).toBe('healthy');
  });

  it('tries one form after the other where nothing is known of the CSE and nobody answers', async () => {
    const bench = new AeBench();
    bench.binding.handle = () => undefined;
    await bench.start();
    await bench.ports.clock.advance(3000 + 10_000 + 1000 + 13_000 + 2000 + 3000);
    const creates = bench.binding.sent.flatMap(({ op, pc }, index) =>
      op === 1 ? [[bench.binding.registrations[index], 'srv' in (pc as Record<string, object>)['m2m:ae']!]] : [],
    );
    expect(creates).toEqual([
      ['reg_req', true],
      ['req', true],
      ['req', false],
    ]);
    expect(bench.problems[0]?.code).toBe('TIMEOUT');
  });
});

describe('what exists', () => {
  it('is taken over if it is there, and updated where it differs', async () => {
    const first = await new AeBench({ ...CONTAINER, registration: { onClose: 'keep' } }).start();
    await first.ae.close();
    const second = await new AeBench(
      { ...CONTAINER, resources: [{ ty: 'container', path: 'data', mni: 5, labels: ['b', 'a'] }] },
      first,
    ).start();
    expect(second.cse.tree.get('onem2m/app/data')?.attributes).toMatchObject({ mni: 5, lbl: ['b', 'a'] });
    expect(second.state).toBe('healthy');
  });

  it('gets its missing parents', async () => {
    const bench = await new AeBench({ resources: [{ ty: 'timeSeries', path: 'a/b/c' }] }).start();
    expect([...bench.cse.tree.keys()]).toEqual(expect.arrayContaining(['onem2m/app/a', 'onem2m/app/a/b/c']));
    expect(bench.cse.tree.get('onem2m/app/a/b/c')?.wrapper).toBe('m2m:ts');
  });

  it('of another type than wished is a named problem; the rest goes on, and it is tried again', async () => {
    const bench = new AeBench({
      resources: [
        { ty: 'container', path: 'x' },
        { ty: 'container', path: 'y' },
      ],
    });
    bench.cse.tree.set('onem2m/app/x', { wrapper: 'm2m:grp', attributes: {} });
    await bench.start();
    expect(bench.state).toBe('degraded');
    expect(bench.problems[0]).toMatchObject({
      code: 'CONFIG',
      message: 'resources[0]: onem2m/app/x exists already, as m2m:grp and not as m2m:cnt',
    });
    expect(bench.cse.tree.has('onem2m/app/y')).toBe(true);
    bench.cse.tree.delete('onem2m/app/x');
    await bench.ports.clock.advance(1000);
    expect(bench.state).toBe('healthy');
  });

  it('names references as targets are named', async () => {
    const bench = await new AeBench({
      resources: [
        { ty: 'accessControlPolicy', path: 'policy' },
        { ty: 'container', path: 'data', acpi: ['policy', '/other-cse/acp'] },
      ],
    }).start();
    expect(bench.cse.tree.get('onem2m/app/data')?.attributes['acpi']).toEqual(['onem2m/app/policy', '/other-cse/acp']);
  });

  it('cannot be subscribed to where it is missing: said in words, and tried again', async () => {
    const bench = await new AeBench({ subscriptions: [{ target: 'onem2m/elsewhere/data' }] }).start();
    expect(bench.state).toBe('degraded');
    expect(bench.problems[0]?.message).toContain('subscribing to onem2m/elsewhere/data: refused with 4004');
    bench.cse.tree.set('onem2m/elsewhere/data', { wrapper: 'm2m:cnt', attributes: {} });
    await bench.ports.clock.advance(1000);
    expect(bench.state).toBe('healthy');
  });
});

describe('a CSE that forgot everything', () => {
  it('is noticed by a request, and everything is made again, in order', async () => {
    const bench = await new AeBench(CONTAINER).start();
    bench.cse.forgetAll();
    bench.cse.log.length = 0;
    await expect(bench.ae.perform({ operation: 'retrieve', topic: 'data' })).rejects.toMatchObject({
      code: 'ONEM2M_4004',
    });
    await bench.ports.clock.settle();
    expect(bench.cse.log).toEqual([
      '2 onem2m/app/data',
      '2 onem2m/app',
      '2 onem2m',
      '1 onem2m',
      '1 onem2m/app',
      '1 onem2m/app/data',
    ]);
    expect(bench.told).toEqual(['registered', 'forgotten', 'restored']);
    expect(bench.state).toBe('healthy');
  });

  it('is noticed by the refresh, by the check, and after the link was lost', async () => {
    const bench = await new AeBench({ registration: { expires: '10m', check: '1m' } }).start();
    bench.cse.forgetAll();
    await bench.ports.clock.advance(60_000);
    expect(bench.told).toEqual(['registered', 'forgotten', 'restored']);
    bench.cse.forgetAll();
    bench.binding.down();
    expect(bench.state).toBe('unhealthy');
    bench.binding.up();
    await bench.ports.clock.settle();
    expect(bench.told.slice(3)).toEqual(['forgotten', 'restored']);
    const other = await new AeBench({ registration: { expires: '10m', check: '0s' } }).start();
    other.cse.forgetAll();
    await other.ports.clock.advance(540_000);
    await other.ports.clock.advance(2000);
    expect(other.told).toEqual(['registered', 'forgotten', 'restored']);
  });
});

describe('the end of a registration', () => {
  it('is put off before it comes, a minute ahead or after three quarters, and what is below with it', async () => {
    const bench = await new AeBench({ ...CONTAINER, registration: { expires: '1h', check: '0s' } }).start();
    const end = (): unknown => bench.cse.tree.get('onem2m/app')?.attributes['et'];
    const first = end();
    await bench.ports.clock.advance(59 * 60_000 - 1);
    expect(end()).toBe(first);
    await bench.ports.clock.advance(1);
    expect(end()).not.toBe(first);
    expect(bench.told).toEqual(['registered', 'refreshed']);
    const short = await new AeBench({ registration: { expires: '20s', check: '0s' } }).start();
    await short.ports.clock.advance(15_000);
    expect(short.told).toEqual(['registered', 'refreshed']);
  });

  it('on a clock that is behind does not refresh in a loop', async () => {
    const bench = new AeBench();
    bench.binding.handle = (request) => {
      const reply = bench.cse.answer(request);
      const pc = reply.pc as Record<string, Record<string, unknown>> | undefined;
      return pc?.['m2m:ae'] ? { ...reply, pc: { 'm2m:ae': { ...pc['m2m:ae'], et: '20200101T000000' } } } : reply;
    };
    await bench.start();
    await bench.ports.clock.advance(10_000);
    expect(bench.cse.log.filter((line) => line.startsWith('3')).length).toBeLessThanOrEqual(10);
  });
});

describe('messages', () => {
  it('wait for the registration, and are told what stands in its way when their time is over', async () => {
    const bench = new AeBench();
    bench.binding.opensUp = false;
    await bench.start();
    bench.binding.down('nothing listens there');
    const asked = bench.ae.perform({ operation: 'retrieve', topic: 'data' }).catch((error: unknown) => error);
    await bench.ports.clock.advance(10_000);
    expect(await asked).toMatchObject({
      code: 'LINK_LOST',
      message: 'onem2m/app is not registered, nothing was sent: nothing listens there',
    });
    const later = bench.ae.perform({ operation: 'create', payload: { rn: 'x' }, ty: 'container' });
    bench.binding.up();
    expect((await later).onem2m).toMatchObject({ op: 'create', rsc: 2001 });
  });

  it('deregister, and register again', async () => {
    const bench = await new AeBench(CONTAINER).start();
    expect((await bench.ae.perform({ operation: 'deregister' })).onem2m).toMatchObject({ op: 'deregister', rsc: 2002 });
    expect(bench.state).toBe('disconnected');
    expect(bench.cse.tree.has('onem2m/app')).toBe(false);
    await expect(bench.ae.perform({ operation: 'push', payload: 1 })).rejects.toMatchObject({ code: 'CLOSED' });
    await bench.ports.clock.advance(600_000);
    expect(bench.cse.tree.has('onem2m/app')).toBe(false);
    await bench.ae.perform({ operation: 'register' });
    expect(bench.cse.tree.has(`onem2m/app/data/${secretName('data', 'devicelink-data-3')}`)).toBe(true);
    expect((await bench.ae.perform({ operation: 'refresh' })).payload).toMatchObject({ address: 'onem2m/app' });
  });

  it('subscribe and unsubscribe; a refused subscription is not tried for ever', async () => {
    const bench = await new AeBench(CONTAINER).start();
    const made = await bench.ae.perform({ operation: 'subscribe', topic: 'data', payload: { events: ['update'] } });
    const address = `onem2m/app/data/${secretName('data', 'devicelink-data-1')}`;
    expect(made.payload).toMatchObject({ address });
    expect(made.onem2m).toMatchObject({ op: 'subscribe', rsc: 2001 });
    await bench.ae.perform({ operation: 'unsubscribe', topic: 'data', payload: { name: 'devicelink-data-1' } });
    expect(bench.cse.tree.has(address)).toBe(false);
    await expect(bench.ae.perform({ operation: 'subscribe', topic: 'nope' })).rejects.toMatchObject({
      code: 'ONEM2M_4004',
    });
    await bench.ports.clock.advance(60_000);
    expect(bench.state).toBe('healthy');
    await expect(bench.ae.perform({ operation: 'unsubscribe', topic: 'nope' })).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
    });
    await expect(bench.ae.perform({ operation: 'subscribe', topic: 'data', events: ['never'] })).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringContaining('msg.payload.events: must be of update') as string,
    });
  });

  it('ensure resources, which are restored like those of the configuration; what cannot be made is given up', async () => {
    const bench = await new AeBench(CONTAINER).start();
    const list = [{ ty: 'container', path: 'more/deep' }];
    const { payload } = await bench.ae.perform({ operation: 'ensure', payload: list });
    expect(payload).toEqual(['onem2m/app/more/deep']);
    bench.cse.refuse.set('1 onem2m/app', 4103);
    const refused = { operation: 'ensure', payload: [{ ty: 'container', path: 'not' }] };
    await expect(bench.ae.perform(refused)).rejects.toMatchObject({ code: 'ONEM2M_4103' });
    await bench.ports.clock.advance(60_000);
    expect(bench.state).toBe('healthy');
    bench.cse.refuse.clear();
    bench.cse.forgetAll();
    await expect(bench.ae.perform({ operation: 'retrieve', topic: 'data' })).rejects.toThrow();
    await bench.ports.clock.settle();
    expect(bench.cse.tree.has('onem2m/app/more/deep')).toBe(true);
    expect(bench.cse.tree.has('onem2m/app/not')).toBe(false);
    await expect(bench.ae.perform({ operation: 'ensure', payload: [{ ty: 'box', path: 'x' }] })).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringContaining('msg.payload[0].ty: is not a resource type') as string,
    });
  });

  it('with an operation that nobody knows are refused with those that are known', async () => {
    const bench = await new AeBench().start();
    await expect(bench.ae.perform({ operation: 'fly' })).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringMatching(
        /msg\.operation must be one of create, .*deregister, refresh, got "fly"/,
      ) as string,
    });
  });
});

describe('closing', () => {
  it('deregisters, deletes subscriptions elsewhere, forgets the session, and leaves no timer', async () => {
    const bench = new AeBench({ ...CONTAINER, subscriptions: [{ target: 'onem2m/other' }] });
    bench.cse.tree.set('onem2m/other', { wrapper: 'm2m:cnt', attributes: {} });
    await bench.start();
    await bench.ae.close();
    expect([...bench.cse.tree.keys()]).toEqual(['onem2m', 'onem2m/other']);
    expect(bench.binding.closed).toEqual({ forget: true });
    expect(bench.ports.clock.pending).toEqual([]);
  });

  it('leaves everything where the flow wishes so', async () => {
    const bench = await new AeBench({ ...CONTAINER, registration: { onClose: 'keep' } }).start();
    await bench.ae.close();
    expect(bench.cse.tree.has('onem2m/app/data')).toBe(true);
    expect(bench.binding.closed).toEqual({ forget: false });
  });

  it('settles what is under way first, then says farewell, and takes nothing any more', async () => {
    const bench = await new AeBench(CONTAINER).start();
    const { handle } = bench.binding;
    bench.binding.handle = (request, options) => (request.ty === 4 ? undefined : handle(request, options));
    const pushes = Array.from({ length: 200 }, async (_, payload) => bench.ae.perform({ payload }));
    const outcomes = Promise.allSettled(pushes);
    await bench.ports.clock.settle();
    expect(bench.ae.snapshot().pending).toBe(200);
    const withdrawnAt: number[] = [];
    bench.binding.handle = (request, options) => {
      withdrawnAt.push(bench.ae.snapshot().pending);
      return handle(request, options);
    };
    await bench.ae.close();
    // Of the farewell alone.
    expect(withdrawnAt).toEqual([1]);
    const text = 'the node was closed; the request may have taken effect';
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED', message: text } });
    }
    await expect(bench.ae.perform({ payload: 1 })).rejects.toMatchObject({ code: 'CLOSED' });
    expect(bench.ports.clock.pending).toEqual([]);
    expect(bench.problems).toEqual([]);
  });

  it('while resources are made is no problem to be told', async () => {
    const bench = new AeBench(CONTAINER);
    const { handle } = bench.binding;
    bench.binding.handle = (request, options) => (request.ty === 3 ? undefined : handle(request, options));
    await bench.start();
    const waiting = bench.ae.perform({ payload: 1 }).catch((error: unknown) => error);
    await bench.ae.close();
    expect(await waiting).toMatchObject({ code: 'CLOSED' });
    await bench.ports.clock.settle();
    expect(bench.problems).toEqual([]);
    expect(bench.ports.clock.pending).toEqual([]);
  });

  it('does not wait for a CSE that does not answer, and settles what waits', async () => {
    const bench = await new AeBench().start();
    bench.binding.handle = () => undefined;
    const asked = bench.ae.perform({ operation: 'retrieve', topic: '' }).catch((error: unknown) => error);
    await bench.ports.clock.settle();
    const closed = bench.ae.close();
    await bench.ports.clock.advance(2500);
    await closed;
    expect(await asked).toMatchObject({ code: 'CLOSED' });
    expect(bench.ports.clock.pending).toEqual([]);
  });
});

it('takes a new id where the kept one belongs to an AE of another name, which it leaves alone', async () => {
  const first = await new AeBench({ ae: { name: 'before' }, registration: { onClose: 'keep', check: '0s' } }).start();
  await first.ae.close();
  first.cse.assigned = 'Cnew';
  const renamed = await new AeBench({}, first).start();
  expect([renamed.state, renamed.told]).toEqual(['healthy', ['registered']]);
  expect(renamed.ae.snapshot().originator).toBe('Cnew');
  expect(renamed.store.memory).toMatchObject({ originator: 'Cnew' });
  expect([...renamed.cse.tree.keys()]).toEqual(['onem2m', 'onem2m/before', 'onem2m/app']);
});

it('listens before it is connected where it has an id, because a broker sends at once what it has kept', async () => {
  const bench = new AeBench({ ae: { name: 'app', originator: 'Cfix' } });
  const order: string[] = [];
  bench.binding.events.on('up', () => order.push('up'));
  bench.binding.listen = (originator) => {
    order.push(`listen ${originator}`);
    return Promise.resolve();
  };
  await bench.start();
  expect(order.slice(0, 2)).toEqual(['listen Cfix', 'up']);
  bench.store.memory = { originator: 'Ckept' };
  const other = new AeBench({}, bench);
  await other.start();
  expect(other.binding.listened[0]).toBe('Ckept');
});
