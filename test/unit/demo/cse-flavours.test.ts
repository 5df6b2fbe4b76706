import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProfileName } from '../../../src/onem2m/binding/profile.ts';
import { BareAe, parse, type Seen } from '../../support/onem2m/bare-ae.ts';
import { startBroker } from '../../support/node-red/demo-parts.ts';
import { startCse, type CseOptions, type StandInCse } from '../../support/onem2m/stand-in-cse.ts';

const SEEN_AT = Date.UTC(2026, 10, 22, 3, 21, 9, 943);
const POA = ['mqtt://127.0.0.1:18883'];

let broker: Awaited<ReturnType<typeof startBroker>>;
let cse: StandInCse;
let ae: BareAe;

beforeAll(async () => {
  broker = await startBroker();
});

afterAll(() => broker.stop());

afterEach(async () => {
  expect(cse.faults).toEqual([]);
  await ae.stop();
  await cse.stop();
});

const brokerAddress = (path = ''): string => broker.url.replace('tcp:', 'mqtt:') + path;

async function start(flavour: ProfileName, options: Partial<CseOptions> = {}): Promise<void> {
  cse = await startCse({ id: '/in-cse-1', flavour, brokerUrl: broker.url, now: () => SEEN_AT, ...options });
  ae = await BareAe.start(broker.url, (options.id ?? '/in-cse-1').slice(1));
}

/** The answer as text, and its topic. */
async function transcript(...request: Parameters<BareAe['send']>): Promise<[topic: string, text: string]> {
  const { topic, payload } = await ae.answerTo(await ae.send(...request));
  return [topic, payload.toString()];
}

/** An AE `Cae` with a container `c`, and a subscription to it with that `nu`. */
async function subscribe(base: string, nu: string, { attributes = {}, poa = [brokerAddress()] as string[] } = {}) {
  const made = [
    await ae.ask({ op: 1, to: base, ty: 2, pc: { 'm2m:ae': { rn: 'ae', api: 'N.a', rr: true, ...attributes, poa } } }),
    await ae.ask({ op: 1, to: `${base}/ae`, ty: 3, pc: { 'm2m:cnt': { rn: 'c' } } }),
    await ae.ask({
      op: 1,
      to: `${base}/ae/c`,
      ty: 23,
      pc: { 'm2m:sub': { rn: 's', enc: { net: [3], chty: [4] }, nu: [nu], su: nu } },
    }),
  ];
  expect(made.map(({ rsc }) => rsc)).toEqual([2001, 2001, 2001]);
}

async function push(base: string): Promise<void> {
  const made = await ae.ask({ op: 1, to: `${base}/ae/c`, ty: 4, pc: { 'm2m:cin': { con: '21' } } });
  expect(made['rsc']).toBe(2001);
}

const isNotification = ({ topic, payload }: Seen): boolean =>
  payload.includes('"m2m:sgn"') && !topic.includes('/resp/');

describe('the creation of an AE looks as it was seen', () => {
  it('at tinyIoT', async () => {
    await start('tinyiot', { id: '/tinyiot', base: 'TinyIoT' });
    const request = {
      ...{ op: 1, to: 'TinyIoT', fr: 'CProbe1', rqi: 'r-0001', rvi: '3', ty: 2 },
      pc: { 'm2m:ae': { rn: 'probe1', api: 'N.probe', rr: true, srv: ['3'], poa: POA } },
    };
    expect(await transcript(request, { kind: 'reg_req', level: 'Cprobe1' })).toEqual([
      '/oneM2M/reg_resp/Cprobe1/tinyiot/json',
      '{"rsc":2001.0,"rqi":"r-0001","to":"TinyIoT","fr":"CProbe1","rvi":"3","pc":{"m2m:ae":{"rn":"probe1","api":"N.probe","rr":true,"srv":["3"],"poa":["mqtt://127.0.0.1:18883"],"ty":2.0,"ct":"20261122T032109,943","ri":"CProbe1","lt":"20261122T032109,943","pi":"tinyiot","et":"20281121T032109,943","aei":"CProbe1"}}}',
    ]);
  });

  it('at ACME', async () => {
    await start('acme', { id: '/id-in', base: 'cse-in' });
    const request = {
      ...{ op: 1, to: 'cse-in', fr: 'CaeACME', rqi: 'r-0001', rvi: '4', ty: 2 },
      pc: { 'm2m:ae': { rn: 'aeacme', api: 'Nnr.probe', rr: true, srv: ['4'], poa: POA } },
    };
    expect(await transcript(request, { kind: 'reg_req' })).toEqual([
      '/oneM2M/reg_resp/CaeACME/id-in/json',
      '{"fr":"/id-in","to":"CaeACME","ot":"20261122T032109,943000","rsc":2001,"rqi":"r-0001","rvi":"4","drt":1,"pc":{"m2m:ae":{"rn":"aeacme","api":"Nnr.probe","rr":true,"srv":["4"],"poa":["mqtt://127.0.0.1:18883"],"pi":"id-in","ri":"CaeACME","ty":2,"aei":"CaeACME","ct":"20261122T032109,943000","lt":"20261122T032109,943000","et":"20311121T032109,943000"}}}',
    ]);
  });

  it('at OpenMTC', async () => {
    await start('openmtc');
    const request = {
      ...{ op: 1, to: 'onem2m', fr: 'Cseq2', rqi: 'q1', rvi: '2a', ty: 2 },
      pc: { 'm2m:ae': { rn: 'Cseq2x', api: 'N.probe', rr: true, poa: POA } },
    };
    expect(await transcript(request)).toEqual([
      '/oneM2M/resp/Cseq2/in-cse-1',
      '{"rvi":"2a","to":"onem2m","pc":{"m2m:ae":{"aei":"Cseq2","api":"N.probe","acpi":[],"at":[],"aa":null,"apn":null,"ch":[],"csz":null,"ct":"20261122T032109","daci":[],"et":"20261122T035429","lbl":[],"lt":"20261122T032109","nl":"dummy","or":null,"pi":"cb0","poa":["mqtt://127.0.0.1:18883"],"rr":true,"ri":"Cseq2","rn":"Cseq2x","ty":2}},"rqi":"q1","fr":"Cseq2","rsc":2001}',
    ]);
  });

  it('at Mobius4', async () => {
    await start('mobius4', { id: '/Mobius4', base: 'Mobius' });
    const request = {
      ...{ op: 1, to: 'Mobius', fr: 'Cseq1', rqi: 'q1', rvi: '3', ty: 2 },
      pc: { 'm2m:ae': { rn: 'Cseq1x', api: 'N.probe', rr: true, srv: ['3'], poa: POA } },
    };
    const [topic, text] = await transcript(request);
    expect(topic).toBe('/oneM2M/resp/Cseq1/Mobius4/json');
    expect(text.replace(/"pi":"\w{10}"/, '"pi":"7hkge4tvpm"')).toBe(
      '{"rqi":"q1","rvi":"3","pc":{"m2m:ae":{"ty":2,"et":"20271122T032109","ct":"20261122T032109","lt":"20261122T032109","ri":"Cseq1","rn":"Cseq1x","pi":"7hkge4tvpm","rr":true,"srv":["3"],"api":"N.probe","aei":"Cseq1","poa":["mqtt://127.0.0.1:18883"]}},"rsc":2001}',
    );
  });

  it('at Mobius 2: twice', async () => {
    await start('mobius2', { id: '/Mobius2', base: 'Mobius' });
    const rqi = await ae.send({ op: 1, to: 'Mobius', ty: 2, pc: { 'm2m:ae': { rn: 'a', api: 'N.a', rr: true } } });
    const answers = await ae.many(2, (seen) => seen.topic.includes('/resp/') && parse(seen)['rqi'] === rqi);
    expect(answers.map(({ topic }) => topic)).toEqual(['/oneM2M/resp/Cae/Mobius2/json', '/oneM2M/resp/Cae/Mobius2']);
  });
});

describe('a notification looks as it was seen', () => {
  it('from ACME, to an AE-ID', async () => {
    await start('acme', { id: '/id-in', base: 'cse-in' });
    await subscribe('cse-in', 'Cae', { attributes: { srv: ['4'] } });
    await push('cse-in');
    const seen = await ae.next(isNotification);
    expect(seen.topic).toBe('/oneM2M/req/id-in/Cae/json');
    expect(seen.payload.toString()).toMatch(
      /^\{"fr":"\/id-in","to":"Cae","ot":"[^"]+","op":5,"rqi":"\w{10}","rvi":"4","drt":1,"pc":\{"m2m:sgn":\{"nev":\{"net":3,"rep":\{"m2m:cin":\{"con":"21",.*\}\}\},"sur":"\/id-in\/sub\w{10}"\}\}\}$/,
    );
  });

  it('from ACME, to a URL with a path', async () => {
    await start('acme', { id: '/id-in', base: 'cse-in' });
    await subscribe('cse-in', brokerAddress('/custom/topic'), { attributes: { srv: ['4'] } });
    await push('cse-in');
    const seen = await ae.next((each) => each.topic === 'custom/topic' && each.payload.includes('"nev"'));
    expect(parse(seen)).toMatchObject({ to: 'custom/topic', rvi: '5' });
  });

  it('from ACME, to itself without end where nu is SP-relative', async () => {
    await start('acme', { id: '/id-in', base: 'cse-in', loopCap: 40 });
    await subscribe('cse-in', '/id-in/Cae', { attributes: { srv: ['4'] } });
    await push('cse-in');
    const isOwn = ({ topic }: Seen): boolean => topic === '/oneM2M/req/id-in/id-in/json';
    const seen = await ae.many(40, isOwn);
    expect(parse(seen[39]!)).toMatchObject({ op: 5, to: '/id-in/Cae', fr: '/id-in' });
    await expect.poll(() => cse.notifier.loops).toBe(41);
    expect(ae.seen.some(({ topic }) => topic === '/oneM2M/req/id-in/Cae/json')).toBe(false);
  });

  it('from OpenMTC', async () => {
    await start('openmtc');
    await subscribe('onem2m', '//openmtc.org/in-cse-1/Cae');
    await push('onem2m');
    const seen = await ae.next(isNotification);
    expect(seen.topic).toBe('/oneM2M/req/in-cse-1/in-cse-1:Cae/json');
    expect(seen.payload.toString()).toMatch(
      /^\{"op":5,"rqi":"\w{10}","fr":"\/\/openmtc.org\/in-cse-1","rvi":"2a","to":"\/\/openmtc.org\/in-cse-1\/Cae","pc":\{"m2m:sgn":\{"cr":null,"nev":\{"net":null,"om":null,"rep":\{"m2m:cin":\{.*\}\}\},"nfu":null,"sud":null,"sur":"\/\/openmtc.org\/in-cse-1\/onem2m\/ae\/c\/s","vrq":null\}\}\}$/,
    );
  });

  it('from tinyIoT: bare, with floats, the verification with an event', async () => {
    await start('tinyiot', { id: '/tinyiot', base: 'TinyIoT' });
    await subscribe('TinyIoT', brokerAddress('/Cdir'), { attributes: { srv: ['3'] } });
    await push('TinyIoT');
    const [verification, event] = await ae.many(2, isNotification);
    expect(verification).toMatchObject({ topic: '/oneM2M/req/tinyiot/Cdir' });
    expect(parse(verification!)).toMatchObject({ 'm2m:sgn': { vrq: true, nev: {}, sur: 'TinyIoT/ae/c/s' } });
    expect(event!.payload.toString()).toMatch(
      /^\{"m2m:sgn":\{"nev":\{"net":3.0,"rep":\{"m2m:cin":\{"con":"21",.*\}\}\},"sur":"TinyIoT\/ae\/c\/s"\}\}$/,
    );
    await ae.ask({ op: 4, to: 'TinyIoT/ae/c/s' });
    const end = await ae.next(({ payload }) => payload.includes('"sud"'));
    expect(end.payload.toString()).toBe('{"m2m:sgn":{"nev":{"net":2.0,"sur":"TinyIoT/ae/c/s"},"sud":true}}');
  });

  it('from Mobius4: on the path as it is, `ri` for `rqi`', async () => {
    await start('mobius4', { id: '/Mobius4', base: 'Mobius' });
    await subscribe('Mobius', 'Cae', { poa: [brokerAddress('/Cdir')] });
    await push('Mobius');
    const seen = await ae.next(isNotification);
    expect(seen.topic).toBe('Cdir/json');
    expect(seen.payload.toString()).toMatch(
      /^\{"fr":"\/Mobius4","ri":"[^"]+","op":5,"pc":\{"m2m:sgn":\{"nev":\{"net":3,.*\},"sur":"Mobius\/ae\/c\/s"\}\}\}$/,
    );
  });

  it('from Mobius 2: the path as a receiver', async () => {
    await start('mobius2', { id: '/Mobius2', base: 'Mobius' });
    await subscribe('Mobius', brokerAddress('/Cdir'));
    await push('Mobius');
    const seen = await ae.next(isNotification);
    expect(seen.topic).toBe('/oneM2M/req/Mobius2/Cdir/json');
    expect(parse(seen)).toMatchObject({ op: 5, rqi: expect.any(String), fr: '/Mobius2' });
  });

  it.each<[ProfileName, string]>([
    ['openmtc', 'Cae'],
    ['tinyiot', 'Cae'],
    ['mobius4', '/in-cse-1/Cae'],
  ])('and is lost at %s where nu is %s', async (flavour, nu) => {
    await start(flavour);
    await subscribe('onem2m', nu, { attributes: flavour === 'tinyiot' ? { srv: ['3'] } : {} });
    await push('onem2m');
    await ae.ask({ op: 2, to: 'onem2m' });
    expect(ae.seen.filter(isNotification)).toEqual([]);
  });
});

describe('silence', () => {
  /** What is sent, and after it something that is answered: an answer to the first would come before. */
  async function isMetWithSilence(...request: Parameters<BareAe['send']>): Promise<boolean> {
    const rqi = await ae.send(...request);
    await ae.ask({ op: 2, to: 'onem2m' });
    return !ae.seen.some((seen) => seen.topic.includes('resp/') && parse(seen)['rqi'] === rqi);
  }

  it('is what OpenMTC answers to every error, unknown attributes and reg_req', async () => {
    await start('openmtc');
    const withSrv = { 'm2m:ae': { api: 'N.a', rr: true, srv: ['3'] } };
    expect(await isMetWithSilence({ op: 2, to: 'onem2m/none' })).toBe(true);
    expect(await isMetWithSilence({ op: 1, to: 'onem2m', ty: 2, pc: withSrv })).toBe(true);
    const withoutSrv = { 'm2m:ae': { api: 'N.a', rr: true } };
    expect(await isMetWithSilence({ op: 1, to: 'onem2m', ty: 2, pc: withoutSrv }, { kind: 'reg_req' })).toBe(true);
    expect(await isMetWithSilence({ op: 1, to: 'onem2m', ty: 2, pc: withoutSrv })).toBe(false);
  });

  it('is what tinyIoT answers to a request without op, to or fr', async () => {
    await start('tinyiot');
    expect(await isMetWithSilence({ to: 'onem2m' })).toBe(true);
    expect(await isMetWithSilence({ op: 2 })).toBe(true);
    expect(await isMetWithSilence({ op: 2, to: 'onem2m', fr: undefined }, { level: 'Cae' })).toBe(true);
    expect(await ae.ask({ op: 2, to: 'onem2m', rvi: undefined })).toMatchObject({
      rsc: 4000,
      pc: { 'm2m:dbg': 'rvi is mandatory' },
    });
  });

  it('is what Mobius4 answers to reg_req, ACME to a topic without type or with xml', async () => {
    await start('mobius4');
    expect(await isMetWithSilence({ op: 2, to: 'onem2m' }, { kind: 'reg_req' })).toBe(true);
    await ae.stop();
    await cse.stop();
    await start('acme');
    expect(await isMetWithSilence({ op: 2, to: 'onem2m' }, { type: undefined })).toBe(true);
    expect(await isMetWithSilence({ op: 2, to: 'onem2m' }, { type: 'xml' })).toBe(true);
  });
});

describe('ACME refuses', () => {
  const text = (answer: Readonly<Record<string, unknown>>): unknown => [
    answer['rsc'],
    (answer['pc'] as Record<string, unknown>)['m2m:dbg'],
  ];

  it('with its own words', async () => {
    await start('acme', { id: '/id-in', base: 'cse-in' });
    const registration = (rn: string) => ({ 'm2m:ae': { rn, api: 'N.a', rr: true, srv: ['3'] } });
    await ae.ask({ op: 1, to: 'cse-in', ty: 2, pc: registration('ae') });
    expect(text(await ae.ask({ op: 1, to: 'cse-in', ty: 2, pc: registration('b') }))).toEqual([
      4117,
      'Originator has already registered: Cae',
    ]);
    const container = { op: 1, to: 'cse-in/ae', ty: 3, pc: { 'm2m:cnt': { rn: 'd' } } };
    await ae.ask(container);
    expect(text(await ae.ask(container))).toEqual([4105, 'Resource with structured id: cse-in/ae/d already exists']);
    expect(text(await ae.ask({ op: 2, to: 'cse-in/nope' }))).toEqual([4004, 'No resource with this ID: cse-in/nope']);
    expect(text(await ae.ask({ ...container, pc: { 'm2m:cnt': { foo: 1 } } }))).toEqual([
      4000,
      'unknown attribute: foo in resource: m2m:cnt',
    ]);
    expect(text(await ae.ask({ op: 3, to: 'cse-in/ae/d/la', pc: { 'm2m:cin': { con: '' } } }))).toEqual([
      4005,
      'UPDATE operation not allowed for <latest> resource type',
    ]);
    expect(text(await ae.ask({ op: 2, to: 'cse-in', rqet: '20200101T000000' }))).toEqual([
      4008,
      'request timeout reached: rqet 20200101T000000',
    ]);
    expect(await ae.ask({ op: 2, to: 'cse-in', rvi: undefined })).toMatchObject({ rsc: 4001 });
    expect(text(await ae.ask({ op: 2, to: 'cse-in' }, { kind: 'reg_req' }))).toEqual([
      4000,
      'Invalid operation for registration',
    ]);
  });

  it('broken JSON and a wrapped request, without a request id', async () => {
    await start('acme');
    await ae.publish('/oneM2M/req/Cae/in-cse-1/json', '{"op":2');
    await ae.publish('/oneM2M/req/Cae/in-cse-1/json', { 'm2m:rqp': { op: 2, to: 'onem2m', fr: 'Cae', rqi: 'w' } });
    const answers = await ae.many(2, ({ topic }) => topic === '/oneM2M/resp/Cae/in-cse-1/json');
    expect(answers.map(parse)).toEqual([
      expect.objectContaining({ rsc: 4000 }),
      expect.objectContaining({ rsc: 4000 }),
    ]);
    expect(answers.every((answer) => !('rqi' in parse(answer)))).toBe(true);
  });
});
