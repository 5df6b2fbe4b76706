import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decode, encode } from 'cbor-x';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { countHandles, expectNoNewHandles } from '../../support/system/active-handles.ts';
import { BareAe, parse } from '../../support/onem2m/bare-ae.ts';
import { startBroker } from '../../support/node-red/demo-parts.ts';
import { startCse, type StandInCse } from '../../support/onem2m/stand-in-cse.ts';

type Members = Readonly<Record<string, unknown>>;

let broker: Awaited<ReturnType<typeof startBroker>>;
let cse: StandInCse;
let ae: BareAe;

beforeAll(async () => {
  broker = await startBroker();
});

afterAll(() => broker.stop());

beforeEach(async () => {
  cse = await startCse({ id: '/in-cse-1', brokerUrl: broker.url, http: {}, websocket: {}, answerTimeoutMs: 2_000 });
  ae = await BareAe.start(broker.url, 'in-cse-1');
});

afterEach(async () => {
  expect(cse.faults).toEqual([]);
  await ae.stop();
  await cse.stop();
});

const registration = (rn: string, attributes: object = {}) => ({
  op: 1,
  to: 'onem2m',
  ty: 2,
  pc: { 'm2m:ae': { rn, api: 'N.a', rr: true, ...attributes } },
});

/** A request of `Cae` over HTTP. */
async function call(method: string, path: string, { ty, body, headers = {}, fr = 'Cae' }: CallOptions = {}) {
  const answer = await fetch(`${cse.httpUrl}${path}`, {
    method,
    headers: {
      'x-m2m-origin': fr,
      'x-m2m-ri': 'h1',
      'x-m2m-rvi': '3',
      ...(body === undefined ? {} : { 'content-type': `application/json${ty === undefined ? '' : `;ty=${ty}`}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const header = (name: string): string | null => answer.headers.get(name);
  return {
    status: answer.status,
    rsc: header('x-m2m-rsc'),
    header,
    pc: (text ? JSON.parse(text) : undefined) as Members,
  };
}

interface CallOptions {
  readonly ty?: number;
  readonly body?: object;
  readonly headers?: Record<string, string>;
  readonly fr?: string;
}

describe('HTTP', () => {
  it('creates, retrieves, updates, deletes the same resources', async () => {
    const { pc } = registration('ae');
    const created = await call('POST', '/onem2m', { ty: 2, body: pc });
    expect(created).toMatchObject({ status: 201, rsc: '2001', pc: { 'm2m:ae': { aei: 'Cae' } } });
    expect([created.header('x-m2m-ri'), created.header('x-m2m-rvi')]).toEqual(['h1', '3']);
    expect(await ae.ask({ op: 2, to: 'onem2m/ae' })).toMatchObject({ rsc: 2000 });
    expect(await call('PUT', '/~/in-cse-1/onem2m/ae', { body: { 'm2m:ae': { lbl: ['x'] } } })).toMatchObject({
      status: 200,
      rsc: '2004',
    });
    expect(await call('GET', '/_/openmtc.org/in-cse-1/Cae?atrl=lbl')).toMatchObject({
      pc: { 'm2m:ae': { lbl: ['x'] } },
    });
    expect((await call('GET', '/onem2m?fu=1&ty=2+3&lbl=x')).pc).toEqual({ 'm2m:uril': ['onem2m/ae'] });
    expect(await call('DELETE', '/onem2m/ae')).toMatchObject({ status: 200, rsc: '2002' });
    expect(await call('GET', '/onem2m/ae')).toMatchObject({ status: 404, rsc: '4004' });
  });

  it('tells pages in headers, and refuses broken JSON', async () => {
    await call('POST', '/onem2m', { ty: 2, body: registration('ae').pc });
    for (const rn of ['a', 'b']) await call('POST', '/onem2m/ae', { ty: 3, body: { 'm2m:cnt': { rn } } });
    const page = await call('GET', '/onem2m?fu=1&ty=3&lim=1');
    expect([page.header('x-m2m-cts'), page.header('x-m2m-cto')]).toEqual(['1', '2']);
    const broken = await fetch(`${cse.httpUrl}/onem2m`, { method: 'POST', body: '{' });
    expect([broken.status, broken.headers.get('x-m2m-rsc')]).toEqual([400, '4000']);
  });

  it('notifies an HTTP point of access', async () => {
    const heard: { url: string; headers: Members; body: unknown }[] = [];
    const server = createServer((request, response) => {
      void request.toArray().then((parts: Buffer[]) => {
        const body = JSON.parse(Buffer.concat(parts).toString()) as unknown;
        heard.push({ url: request.url ?? '', headers: request.headers, body });
        response.writeHead(200, { 'x-m2m-rsc': 2000, 'x-m2m-ri': request.headers['x-m2m-ri'] }).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const poa = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`];
    await call('POST', '/onem2m', { ty: 2, body: registration('ae', { poa }).pc });
    await call('POST', '/onem2m', { ty: 2, body: registration('x').pc, fr: 'Cx4' });
    const sub = { 'm2m:sub': { rn: 's', nu: ['Cae'], enc: { net: [3] } } };
    expect(await call('POST', '/onem2m/ae', { ty: 23, body: sub, fr: 'Cx4' })).toMatchObject({ rsc: '2001' });
    await ae.ask({ op: 1, to: 'onem2m/ae', ty: 3, pc: { 'm2m:cnt': { rn: 'c' } } });
    await expect.poll(() => heard.length).toBe(2);
    expect(heard[0]?.body).toMatchObject({ 'm2m:sgn': { vrq: true } });
    expect(heard[1]).toMatchObject({
      url: '/notify',
      headers: { 'x-m2m-origin': '/in-cse-1', 'x-m2m-ri': expect.any(String) },
      body: { 'm2m:sgn': { nev: { net: 3 } } },
    });
    server.close();
  });
});

describe('a polling channel', () => {
  it('hands out requests and takes their answers', async () => {
    await call('POST', '/onem2m', { ty: 2, body: registration('ae', { rr: false }).pc });
    await call('POST', '/onem2m', { ty: 2, body: registration('x').pc, fr: 'Cx4' });
    await call('POST', '/onem2m/ae', { ty: 15, body: { 'm2m:pch': { rn: 'p' } } });
    expect(await call('GET', '/onem2m/ae/p/pcu', { headers: { 'x-m2m-ret': '20' } })).toMatchObject({ rsc: '4008' });
    expect(await call('GET', '/onem2m/ae/p/pcu', { fr: 'Cx4' })).toMatchObject({ rsc: '4103' });
    const polled = call('GET', '/onem2m/ae/p/pcu');
    const sub = call('POST', '/onem2m/ae', { ty: 23, body: { 'm2m:sub': { rn: 's', nu: ['Cae'] } }, fr: 'Cx4' });
    const { pc } = await polled;
    const { rqi } = pc['m2m:rqp'] as { rqi: string };
    expect(pc).toMatchObject({ 'm2m:rqp': { op: 5, pc: { 'm2m:sgn': { vrq: true } } } });
    const answer = { 'm2m:rsp': { rsc: 2000, rqi, fr: 'Cae', to: '/in-cse-1', rvi: '3' } };
    expect(await call('POST', '/onem2m/ae/p/pcu', { body: answer })).toMatchObject({ rsc: '2000' });
    expect(await sub).toMatchObject({ rsc: '2001' });
  });

  it('does not hand a request to somebody who hung up', async () => {
    await call('POST', '/onem2m', { ty: 2, body: registration('ae', { rr: false }).pc });
    await call('POST', '/onem2m/ae', { ty: 15, body: { 'm2m:pch': { rn: 'p' } } });
    await call('POST', '/onem2m/ae', { ty: 23, body: { 'm2m:sub': { nu: ['Cae'], enc: { net: [3] } } } });
    const polls = (): number => cse.requests.filter(({ request }) => String(request['to']).endsWith('pcu')).length;
    const hangUp = new AbortController();
    const url = `${cse.httpUrl}/onem2m/ae/p/pcu`;
    const headers = { 'x-m2m-origin': 'Cae', 'x-m2m-ri': 'h', 'x-m2m-rvi': '3' };
    const abandoned = fetch(url, { headers, signal: hangUp.signal }).catch(() => 'hung up');
    await expect.poll(polls).toBe(1);
    hangUp.abort();
    expect(await abandoned).toBe('hung up');
    await call('POST', '/onem2m/ae', { ty: 3, body: { 'm2m:cnt': { rn: 'c' } } });
    const next = call('GET', '/onem2m/ae/p/pcu');
    expect((await next).pc).toMatchObject({ 'm2m:rqp': { pc: { 'm2m:sgn': { nev: { net: 3 } } } } });
  });
});

describe('WebSocket', () => {
  it.each(['json', 'cbor'])('carries requests and notifications as %s', async (type) => {
    const socket = new WebSocket(cse.websocketUrl ?? '', [`oneM2M.${type}`]);
    const heard: Members[] = [];
    socket.on('message', (data: Buffer) =>
      heard.push((type === 'cbor' ? decode(data) : JSON.parse(data.toString())) as Members),
    );
    await once(socket, 'open');
    const send = (primitive: Members): void =>
      socket.send(type === 'cbor' ? encode(primitive) : JSON.stringify(primitive));
    send({ ...registration('ae'), fr: 'Cae', rqi: 'w1', rvi: '3' });
    await expect.poll(() => heard).toContainEqual(expect.objectContaining({ rqi: 'w1', rsc: 2001 }));
    await ae.ask({ ...registration('x'), fr: 'Cx4' });
    const sub = {
      op: 1,
      to: 'onem2m/ae',
      fr: 'Cx4',
      ty: 23,
      pc: { 'm2m:sub': { rn: 's', nu: ['Cae'], enc: { net: [3] } } },
    };
    const made = ae.ask(sub);
    await expect.poll(() => heard.length).toBe(2);
    expect(heard[1]).toMatchObject({ op: 5, pc: { 'm2m:sgn': { vrq: true } } });
    send({ rsc: 2000, rqi: heard[1]!['rqi'] });
    expect(await made).toMatchObject({ rsc: 2001 });
    await ae.ask({ op: 1, to: 'onem2m/ae', ty: 3, pc: { 'm2m:cnt': { rn: 'c' } } });
    await expect.poll(() => heard[2]).toMatchObject({ pc: { 'm2m:sgn': { nev: { net: 3 } } } });
    socket.close();
    await once(socket, 'close');
  });
});

describe('MQTT', () => {
  it('takes and answers CBOR as ACME does', async () => {
    await cse.stop();
    cse = await startCse({ id: '/id-in', base: 'cse-in', flavour: 'acme', brokerUrl: broker.url });
    await ae.publish('/oneM2M/req/Conreq/id-in/json', {
      ...{ op: 1, to: 'cse-in', fr: 'Conreq', rqi: 'a', rvi: '4', ty: 2 },
      pc: { 'm2m:ae': { rn: 'onreq', api: 'N.a', rr: true, srv: ['4'] } },
    });
    await ae.answerTo('a');
    const seen =
      'b90007626f700162746f6c6373652d696e2f6f6e72657162667266436f6e72657162747903627063b90001676d326d3a636e74b9000162726e62636263727169637a3134637276696134';
    await ae.publish('/oneM2M/req/Conreq/id-in/cbor', Buffer.from(seen, 'hex'));
    const { payload } = await ae.next(({ topic }) => topic === '/oneM2M/resp/Conreq/id-in/cbor');
    expect(decode(payload)).toMatchObject({ rsc: 2001, rqi: 'z14', pc: { 'm2m:cnt': { rn: 'cb' } } });
  });

  it('answers a request that comes twice twice, and does it once', async () => {
    await ae.ask(registration('ae'));
    const push = { op: 1, to: 'onem2m/ae', rqi: 'same', ty: 3, pc: { 'm2m:cnt': {} } };
    const isAnswer = (rqi: string) => (each: { topic: string; payload: Buffer }) =>
      each.topic.includes('/resp/') && parse(each)['rqi'] === rqi;
    await ae.send(push);
    await ae.send(push);
    const [first, second] = await ae.many(2, isAnswer('same'));
    expect(second?.payload.toString()).toBe(first?.payload.toString());
    const containers = (): number => cse.resources().filter(({ ty }) => ty === 3).length;
    expect(containers()).toBe(1);
    cse.deduplicates = false;
    await ae.send({ ...push, rqi: 'other' });
    await ae.send({ ...push, rqi: 'other' });
    await ae.many(2, isAnswer('other'));
    expect(containers()).toBe(3);
  });
});

describe('what a test can make it do', () => {
  beforeEach(() => ae.ask(registration('ae')));
  const isAnswered = (rqi: string): boolean =>
    ae.seen.some((each) => each.topic.includes('resp') && parse(each)['rqi'] === rqi);

  it('leave requests unanswered, answer late, twice, or with garbage', async () => {
    const speakAgain = cse.silence(({ ty }) => ty === 3);
    const rqi = await ae.send({ op: 1, to: 'onem2m/ae', ty: 3, pc: { 'm2m:cnt': { rn: 'c' } } });
    expect(await ae.ask({ op: 2, to: 'onem2m/ae/c' })).toMatchObject({ rsc: 2000 });
    expect(isAnswered(rqi)).toBe(false);
    speakAgain();
    cse.answerTwice = true;
    const twice = await ae.send({ op: 2, to: 'onem2m/ae' });
    expect(await ae.many(2, (each) => each.topic.includes('resp') && parse(each)['rqi'] === twice)).toHaveLength(2);
    cse.answerTwice = false;
    cse.garbage = 1;
    const garbled = await ae.send({ op: 2, to: 'onem2m/ae' });
    await ae.next(({ payload }) => payload.toString() === '{"rsc":2000,"rqi":');
    cse.delay(({ to }) => (to === 'onem2m' ? 50 : 0));
    const late = await ae.send({ op: 2, to: 'onem2m' });
    await ae.ask({ op: 2, to: 'onem2m/ae' });
    expect([garbled, late].map(isAnswered)).toEqual([false, false]);
    expect(parse(await ae.answerTo(late))).toMatchObject({ rsc: 2000 });
  });

  it('hold requests, notify first, forget all, and come back', async () => {
    const release = cse.hold();
    const held = await ae.send({ op: 1, to: 'onem2m/ae', ty: 3, pc: { 'm2m:cnt': { rn: 'c' } } });
    await expect.poll(() => cse.requests.at(-1)?.request['rqi']).toBe(held);
    expect(cse.resources().some(({ ty }) => ty === 3)).toBe(false);
    release();
    expect(parse(await ae.answerTo(held))).toMatchObject({ rsc: 2001 });
    const nu = `${broker.url.replace('tcp:', 'mqtt:')}/heard`;
    await ae.ask({ op: 1, to: 'onem2m/ae/c', ty: 23, pc: { 'm2m:sub': { nu: [nu], enc: { net: [3] } } } });
    cse.notifiesFirst = true;
    const rqi = await ae.send({ op: 1, to: 'onem2m/ae/c', ty: 4, pc: { 'm2m:cin': { con: 1 } } });
    await ae.answerTo(rqi);
    const order = ae.seen.slice(-2).map(({ topic }) => topic);
    expect(order).toEqual(['heard', '/oneM2M/resp/Cae/in-cse-1/json']);
    await cse.stop();
    await cse.start();
    expect(await ae.ask({ op: 2, to: 'onem2m/ae/c/la' })).toMatchObject({ rsc: 2000 });
    cse.forgetAll();
    expect(await ae.ask({ op: 2, to: 'onem2m/ae' })).toMatchObject({ rsc: 4004 });
  });
});

it('leaves nothing running', async () => {
  const before = countHandles();
  const brokerUrl = broker.url;
  const other = await startCse({ id: '/other', http: {}, websocket: {}, brokerUrl, answerTimeoutMs: 60_000 });
  const poa = [brokerUrl.replace('tcp:', 'mqtt:')];
  const atOther = await BareAe.start(broker.url, 'other');
  await atOther.ask({ ...registration('ae', { poa }) });
  await atOther.ask({ ...registration('x'), fr: 'Cx4' });
  const sub = { op: 1, to: 'onem2m/ae', fr: 'Cx4', ty: 23, pc: { 'm2m:sub': { nu: ['Cae'] } } };
  await atOther.send(sub);
  await atOther.next(({ topic }) => topic === '/oneM2M/req/other/Cae/json');
  await atOther.stop();
  await other.stop();
  await expectNoNewHandles(before);
});
