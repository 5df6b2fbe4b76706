import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BareAe, parse, type Seen } from '../../support/onem2m/bare-ae.ts';
import { startBroker } from '../../support/node-red/demo-parts.ts';
import { startCse, type StandInCse } from '../../support/onem2m/stand-in-cse.ts';

const START = Date.UTC(2026, 10, 22, 3, 0, 0);

let broker: Awaited<ReturnType<typeof startBroker>>;
let cse: StandInCse;
let ae: BareAe;
let now = START;

beforeAll(async () => {
  broker = await startBroker();
});

afterAll(() => broker.stop());

/** A generic CSE with an AE `ae` of `Cae`. */
beforeEach(async () => {
  now = START;
  cse = await startCse({ id: '/in-cse-1', brokerUrl: broker.url, now: () => now, answerTimeoutMs: 300 });
  ae = await BareAe.start(broker.url, 'in-cse-1');
  await register('Cae', 'ae');
});

afterEach(async () => {
  expect(cse.faults).toEqual([]);
  await ae.stop();
  await cse.stop();
});

const register = async (fr: string, rn: string) => {
  const poa = [broker.url.replace('tcp:', 'mqtt:')];
  return ae.ask({ op: 1, to: 'onem2m', fr, ty: 2, pc: { 'm2m:ae': { rn, api: 'N.a', rr: true, poa } } });
};

const create = async (to: string, ty: number, wrapper: string, attributes: object, more: object = {}) =>
  ae.ask({ op: 1, to, ty, pc: { [wrapper]: attributes }, ...more });

const container = async (rn: string, attributes: object = {}) =>
  create('onem2m/ae', 3, 'm2m:cnt', { rn, ...attributes });

const push = async (to: string, con: unknown) => create(to, 4, 'm2m:cin', { con });

const retrieve = async (to: string, more: object = {}) => ae.ask({ op: 2, to, ...more });

const notifications = async (count: number, of = 'm2m:sgn'): Promise<unknown[]> => {
  const isOne = ({ topic, payload }: Seen): boolean =>
    topic === '/oneM2M/req/in-cse-1/Cae/json' && payload.includes(`"${of}"`);
  return (await ae.many(count, isOne)).map((seen) => (parse(seen)['pc'] as Record<string, unknown>)[of]);
};

describe('resources', () => {
  it('have ids, times and an end', async () => {
    expect(await container('c', { lbl: ['a'], et: '20261122T040000' })).toMatchObject({
      rsc: 2001,
      pc: {
        'm2m:cnt': { rn: 'c', pi: 'Cae', ty: 3, ct: '20261122T030000', lt: '20261122T030000', et: '20261122T040000' },
      },
    });
    const ri = String(cse.resources().find(({ ty }) => ty === 3)?.attributes['ri']);
    for (const address of [
      ri,
      'onem2m/ae/c',
      '-/ae/c',
      'Cae/c',
      '/in-cse-1/onem2m/ae/c',
      `//openmtc.org/in-cse-1/${ri}`,
    ]) {
      expect(await retrieve(address)).toMatchObject({ rsc: 2000, pc: { 'm2m:cnt': { rn: 'c' } } });
    }
    now += 3_600_001;
    expect(await retrieve('onem2m/ae/c')).toMatchObject({ rsc: 4004 });
  });

  it('are refused with the code of the reason', async () => {
    await container('c');
    expect(await container('c')).toMatchObject({ rsc: 4105 });
    expect(await register('Cae', 'other')).toMatchObject({ rsc: 4117 });
    expect(await container('d', { nonsense: 1 })).toMatchObject({ rsc: 4000 });
    expect(await container('d', { cni: 1 })).toMatchObject({ rsc: 4000 });
    expect(await create('onem2m/ae', 3, 'm2m:cin', {})).toMatchObject({ rsc: 4000 });
    expect(await create('onem2m/ae', 4, 'm2m:cin', { con: 1 })).toMatchObject({ rsc: 4108 });
    expect(await retrieve('onem2m/ae/none')).toMatchObject({ rsc: 4004 });
    expect(await ae.ask({ op: 3, to: 'onem2m/ae/c', pc: { 'm2m:cnt': { rn: 'e' } } })).toMatchObject({ rsc: 4000 });
    expect(await ae.ask({ op: 4, to: 'onem2m' })).toMatchObject({ rsc: 4005 });
    expect(await retrieve('onem2m', { rvi: '99' })).toMatchObject({ rsc: 4001 });
    expect(await register('Xae', 'x')).toMatchObject({ rsc: 4126 });
    expect(await ae.ask({ op: 2, to: '/other-cse/onem2m' })).toMatchObject({ rsc: 5103 });
  });

  it('get an AE-ID from the CSE for C and S', async () => {
    for (const letter of ['C', 'S']) {
      const answer = await register(letter, `by-${letter}`);
      const { aei } = (answer['pc'] as Record<string, { aei: string }>)['m2m:ae']!;
      expect(aei).toMatch(new RegExp(`^${letter}\\w{10}$`));
      expect(answer['to']).toBe(aei);
    }
  });

  it('are changed by UPDATE, where null deletes', async () => {
    await container('c', { lbl: ['a'], mni: 5 });
    now += 1_000;
    const answer = await ae.ask({ op: 3, to: 'onem2m/ae/c', rcn: 9, pc: { 'm2m:cnt': { lbl: null, mni: 7 } } });
    expect(answer).toMatchObject({ rsc: 2004, pc: { 'm2m:cnt': { lt: '20261122T030001', st: 1 } } });
    const { pc } = await retrieve('onem2m/ae/c', { pc: { 'm2m:atrl': ['mni', 'lt'] } });
    expect(pc).toEqual({ 'm2m:cnt': { mni: 7, lt: '20261122T030001' } });
    const whole = (await retrieve('onem2m/ae/c'))['pc'] as Record<string, object>;
    expect(whole['m2m:cnt']).not.toHaveProperty('lbl');
  });

  it('keep mni and mbs, and have a latest and an oldest', async () => {
    await container('c', { mni: 2, mbs: 10 });
    expect(await retrieve('onem2m/ae/c/la')).toMatchObject({ rsc: 4004 });
    for (const con of ['one', 'two', 'three']) await push('onem2m/ae/c', con);
    expect(await retrieve('onem2m/ae/c')).toMatchObject({ pc: { 'm2m:cnt': { cni: 2, cbs: 8, st: 3 } } });
    expect(await retrieve('onem2m/ae/c/la')).toMatchObject({ pc: { 'm2m:cin': { con: 'three', cs: 5 } } });
    expect(await retrieve('onem2m/ae/c/ol')).toMatchObject({ pc: { 'm2m:cin': { con: 'two' } } });
    expect(await push('onem2m/ae/c', 'longer than ten')).toMatchObject({ rsc: 5207 });
    expect(await ae.ask({ op: 4, to: 'onem2m/ae/c/la' })).toMatchObject({ rsc: 2002 });
    expect(await retrieve('onem2m/ae/c')).toMatchObject({ pc: { 'm2m:cnt': { cni: 1, cbs: 3 } } });
  });

  it('are told in the forms of rcn', async () => {
    expect(await create('onem2m/ae', 3, 'm2m:cnt', { rn: 'c' }, { rcn: 2 })).toMatchObject({
      pc: { 'm2m:uri': 'onem2m/ae/c' },
    });
    expect(await create('onem2m/ae/c', 3, 'm2m:cnt', { rn: 'd' }, { rcn: 3 })).toMatchObject({
      pc: { 'm2m:rce': { cnt: { rn: 'd' }, uri: '/in-cse-1/onem2m/ae/c/d' } },
    });
    expect((await create('onem2m/ae/c/d', 4, 'm2m:cin', { rn: 'i', con: 1 }, { rcn: 0 }))['pc']).toBeUndefined();
    expect(await retrieve('onem2m/ae/c', { rcn: 4 })).toMatchObject({
      pc: { 'm2m:cnt': { rn: 'c', 'm2m:cnt': [{ rn: 'd', 'm2m:cin': [{ rn: 'i' }] }] } },
    });
    expect((await retrieve('onem2m/ae/c', { rcn: 8, fc: { ty: [3] } }))['pc']).toEqual({
      'm2m:cnt': { 'm2m:cnt': [expect.not.objectContaining({ 'm2m:cin': expect.anything() })] },
    });
    const reference = { nm: 'd', typ: 3, val: '/in-cse-1/onem2m/ae/c/d' };
    expect(await retrieve('onem2m/ae/c', { rcn: 5, fc: { lvl: 1 } })).toMatchObject({
      pc: { 'm2m:cnt': { rn: 'c', ch: [reference] } },
    });
    expect((await retrieve('onem2m/ae/c', { rcn: 6, fc: { lvl: 1 } }))['pc']).toEqual({
      'm2m:rrl': { rrf: [reference] },
    });
  });

  it('are discovered by criteria, in pages', async () => {
    for (const n of [1, 2, 3, 4, 5]) await container(`c${n}`, { lbl: n > 3 ? ['high'] : ['low'] });
    const found = async (fc: object, more: object = {}) => retrieve('onem2m', { fc: { fu: 1, ...fc }, ...more });
    expect((await found({ lbl: ['high'], ty: [3], crb: null, atr: [] }))['pc']).toEqual({
      'm2m:uril': ['onem2m/ae/c4', 'onem2m/ae/c5'],
    });
    expect((await found({ ty: [2] }, { drt: 2 }))['pc']).toEqual({ 'm2m:uril': ['Cae'] });
    expect((await found({ ty: [2] }, { rcn: 6 }))['pc']).toEqual({
      'm2m:rrl': { rrf: [{ nm: 'ae', typ: 2, val: '/in-cse-1/onem2m/ae' }] },
    });
    expect(await found({ ty: [3], lim: 3 })).toMatchObject({ cts: 1, cto: 4 });
    const rest = await found({ ty: [3], lim: 3, ofst: 4 });
    expect(rest).toMatchObject({ cts: 2, pc: { 'm2m:uril': ['onem2m/ae/c4', 'onem2m/ae/c5'] } });
  });

  it('are guarded by access control policies', async () => {
    const all = { acr: [{ acor: ['Cae'], acop: 63 }] };
    const acp = await create('onem2m/ae', 1, 'm2m:acp', { pv: all, pvs: all });
    const { ri } = (acp['pc'] as Record<string, { ri: string }>)['m2m:acp']!;
    await container('c', { acpi: [ri] });
    await push('onem2m/ae/c', 'secret');
    await register('Cx4', 'x');
    expect(await retrieve('onem2m/ae/c/la')).toMatchObject({ rsc: 2000 });
    expect(await retrieve('onem2m/ae/c/la', { fr: 'CAdmin' })).toMatchObject({ rsc: 2000 });
    const refused = await retrieve('onem2m/ae/c', { fr: 'Cx4' });
    expect(refused).toMatchObject({ rsc: 4103 });
    expect(JSON.stringify(refused)).toContain('originator: Cx4 has no RETRIEVE privileges for resource: cnt');
    expect((await retrieve('onem2m', { fr: 'Cx4', fc: { fu: 1, ty: [3, 4] } }))['pc']).toEqual({ 'm2m:uril': [] });
  });

  it('are reached together through a group', async () => {
    await container('a');
    await container('b');
    const answer = await create('onem2m/ae', 9, 'm2m:grp', { rn: 'g', mt: 3, mnm: 5, mid: ['onem2m/ae/a', 'Cae/b'] });
    expect(answer).toMatchObject({ rsc: 2001, pc: { 'm2m:grp': { cnm: 2, mtv: true } } });
    const created = await push('onem2m/ae/g/fopt', 'both');
    expect(created).toMatchObject({ rsc: 2000, pc: { 'm2m:agr': { 'm2m:rsp': [{ rsc: 2001 }, { rsc: 2001 }] } } });
    expect(await retrieve('onem2m/ae/g/fopt/la')).toMatchObject({
      pc: { 'm2m:agr': { 'm2m:rsp': [{ pc: { 'm2m:cin': { con: 'both' } } }, { rsc: 2000 }] } },
    });
    expect(await create('onem2m/ae', 9, 'm2m:grp', { mid: ['onem2m/none'] })).toMatchObject({ rsc: 4004 });
  });

  it('may be flexContainers, nodes and management objects', async () => {
    expect(await create('onem2m/ae', 28, 'cod:tempe', { rn: 'f', cnd: 'x', curT0: 21.5 })).toMatchObject({
      rsc: 2001,
      pc: { 'cod:tempe': { curT0: 21.5, ty: 28 } },
    });
    const update = { op: 3, to: 'onem2m/ae/f', pc: { 'cod:tempe': { curT0: 22 } } };
    expect(await ae.ask(update)).toMatchObject({ rsc: 2004 });
    await create('onem2m', 14, 'm2m:nod', { rn: 'n', ni: 'node-1' });
    expect(await create('onem2m/n', 13, 'm2m:bat', { rn: 'b', mgd: 1006, btl: 80 })).toMatchObject({ rsc: 2001 });
  });
});

describe('subscriptions', () => {
  const subscribe = async (to: string, attributes: object, more: object = {}) =>
    create(to, 23, 'm2m:sub', { nu: ['Cae'], ...attributes }, more);

  it('tell each kind of event in each kind of content', async () => {
    await container('c');
    await subscribe('onem2m/ae/c', { rn: 'events', enc: { net: [1, 3, 4], chty: [4] } });
    await subscribe('onem2m/ae/c', { rn: 'changes', enc: { net: [1], atr: ['mni'] }, nct: 2 });
    await subscribe('onem2m/ae/c', { rn: 'ids', enc: { net: [3], chty: [4] }, nct: 3 });
    await create('onem2m/ae/c', 4, 'm2m:cin', { rn: 'i', con: 1 });
    await ae.ask({ op: 3, to: 'onem2m/ae/c', pc: { 'm2m:cnt': { mni: 3 } } });
    await ae.ask({ op: 3, to: 'onem2m/ae/c', pc: { 'm2m:cnt': { lbl: ['x'] } } });
    await ae.ask({ op: 4, to: 'onem2m/ae/c/i' });
    const events = (await notifications(6)).map((each) => (each as Record<string, unknown>)['nev']);
    expect(events).toEqual([
      { net: 3, rep: { 'm2m:cin': expect.objectContaining({ con: 1 }) } },
      { net: 3, rep: { 'm2m:uri': expect.stringMatching(/^cin/) } },
      { net: 1, rep: { 'm2m:cnt': expect.objectContaining({ rn: 'c', mni: 3 }) } },
      { net: 1, rep: { 'm2m:cnt': { mni: 3, lt: expect.any(String) } } },
      { net: 1, rep: { 'm2m:cnt': expect.objectContaining({ lbl: ['x'] }) } },
      { net: 4, rep: { 'm2m:cin': expect.objectContaining({ rn: 'i' }) } },
    ]);
    expect(await subscribe('onem2m/ae/c', { enc: { net: [3] }, nct: 2 })).toMatchObject({ rsc: 4000 });
  });

  it('are verified where somebody else makes them', async () => {
    await container('c');
    await register('Cx4', 'x');
    const request = { op: 1, to: 'onem2m/ae/c', ty: 23, fr: 'Cx4', pc: { 'm2m:sub': { rn: 's', nu: ['Cae'] } } };
    const first = await ae.send(request);
    const [verification] = await ae.many(1, ({ topic }) => topic === '/oneM2M/req/in-cse-1/Cae/json');
    expect(parse(verification!)).toMatchObject({ op: 5, pc: { 'm2m:sgn': { vrq: true, cr: 'Cx4' } } });
    const { rqi } = parse(verification!);
    await ae.publish('/oneM2M/resp/in-cse-1/Cae/json', { rsc: 2000, rqi, fr: 'Cae', to: '/in-cse-1', rvi: '3' });
    expect(parse(await ae.answerTo(first))).toMatchObject({ rsc: 2001 });
    const silent = await ae.ask({ ...request, pc: { 'm2m:sub': { rn: 't', nu: ['Cae'] } } });
    expect(silent).toMatchObject({ rsc: 5204, pc: { 'm2m:dbg': 'Verification request failed for: Cae' } });
  });

  it('come in batches, and end with su and exc', async () => {
    await container('c');
    const created = { net: [3], chty: [4] };
    const event = (con: number) =>
      expect.objectContaining({ nev: { net: 3, rep: { 'm2m:cin': expect.objectContaining({ con }) } } }) as unknown;
    await subscribe('onem2m/ae/c', { rn: 'full', enc: created, bn: { num: 2 } });
    for (const con of [1, 2]) await push('onem2m/ae/c', con);
    await ae.ask({ op: 4, to: 'onem2m/ae/c/full' });
    await subscribe('onem2m/ae/c', { rn: 'timed', enc: created, bn: { num: 100, dur: 'PT0.05S' } });
    await push('onem2m/ae/c', 3);
    expect(await notifications(2, 'm2m:agn')).toEqual([{ 'm2m:sgn': [event(1), event(2)] }, { 'm2m:sgn': [event(3)] }]);
    await ae.ask({ op: 4, to: 'onem2m/ae/c/timed' });
    await subscribe('onem2m/ae/c', { rn: 'once', enc: created, exc: 1, su: 'Cae' });
    await push('onem2m/ae/c', 4);
    expect((await notifications(4)).slice(2)).toEqual([
      event(4),
      { sud: true, sur: expect.stringMatching(/^\/in-cse-1\/sub/) },
    ]);
    expect(await retrieve('onem2m/ae/c/once')).toMatchObject({ rsc: 4004 });
  });

  it('tell missing data of a time series', async () => {
    await create('onem2m/ae', 29, 'm2m:ts', { rn: 't', pei: 1_000, mdd: true });
    await subscribe('onem2m/ae/t', { enc: { net: [8] } });
    const point = async (second: number) =>
      create('onem2m/ae/t', 30, 'm2m:tsi', { dgt: `20261122T03000${second}`, con: second });
    await point(0);
    await point(1);
    expect(await point(1)).toMatchObject({ rsc: 4105 });
    await point(3);
    const [gap] = await notifications(1);
    expect(gap).toMatchObject({ nev: { net: 8, rep: { 'm2m:tsn': { mdc: 1, mdlt: ['20261122T030002'] } } } });
    now = START + 4_500;
    cse.tick();
    expect((await notifications(2))[1]).toMatchObject({ nev: { rep: { 'm2m:tsn': { mdc: 2 } } } });
    expect(await retrieve('onem2m/ae/t/la')).toMatchObject({ pc: { 'm2m:tsi': { con: 3 } } });
  });
});

describe('non-blocking requests', () => {
  it('leave a request resource, or tell their result', async () => {
    const request = { op: 1, to: 'onem2m/ae', ty: 3, pc: { 'm2m:cnt': { rn: 'c' } } };
    const answer = await ae.ask({ ...request, rqi: 'later', rt: { rtv: 1 } });
    expect(answer).toMatchObject({ rsc: 1001, pc: { 'm2m:uri': expect.stringMatching(/^req/) } });
    const { 'm2m:uri': uri } = answer['pc'] as Record<string, string>;
    await expect
      .poll(async () => retrieve(uri!))
      .toMatchObject({
        pc: { 'm2m:req': { rs: 1, ors: { rsc: 2001, rqi: 'later', pc: { 'm2m:cnt': { rn: 'c' } } } } },
      });
    expect(await ae.ask({ ...request, rqi: 'async', rt: { rtv: 2 } })).toMatchObject({ rsc: 1002 });
    expect(await notifications(1, 'm2m:rsp')).toEqual([expect.objectContaining({ rqi: 'async', rsc: 4105 })]);
  });
});
