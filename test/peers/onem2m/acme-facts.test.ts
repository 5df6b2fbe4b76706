import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Decoder, Encoder } from 'cbor-x';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { AdminClient } from '../../support/onem2m/acme/admin.ts';
import { AcmeCse, acmeAvailable } from '../../support/onem2m/acme/acme.ts';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { WireClient, type WirePrimitive } from '../../support/onem2m/onem2m-wire.ts';

/** What our code relies on in ACME, seen with nothing of ours in between: a new release that differs shows here first. */
describe.skipIf(!mosquittoAvailable() || !acmeAvailable())('ACME over MQTT, bare', () => {
  let broker: Mosquitto;
  let cse: AcmeCse;
  let wire: WireClient;
  let admin: AdminClient;

  beforeAll(async () => {
    broker = await Mosquitto.start({ lines: ['set_tcp_nodelay true'] });
    cse = await AcmeCse.start({ broker, expirationSeconds: 1, requestSeconds: 2 });
    admin = new AdminClient(cse.httpUrl);
  });

  beforeEach(async () => {
    await cse.reset();
    wire = await WireClient.connect(broker.url);
    return async () => {
      await wire.end();
    };
  });

  afterAll(async () => {
    await cse.remove();
    await broker.remove();
  });

  const ae = (rn: string, more: object = {}): object => ({
    'm2m:ae': { rn, api: 'N.wire', rr: true, srv: ['4'], poa: [broker.url], ...more },
  });
  const register = (fr: string, rn: string, kind: 'req' | 'reg_req' = 'reg_req', level = fr) =>
    wire.exchange({ op: 1, ty: 2, to: 'cse-in', fr, pc: ae(rn) }, { kind, level });
  const create = (fr: string, to: string, ty: number, pc: object) => wire.request({ op: 1, ty, to, fr, pc });
  const subscribe = (fr: string, to: string, more: object) =>
    create(fr, to, 23, { 'm2m:sub': { rn: 's', enc: { net: [3] }, ...more } });

  it('registers by reg_req and by req, and answers on the levels that were used', async () => {
    const own = await register('Cown', 'own', 'reg_req', 'credential');
    expect(own.topic).toBe('/oneM2M/reg_resp/credential/id-in/json');
    expect(own.json).toMatchObject({
      rsc: 2001,
      fr: '/id-in',
      to: 'Cown',
      pc: { 'm2m:ae': { aei: 'Cown', ri: 'Cown' } },
    });
    const given = await register('C', 'given', 'req');
    expect(given.topic).toBe('/oneM2M/resp/C/id-in/json');
    expect(given.json.pc?.['m2m:ae']?.aei).toMatch(/^C\w{10}$/);
    expect((await register('S', 'sp', 'req')).json.pc?.['m2m:ae']?.aei).toMatch(/^S\w{10}$/);
  });

  it('says in words why it refuses', async () => {
    await register('Cone', 'one');
    await register('Ctwo', 'two');
    await create('Cone', 'cse-in/one', 3, { 'm2m:cnt': { rn: 'd' } });
    const refusal = async (message: Promise<{ json: object }>) => (await message).json;
    expect(await refusal(register('Cone', 'one'))).toMatchObject({
      rsc: 4117,
      pc: { 'm2m:dbg': 'Originator has already registered: Cone' },
    });
    expect(await refusal(register('Cthree', 'one'))).toMatchObject({
      rsc: 4105,
      pc: { 'm2m:dbg': 'Resource with structured id: cse-in/one already exists' },
    });
    expect(await refusal(register('Xwrong', 'wrong'))).toMatchObject({
      rsc: 4107,
      pc: { 'm2m:dbg': 'security association required' },
    });
    const denied = await wire.request({ op: 2, to: 'cse-in/one/d', fr: 'Ctwo' });
    expect(denied).toMatchObject({
      rsc: 4103,
      pc: { 'm2m:dbg': expect.stringMatching(/^originator: Ctwo has no RETRIEVE privileges for resource: cnt/) },
    });
    expect(await wire.request({ op: 2, to: 'cse-in/no', fr: 'Cone' })).toMatchObject({ rsc: 4004 });
    expect(await wire.request({ op: 2, to: 'cse-in/one', fr: 'Cone', rvi: undefined })).toMatchObject({ rsc: 4001 });
    expect(await wire.request({ op: 2, to: 'cse-in', fr: 'Cone' }, { kind: 'reg_req' })).toMatchObject({
      rsc: 4000,
      pc: { 'm2m:dbg': 'Invalid operation for registration: RETRIEVE' },
    });
  });

  it('notifies on the standard topic, before or after it answers the request that caused it', async () => {
    await register('Cone', 'one');
    await wire.serve('Cone');
    await create('Cone', 'cse-in/one', 3, { 'm2m:cnt': { rn: 'd' } });
    expect(await subscribe('Cone', 'cse-in/one/d', { nu: ['Cone'], su: 'Cone' })).toMatchObject({ rsc: 2001 });
    const notified = wire.next(({ json }) => json.op === 5);
    await create('Cone', 'cse-in/one/d', 4, { 'm2m:cin': { con: 'hello' } });
    const { topic, json } = await notified;
    expect(topic).toBe('/oneM2M/req/id-in/Cone/json');
    expect(json).toMatchObject({ op: 5, fr: '/id-in', to: 'Cone', rvi: '4', rqi: expect.stringMatching(/./) });
    expect(json.pc?.['m2m:sgn']).toMatchObject({
      nev: { net: 3, rep: { 'm2m:cin': { con: 'hello' } } },
      sur: expect.stringMatching(/^\/id-in\/sub/),
    });
    const gone = wire.next(({ json }) => json.pc?.['m2m:sgn']?.sud === true);
    expect(await wire.request({ op: 4, to: 'cse-in/one/d/s', fr: 'Cone' })).toMatchObject({ rsc: 2002 });
    expect((await gone).json.pc?.['m2m:sgn']?.sur).toMatch(/^\/id-in\/sub/);
  });

  it('verifies another target: accepted, refused, and silent for as long as a request may take', async () => {
    await register('Cone', 'one');
    await register('Ctwo', 'two');
    await wire.serve('Ctwo');
    await create('Cone', 'cse-in/one', 3, { 'm2m:cnt': { rn: 'd' } });
    expect(await subscribe('Cone', 'cse-in/one/d', { rn: 's1', nu: ['Ctwo'] })).toMatchObject({ rsc: 2001 });
    const verification = wire.messages.find(({ json }) => json.pc?.['m2m:sgn']?.vrq === true);
    expect(verification?.topic).toBe('/oneM2M/req/id-in/Ctwo/json');
    expect(verification?.json.pc?.['m2m:sgn']).toMatchObject({
      cr: 'Cone',
      sur: expect.stringMatching(/^\/id-in\/sub/),
    });
    wire.answer = () => 4101;
    const refused = { rsc: 5204, pc: { 'm2m:dbg': 'Verification request failed for: Ctwo' } };
    expect(await subscribe('Cone', 'cse-in/one/d', { rn: 's2', nu: ['Ctwo'] })).toMatchObject(refused);
    wire.answer = () => 0;
    const start = performance.now();
    expect(await subscribe('Cone', 'cse-in/one/d', { rn: 's3', nu: ['Ctwo'] })).toMatchObject(refused);
    expect(performance.now() - start).toBeGreaterThan(1900);
  });

  it('gathers notifications into one batch', async () => {
    await register('Cone', 'one');
    await wire.serve('Cone');
    await create('Cone', 'cse-in/one', 3, { 'm2m:cnt': { rn: 'd' } });
    const numeric = await subscribe('Cone', 'cse-in/one/d', { nu: ['Cone'], bn: { num: 2, dur: 2000 } });
    expect(numeric).toMatchObject({ rsc: 4000 });
    await subscribe('Cone', 'cse-in/one/d', { nu: ['Cone'], bn: { num: 2, dur: 'PT10S' } });
    const batch = wire.next(({ json }) => json.op === 5);
    for (const con of ['1', '2']) await create('Cone', 'cse-in/one/d', 4, { 'm2m:cin': { con } });
    const aggregated = (await batch).json.pc?.['m2m:agn']?.['m2m:sgn'];
    expect(aggregated).toMatchObject(['1', '2'].map((con) => ({ nev: { rep: { 'm2m:cin': { con } } } })));
  });

  it('fans out over a group', async () => {
    await register('Cone', 'one');
    for (const rn of ['a', 'b']) await create('Cone', 'cse-in/one', 3, { 'm2m:cnt': { rn } });
    const mid = ['cse-in/one/a', 'cse-in/one/b'];
    await create('Cone', 'cse-in/one', 9, { 'm2m:grp': { rn: 'g', mt: 3, mnm: 9, mid } });
    const answer = await create('Cone', 'cse-in/one/g/fopt', 4, { 'm2m:cin': { con: 'all' } });
    expect(answer).toMatchObject({ rsc: 2000 });
    const one = { rsc: 2001, rqi: answer.rqi, pc: { 'm2m:cin': { con: 'all' } } };
    expect(answer.pc?.['m2m:agr']?.['m2m:rsp']).toMatchObject([one, one]);
  });

  it('tells missing data of a time series', async () => {
    await register('Cone', 'one');
    await wire.serve('Cone');
    await create('Cone', 'cse-in/one', 29, { 'm2m:ts': { rn: 't', pei: 200, peid: 20, mdd: true, mdt: 100, mdn: 5 } });
    await create('Cone', 'cse-in/one/t', 23, {
      'm2m:sub': { rn: 'm', enc: { net: [8], md: { num: 2, dur: 'PT10S' } }, nu: ['Cone'] },
    });
    expect(await create('Cone', 'cse-in/one/t', 30, { 'm2m:tsi': { con: '1' } })).toMatchObject({ rsc: 4000 });
    const missing = wire.next(({ json }) => json.op === 5);
    const dgt = new Date().toISOString().replaceAll(/[-:Z]/g, '').replace('.', ',');
    expect(await create('Cone', 'cse-in/one/t', 30, { 'm2m:tsi': { con: '1', dgt } })).toMatchObject({ rsc: 2001 });
    expect((await missing).json.pc?.['m2m:sgn']?.nev).toMatchObject({
      net: 8,
      rep: { 'm2m:tsn': { mdc: 2, mdlt: [expect.any(String), expect.any(String)] } },
    });
  });

  it('takes non-blocking requests', async () => {
    await register('Cone', 'one');
    await wire.serve('Cone');
    const sync = await wire.request({ op: 2, to: 'cse-in/one', fr: 'Cone', rt: { rtv: 1 } });
    expect(sync).toMatchObject({ rsc: 1001, pc: { 'm2m:uri': expect.stringMatching(/^req/) } });
    const request = async () => (await wire.request({ op: 2, to: sync.pc?.['m2m:uri'], fr: 'Cone' })).pc?.['m2m:req'];
    await expect.poll(request).toMatchObject({
      rs: 1,
      ors: { rsc: 2000, rqi: sync.rqi, pc: { 'm2m:ae': { rn: 'one' } } },
    });
    const result = wire.next(({ json }) => json.op === 5);
    const async = await wire.request({ op: 2, to: 'cse-in/one', fr: 'Cone', rt: { rtv: 2 } });
    expect(async).toMatchObject({ rsc: 1002, pc: { 'm2m:uri': expect.stringMatching(/^req/) } });
    expect((await result).json.pc).toMatchObject({
      'm2m:rsp': { rsc: 2000, rqi: async.rqi, pc: { 'm2m:ae': { rn: 'one' } } },
    });
    expect(await wire.request({ op: 2, to: 'cse-in/one', fr: 'Cone', rt: { rtv: 4 } })).toMatchObject({ rsc: 2000 });
  });

  it('cuts a discovery by the children of its target, without saying so', async () => {
    await register('Cone', 'one');
    for (const rn of ['a', 'b']) await create('Cone', 'cse-in/one', 3, { 'm2m:cnt': { rn } });
    await create('Cone', 'cse-in/one/a', 3, { 'm2m:cnt': { rn: 'deep' } });
    const discover = (fc: object) =>
      wire.request({ op: 2, to: 'cse-in/one', fr: 'Cone', fc: { fu: 1, ty: [3], ...fc } });
    const first = await discover({ lim: 1 });
    expect(first.pc).toEqual({ 'm2m:uril': ['cse-in/one/a', 'cse-in/one/a/deep'] });
    expect(first).not.toHaveProperty('cts');
    expect(first).not.toHaveProperty('cto');
    expect((await discover({ lim: 1, ofst: 2 })).pc).toEqual({ 'm2m:uril': ['cse-in/one/b'] });
    // Beyond the end it begins again, with everything.
    expect((await discover({ lim: 1, ofst: 3 })).pc?.['m2m:uril']).toHaveLength(3);
    expect(await discover({ ofst: 0 })).toMatchObject({ rsc: 4000 });
  });

  it('answers CBOR with CBOR, and a broken or wrapped primitive without its id', async () => {
    await register('Cone', 'one');
    const answered = wire.next(({ topic }) => topic === '/oneM2M/resp/Cone/id-in/cbor');
    const request = { op: 2, to: 'cse-in/one', fr: 'Cone', rqi: 'binary', rvi: '4' };
    await wire.publish('/oneM2M/req/Cone/id-in/cbor', new Encoder({ useRecords: false }).encode(request));
    const answer: unknown = new Decoder({ useRecords: false, mapsAsObjects: true }).decode((await answered).payload);
    expect(answer).toMatchObject({ rsc: 2000, rqi: 'binary', pc: { 'm2m:ae': { rn: 'one' } } });
    for (const payload of ['{"op":', JSON.stringify({ 'm2m:rqp': request })]) {
      const refused = wire.next(({ json }) => json.rsc === 4000);
      await wire.publish('/oneM2M/req/Cone/id-in/json', payload);
      expect((await refused).json).not.toHaveProperty('rqi');
    }
  });

  it('drops what has expired', async () => {
    await register('Cone', 'one');
    const et = new Date(Date.now() + 1500).toISOString().replaceAll(/[-:Z]|\..*/g, '');
    await create('Cone', 'cse-in/one', 3, { 'm2m:cnt': { rn: 'd', et } });
    await expect.poll(() => admin.exists('cse-in/one/d')).toBe(false);
    const past = await create('Cone', 'cse-in/one', 3, { 'm2m:cnt': { rn: 'd', et: '20200101T000000' } });
    expect(past).toMatchObject({
      rsc: 4000,
      pc: { 'm2m:dbg': expect.stringMatching(/^expirationTime is in the past/) },
    });
  });

  it('serves a polling channel over MQTT, with a request in it that has no release version', async () => {
    await wire.request({ op: 1, ty: 2, to: 'cse-in', fr: 'Cpoll', pc: ae('poll', { rr: false, poa: undefined }) });
    await create('Cpoll', 'cse-in/poll', 15, { 'm2m:pch': { rn: 'pch' } });
    await create('Cpoll', 'cse-in/poll', 3, { 'm2m:cnt': { rn: 'd' } });
    await subscribe('Cpoll', 'cse-in/poll/d', { nu: ['Cpoll'] });
    const polled = wire.request({ op: 2, to: 'cse-in/poll/pch/pcu', fr: 'Cpoll', rqet: '9000' });
    await create('Cpoll', 'cse-in/poll/d', 4, { 'm2m:cin': { con: 'polled' } });
    const embedded = (await polled).pc?.['m2m:rqp'];
    expect(embedded).toMatchObject({ op: 5, to: 'Cpoll', pc: { 'm2m:sgn': { nev: { net: 3 } } } });
    expect(embedded).not.toHaveProperty('rvi');
    const rsp = { rsc: 2000, rqi: embedded?.rqi, fr: 'Cpoll', to: '/id-in', rvi: '4' };
    const answer = { op: 5, to: 'cse-in/poll/pch/pcu', fr: 'Cpoll', pc: { 'm2m:rsp': rsp } };
    expect(await wire.request(answer)).toMatchObject({ rsc: 2000 });
    const empty = await wire.request({ op: 2, to: 'cse-in/poll/pch/pcu', fr: 'Cpoll', rqet: '100' });
    expect(empty).toMatchObject({ rsc: 4008 });
  });

  it('notifies over HTTP at the point of access, with the AE-ID as its path', async () => {
    const seen: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        seen.push({ path: request.url ?? '', headers: request.headers, body });
        response.writeHead(200, { 'X-M2M-RSC': '2000', 'X-M2M-RI': request.headers['x-m2m-ri'] }).end();
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const poa = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/base`];
    await register('Cone', 'one');
    await wire.request({ op: 1, ty: 2, to: 'cse-in', fr: 'Cweb', pc: ae('web', { poa }) });
    await create('Cone', 'cse-in/one', 3, { 'm2m:cnt': { rn: 'd' } });
    expect(await subscribe('Cone', 'cse-in/one/d', { nu: ['Cweb'] })).toMatchObject({ rsc: 2001 });
    await create('Cone', 'cse-in/one/d', 4, { 'm2m:cin': { con: 'x' } });
    await expect.poll(() => seen.map(({ path }) => path)).toEqual(['/base/Cweb', '/base/Cweb']);
    expect(seen[0]?.headers).toMatchObject({ 'x-m2m-origin': '/id-in', 'x-m2m-rvi': '4' });
    expect(seen.map(({ body }): unknown => JSON.parse(body))).toMatchObject([
      { 'm2m:sgn': { vrq: true, cr: 'Cone' } },
      { 'm2m:sgn': { nev: { net: 3 } } },
    ]);
    server.close();
  });
});

describe.skipIf(!acmeAvailable())('ACME over WebSocket, bare', () => {
  let cse: AcmeCse;

  beforeAll(async () => {
    cse = await AcmeCse.start({ websocket: true });
  });

  afterAll(async () => {
    await cse.remove();
  });

  const open = async (protocols: string[], headers: Record<string, string> = {}): Promise<WebSocket> => {
    const socket = new WebSocket(cse.websocketUrl, protocols, { headers });
    await once(socket, 'open');
    return socket;
  };
  const next = (socket: WebSocket, matches: (json: WirePrimitive) => boolean): Promise<WirePrimitive> =>
    new Promise((resolve) => {
      socket.on('message', (data: Buffer) => {
        const json = JSON.parse(data.toString()) as WirePrimitive;
        if (matches(json)) resolve(json);
      });
    });
  const ask = (socket: WebSocket, request: object): Promise<WirePrimitive> => {
    const answered = next(socket, ({ op }) => op === undefined);
    socket.send(JSON.stringify({ rqi: 'ws', rvi: '4', ...request }));
    return answered;
  };
  const ae = (rn: string): object => ({ 'm2m:ae': { rn, api: 'N.wire', rr: true, srv: ['4'], poa: ['ws://default'] } });

  it('wants a subprotocol', async () => {
    await expect(open([])).rejects.toThrow('400');
    const socket = await open(['oneM2M.cbor']);
    expect(socket.protocol).toBe('oneM2M.cbor');
    socket.close();
  });

  it('lets a connection do nothing but register unless it names its originator', async () => {
    const anonymous = await open(['oneM2M.json']);
    const registered = await ask(anonymous, { op: 1, ty: 2, to: 'cse-in', fr: 'Cone', pc: ae('one') });
    expect(registered).toMatchObject({ rsc: 2001, pc: { 'm2m:ae': { aei: 'Cone' } } });
    expect(await ask(anonymous, { op: 2, to: 'cse-in/one', fr: 'Cone' })).toMatchObject({ rsc: 4103 });
    anonymous.close();
    const named = await open(['oneM2M.json'], { 'X-M2M-Origin': 'Cone' });
    expect(await ask(named, { op: 2, to: 'cse-in/one', fr: 'Cone' })).toMatchObject({ rsc: 2000 });
    named.close();
  });

  it('notifies on the connection of an AE that is reached at ws://default', async () => {
    const socket = await open(['oneM2M.json'], { 'X-M2M-Origin': 'Ctwo' });
    await ask(socket, { op: 1, ty: 2, to: 'cse-in', fr: 'Ctwo', pc: ae('two') });
    const sub = { 'm2m:sub': { rn: 's', enc: { net: [3] }, nu: ['Ctwo'] } };
    expect(await ask(socket, { op: 1, ty: 23, to: 'cse-in/two', fr: 'Ctwo', pc: sub })).toMatchObject({ rsc: 2001 });
    const notified = next(socket, ({ op }) => op === 5);
    await ask(socket, { op: 1, ty: 3, to: 'cse-in/two', fr: 'Ctwo', pc: { 'm2m:cnt': { rn: 'd' } } });
    expect(await notified).toMatchObject({ to: 'Ctwo', pc: { 'm2m:sgn': { nev: { net: 3 } } } });
    socket.close();
  });
});
