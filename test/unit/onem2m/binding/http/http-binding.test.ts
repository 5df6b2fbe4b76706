import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpBinding } from '../../../../../src/onem2m/binding/http/http.ts';
import { HttpReceiver } from '../../../../../src/onem2m/binding/http/receiver.ts';
import type { RequestPrimitive } from '../../../../../src/onem2m/primitive/primitives.ts';
import { codecOf } from '../../../../../src/onem2m/primitive/serialization.ts';
import { fakePorts } from '../../../../support/fakes/fake-clock.ts';
import { freePort } from '../../../../support/system/free-port.ts';
import {
  cleanUpAll,
  cleanUps,
  create,
  cse,
  endpointOf,
  errorOf,
  listen,
  never,
  open,
  retrieve,
  serve,
  type Seen,
} from '../../../../support/onem2m/http-bench.ts';

afterEach(cleanUpAll);

describe('HttpBinding', () => {
  it('is up once, after open', async () => {
    const binding = new HttpBinding({
      endpoint: endpointOf('http://127.0.0.1:1'),
      serialization: 'json',
      ports: fakePorts(),
    });
    cleanUps.push(() => binding.close());
    let ups = 0;
    binding.events.on('up', () => ups++);
    const up = once(binding.events, 'up');
    binding.open();
    binding.open();
    expect([ups, binding.isUp]).toEqual([0, false]);
    await up;
    await new Promise((resolve) => setImmediate(resolve));
    expect([ups, binding.isUp, binding.pointOfAccess]).toEqual([1, true, []]);
    await binding.close();
    expect(binding.isUp).toBe(false);
    await expect(binding.send(retrieve, { signal: never() })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it.each([
    ['create', create, 'POST', '/cse-in'],
    ['retrieve', retrieve, 'GET', '/cse-in'],
    ['update', { ...retrieve, op: 3, pc: { 'm2m:cnt': { lbl: ['a'] } } }, 'PUT', '/cse-in'],
    ['delete', { ...retrieve, op: 4 }, 'DELETE', '/cse-in'],
    ['notify', { ...retrieve, op: 5, to: '/id-in/Cae', pc: { 'm2m:sgn': {} } }, 'POST', '/~/id-in/Cae'],
    ['discover', { ...retrieve, fc: { fu: 1, ty: [2, 3] }, rcn: 11 }, 'GET', '/cse-in?rcn=11&fu=1&ty=2&ty=3'],
  ] as [string, RequestPrimitive, string, string][])(
    'sends %s and emits the answer before send resolves',
    async (...row) => {
      const [, request, method, path] = row;
      const { port, seen } = await serve(
        cse(2001, { 'm2m:cnt': { ri: 'cnt1' } }, { 'X-M2M-CTS': '1', 'X-M2M-CTO': '20' }),
      );
      const { binding, events } = await open(`http://127.0.0.1:${port}/base`);
      const order: string[] = [];
      binding.events.on('response', () => order.push('response'));
      await binding.send(request, { signal: never() }).then(() => order.push('sent'));
      expect(order).toEqual(['response', 'sent']);
      expect(seen[0]).toMatchObject({
        method,
        url: `/base${path}`,
        headers: { 'x-m2m-origin': 'Cae', 'x-m2m-ri': 'r1', 'x-m2m-rvi': '4' },
      });
      // All that is no ASCII is escaped.
      const json = request.pc === undefined ? '' : JSON.stringify(request.pc).replace('ä', '\\u00e4');
      expect(seen[0]?.body.toString()).toBe(json);
      const response = { rsc: 2001, rqi: 'r1', rvi: '4', cts: 1, cto: 20, pc: { 'm2m:cnt': { ri: 'cnt1' } } };
      expect(events).toEqual([['response', response, { server: 'ACME 1' }]]);
    },
  );

  it('writes and reads CBOR, and JSON in an answer all the same', async () => {
    const codec = await codecOf('cbor');
    const answers = [
      (response: ServerResponse) => {
        response.writeHead(201, { 'X-M2M-RSC': '2001', 'X-M2M-RI': 'r1', 'Content-Type': 'application/cbor' });
        response.end(codec.encode({ 'm2m:cnt': { cni: 0 } }));
      },
      cse(4000, { 'm2m:dbg': 'no' }),
    ];
    const { port, seen } = await serve((response, one) => answers.shift()?.(response, one));
    const { binding, events } = await open(`http://127.0.0.1:${port}`, { serialization: 'cbor' });
    await binding.send(create, { signal: never() });
    await binding.send(create, { signal: never() });
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'application/cbor;ty=3',
      accept: 'application/cbor, application/vnd.onem2m-res+cbor',
    });
    expect(codec.decode(seen[0]?.body ?? '')).toEqual(create.pc);
    expect(events).toEqual([
      ['response', { rsc: 2001, rqi: 'r1', pc: { 'm2m:cnt': { cni: 0 } } }, {}],
      ['response', { rsc: 4000, rqi: 'r1', rvi: '4', pc: { 'm2m:dbg': 'no' } }, { server: 'ACME 1' }],
    ]);
  });

  it('takes the code from the status, where an answer without X-M2M-RSC is one of oneM2M', async () => {
    const { port } = await serve((response) => response.writeHead(404).end());
    const { binding, events } = await open(`http://127.0.0.1:${port}`);
    await binding.send(retrieve, { signal: never() });
    expect(events).toEqual([['response', { rsc: 4004, rqi: 'r1' }, {}]]);
  });

  it.each([
    [401, { 'Content-Type': 'text/html' }, /HTTP 401, text\/html\): the server wants a login/],
    [401, {}, /HTTP 401\): the server wants a login/],
    [404, { 'Content-Type': 'text/html' }, /there is no CSE at this address/],
    [502, { 'Content-Type': 'text/html' }, /a proxy before the CSE got no proper answer/],
    [503, { 'Content-Type': 'application/json' }, /overloaded or down/],
    [200, { 'Content-Type': 'text/html' }, /something else than a CSE answers here/],
    [
      302,
      { Location: 'https://u:secret@other.example/login?token=secret' },
      /redirects to https:\/\/other.example\/login \(HTTP 302\), which is not followed/,
    ],
    [200, { 'X-M2M-RSC': '2000', 'X-M2M-RI': 'someone' }, /answer is that to another request/],
    [200, { 'X-M2M-RSC': '2000', 'Content-Type': 'application/json' }, /content of the answer cannot be read/],
    [200, { 'X-M2M-RSC': '20', 'Content-Type': 'text/html' }, /rsc must be a status code/],
  ])('says what an answer with status %s and %j is, if none of oneM2M', async (status, headers, words) => {
    const hasBody = !('X-M2M-RI' in headers) && JSON.stringify(headers) !== '{}';
    const { port } = await serve((response) => response.writeHead(status, headers).end(hasBody ? '<html>secret' : ''));
    const { binding, events } = await open(`http://127.0.0.1:${port}`);
    await binding.send(retrieve, { signal: never() });
    expect(events).toEqual([['malformed', { rqi: 'r1', reason: expect.stringMatching(words) as string }]]);
    expect(JSON.stringify(events)).not.toContain('token=secret');
  });

  it('refuses an answer that is longer than allowed, without reading it', async () => {
    const { port } = await serve(cse(2000, 'x'.repeat(5000)));
    const { binding, events } = await open(`http://127.0.0.1:${port}`, { maxBodyBytes: 1000 });
    await binding.send(retrieve, { signal: never() });
    expect(events).toEqual([
      ['malformed', { rqi: 'r1', reason: expect.stringContaining('longer than 1000 bytes') as string }],
    ]);
  });

  it('keeps the connection for the next request, and several at a time', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((message, response) => {
      sockets.add(message.socket);
      cse(2000)(response, message as unknown as Seen);
    });
    const { binding, events } = await open(`http://127.0.0.1:${await listen(server)}`);
    for (let n = 0; n < 5; n++) await binding.send({ ...retrieve, rqi: `r${n}` }, { signal: never() });
    expect(sockets.size).toBe(1);
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => binding.send({ ...retrieve, rqi: `p${n}` }, { signal: never() })),
    );
    expect(events).toHaveLength(105);
    expect(sockets.size).toBeLessThanOrEqual(33);
  });

  it('lets a request be given up, and ends those under way when it closes', async () => {
    let open1: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => (open1 = resolve));
    const { port } = await serve(() => open1?.());
    const { binding, events } = await open(`http://127.0.0.1:${port}`);
    const controller = new AbortController();
    const givenUp = binding.send(retrieve, { signal: controller.signal });
    const reason = new Error('enough');
    await arrived;
    controller.abort(reason);
    expect((await errorOf(givenUp)).message).toBe('enough');
    await expect(binding.send(retrieve, { signal: controller.signal })).rejects.toThrow('enough');
    const underWay = errorOf(binding.send(retrieve, { signal: never() }));
    await binding.close();
    expect(await underWay).toMatchObject({ code: 'CLOSED' });
    expect(events).toEqual([]);
  });

  it('knows whether a request can have arrived', async () => {
    const nobody = await open(`http://127.0.0.1:${await freePort()}`);
    expect(await errorOf(nobody.binding.send(retrieve, { signal: never() }))).toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('nothing listens there (ECONNREFUSED)'),
      advice: expect.stringContaining('whether the CSE runs'),
    });
    const unknown = await open('http://nowhere.invalid:80');
    expect(await errorOf(unknown.binding.send(retrieve, { signal: never() }))).toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    });
    const cut = await listen(createServer((message) => message.socket.destroy()));
    const cutting = await open(`http://127.0.0.1:${cut}`);
    expect(await errorOf(cutting.binding.send(create, { signal: never() }))).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('nobody knows whether the request took effect'),
    });
    const half = await serve((response) => {
      response.writeHead(200, { 'X-M2M-RSC': '2000', 'Content-Length': '1000' });
      response.write('{');
      setImmediate(() => response.destroy());
    });
    const halfway = await open(`http://127.0.0.1:${half.port}`);
    expect(await errorOf(halfway.binding.send(create, { signal: never() }))).toMatchObject({ code: 'TIMEOUT' });
  });

  it('says what cannot be sent', async () => {
    const { binding } = await open('http://127.0.0.1:1');
    const wrong = { ...retrieve, fr: 'C\r\nX: 1' };
    await expect(binding.send(wrong, { signal: never() })).rejects.toMatchObject({ code: 'BAD_VALUE' });
    const itself: Record<string, unknown> = {};
    itself.self = itself;
    await expect(binding.send({ ...create, pc: itself }, { signal: never() })).rejects.toMatchObject({
      code: 'BAD_VALUE',
    });
  });

  it('answers with rubbish do no harm', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('\x00\x01 rubbish\r\n\r\n'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
    const { binding } = await open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await errorOf(binding.send(retrieve, { signal: never() }))).toMatchObject({ code: 'TIMEOUT' });
  });

  it('logs in with user and password or with a token, and never shows them', async () => {
    const { port, seen } = await serve((response) => response.writeHead(401).end());
    const url = `http://user:pa%20ss@127.0.0.1:${port}`;
    const basic = await open(url);
    const bearer = await open(url, { account: { token: 'very-secret' } });
    await basic.binding.send(retrieve, { signal: never() });
    await bearer.binding.send(retrieve, { signal: never() });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from('user:pa ss').toString('base64')}`,
      'Bearer very-secret',
    ]);
    const evil = await open(url, { account: { token: 'very-secret\r\nX: 1' } });
    const refusal = await errorOf(evil.binding.send(retrieve, { signal: never() }));
    expect(refusal).toMatchObject({ code: 'CONFIG' });
    const nobody = await open(`http://user:pa%20ss@127.0.0.1:${await freePort()}`);
    const failed = await errorOf(nobody.binding.send(retrieve, { signal: never() }));
    const told = JSON.stringify([basic.events, bearer.events, refusal.message, failed.message, failed.advice]);
    for (const secret of ['very-secret', 'pa ss', 'pa%20ss', Buffer.from('user:pa ss').toString('base64')]) {
      expect(told).not.toContain(secret);
    }
  });

  it('has the point of access and the requests of its receiver', async () => {
    const receiver = new HttpReceiver({
      ports: fakePorts(),
      path: '/n',
      listener: { host: '127.0.0.1', port: 0 },
    });
    const { binding, events } = await open('http://127.0.0.1:1', { receiver });
    const [url = ''] = binding.pointOfAccess;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/n$/);
    await binding.listen('Cae');
    binding.events.on('request', ({ request, answer }) => void answer?.({ rsc: 2000, rqi: request.rqi }));
    const headers = { 'X-M2M-RI': 'n1', 'X-M2M-Origin': '/id-in', 'Content-Type': 'application/json' };
    const reply = await fetch(url, { method: 'POST', headers, body: '{"m2m:sgn":{}}' });
    expect([reply.status, reply.headers.get('x-m2m-rsc'), reply.headers.get('x-m2m-ri')]).toEqual([200, '2000', 'n1']);
    expect(events[0]).toMatchObject([
      'request',
      { request: { op: 5, to: 'Cae', fr: '/id-in', pc: { 'm2m:sgn': {} } } },
    ]);
  });

  it('goes on without notifications where their port is taken, and says so', async () => {
    const { port } = await serve(cse(2000));
    const receiver = new HttpReceiver({ ports: fakePorts(), path: '', listener: { host: '127.0.0.1', port } });
    const binding = new HttpBinding({
      endpoint: endpointOf(`http://127.0.0.1:${port}`),
      serialization: 'json',
      ports: fakePorts(),
      receiver,
    });
    cleanUps.push(() => binding.close());
    const problem = once(binding.events, 'problem');
    const up = once(binding.events, 'up');
    binding.open();
    expect((await problem)[0]).toMatchObject({ code: 'CONNECT_FAILED', message: expect.stringContaining('is taken') });
    await up;
    await binding.send(retrieve, { signal: never() });
  });
});
