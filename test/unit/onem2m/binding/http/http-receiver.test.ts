import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { HttpReceiver } from '../../../../../src/onem2m/binding/http/receiver.ts';
import type { HttpListenerOptions } from '../../../../../src/net/http/listener.ts';
import type { HttpServerReply } from '../../../../../src/net/http/serve.ts';
import type { IncomingRequest } from '../../../../../src/onem2m/binding/binding.ts';
import { codecOf } from '../../../../../src/onem2m/primitive/serialization.ts';
import { TestAuthority } from '../../../../support/system/certificates.ts';
import { fakePorts } from '../../../../support/fakes/fake-clock.ts';
import { freePort } from '../../../../support/system/free-port.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Bench {
  readonly receiver: HttpReceiver;
  readonly requests: IncomingRequest[];
  readonly malformed: string[];
  readonly ports: ReturnType<typeof fakePorts>;
}

function receive(answers = true, listener?: HttpListenerOptions): Bench {
  const ports = fakePorts();
  const receiver = new HttpReceiver({ ports, path: '/onem2m/n1', listener });
  const [requests, malformed]: [IncomingRequest[], string[]] = [[], []];
  receiver.events.on('request', (incoming) => {
    requests.push(incoming);
    if (answers) void incoming.answer?.({ rsc: 2000, rqi: incoming.request.rqi, fr: 'Cae', to: '/id-in', rvi: '4' });
  });
  receiver.events.on('malformed', ({ reason }) => malformed.push(reason));
  cleanUps.push(() => receiver.close());
  void receiver.listen('Cae');
  return { receiver, requests, malformed, ports };
}

const notification = {
  method: 'POST',
  url: '/onem2m/n1/Cae',
  headers: {
    'x-m2m-origin': '/id-in',
    'x-m2m-ri': 'n1',
    'x-m2m-rvi': '4',
    'x-m2m-ot': '20260101T000000',
    'content-type': 'application/json',
  } as Record<string, string>,
  body: Buffer.from('{"m2m:sgn":{"vrq":true,"sur":"/id-in/sub1"}}'),
};

const shown = ({ status, headers, body }: HttpServerReply): unknown[] => [
  status,
  headers['X-M2M-RSC'],
  headers['X-M2M-RI'],
  body.toString(),
];

describe('HttpReceiver', () => {
  it('hands a notification over and answers it', async () => {
    const { receiver, requests } = receive();
    const reply = await receiver.handle(notification);
    expect(shown(reply)).toEqual([200, '2000', 'n1', '']);
    expect(reply.headers).toMatchObject({ 'X-M2M-RVI': '4', 'X-M2M-Origin': 'Cae' });
    expect(requests).toEqual([
      {
        via: '/onem2m/n1/Cae',
        request: {
          op: 5,
          to: 'Cae',
          fr: '/id-in',
          rqi: 'n1',
          rvi: '4',
          ot: '20260101T000000',
          pc: { 'm2m:sgn': { vrq: true, sur: '/id-in/sub1' } },
        },
        answer: expect.any(Function) as unknown,
        transport: 'http',
        serialization: 'json',
        isRegistration: false,
        sender: {},
        gone: expect.any(AbortSignal) as unknown,
      },
    ]);
  });

  it.each([
    ['/onem2m/n1', 'Cae'],
    ['/onem2m/n1/', 'Cae'],
    ['/onem2m/n1?a=b', 'Cae'],
    ['/onem2m/n1/CH1', 'CH1'],
    ['/onem2m/n1/~/id-in/CH1', '/id-in/CH1'],
  ])('takes %s as a request to %s', async (url, to) => {
    const { receiver, requests } = receive();
    expect((await receiver.handle({ ...notification, url })).status).toBe(200);
    expect(requests[0]?.request.to).toBe(to);
  });

  it('takes the content types and serializations of all, and answers in what is asked for', async () => {
    const { receiver, requests } = receive(false);
    receiver.events.on(
      'request',
      ({ request, answer }) => void answer?.({ rsc: 2000, rqi: request.rqi, pc: { a: 1 } }),
    );
    const cbor = await codecOf('cbor');
    const send = (type: string, body: Buffer, accept?: string): Promise<HttpServerReply> =>
      receiver.handle({
        ...notification,
        headers: { ...notification.headers, 'content-type': type, ...(accept === undefined ? {} : { accept }) },
        body,
      });
    const bytes = Buffer.from(cbor.encode({ 'm2m:sgn': { sur: 's' } }));
    const asked = await send('application/vnd.onem2m-ntfy+json', notification.body, '*/*, application/cbor');
    expect([asked.headers['Content-Type'], cbor.decode(asked.body)]).toEqual(['application/cbor', { a: 1 }]);
    const written = await send('application/cbor', bytes);
    expect(written.headers['Content-Type']).toBe('application/cbor');
    const other = await send('application/cbor', bytes, 'application/json');
    expect([other.headers['Content-Type'], other.body.toString()]).toEqual(['application/json', '{"a":1}']);
    expect(requests.map(({ request }) => request.pc)).toEqual([
      { 'm2m:sgn': { vrq: true, sur: '/id-in/sub1' } },
      { 'm2m:sgn': { sur: 's' } },
      { 'm2m:sgn': { sur: 's' } },
    ]);
  });

  it.each([
    ['no X-M2M-RI', { headers: { 'content-type': 'application/json' } }, 400, '4000', /X-M2M-RI is missing/],
    ['no content type', { headers: { 'x-m2m-ri': 'n1' } }, 415, '4015', /Content-Type must be/],
    ['XML', { headers: { 'x-m2m-ri': 'n1', 'content-type': 'application/xml' } }, 415, '4015', /Content-Type must be/],
    ['broken JSON', { body: Buffer.from('{') }, 400, '4000', /the body is no JSON/],
    [
      'broken CBOR',
      { headers: { 'x-m2m-ri': 'n1', 'content-type': 'application/cbor' }, body: Buffer.from([0xa5]) },
      400,
      '4000',
      /no CBOR/,
    ],
    [
      'a wrong ty',
      { headers: { 'x-m2m-ri': 'n1', 'content-type': 'application/json;ty=x' } },
      400,
      '4000',
      /ty.* must be the number/,
    ],
    ['a wrong method', { method: 'PATCH' }, 405, '4005', /PATCH is no method/],
    ['another path', { url: '/onem2m/n12' }, 404, '4004', /nothing at this path/],
  ])('refuses a request with %s, and nobody sees it', async (_what, change, status, rsc, words) => {
    const { receiver, requests, malformed } = receive();
    const reply = await receiver.handle({ ...notification, ...change });
    expect([reply.status, reply.headers['X-M2M-RSC']]).toEqual([status, rsc]);
    expect(reply.body.toString()).toMatch(words);
    expect(requests).toEqual([]);
    if (rsc !== '4004') expect(malformed[0]).toMatch(words);
  });

  it('answers 4008 when nobody does within 10 s, and tells who comes too late', async () => {
    const { receiver, requests, ports } = receive(false);
    const reply = receiver.handle(notification);
    await expect.poll(() => requests.length).toBe(1);
    await ports.clock.advance(9999);
    expect(ports.clock.pending).toEqual([10_000]);
    await ports.clock.advance(1);
    expect(shown(await reply)[1]).toBe('4008');
    expect(ports.clock.pending).toEqual([]);
    await expect(requests[0]?.answer?.({ rsc: 2000, rqi: 'n1' })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('answers those who wait when it is closed, and everybody after that', async () => {
    const { receiver, requests, ports } = receive(false);
    const reply = receiver.handle(notification);
    await expect.poll(() => requests.length).toBe(1);
    await receiver.close();
    expect(shown(await reply)[1]).toBe('5103');
    expect(shown(await receiver.handle(notification))[1]).toBe('5103');
    expect(ports.clock.pending).toEqual([]);
  });

  it('lets only so many wait', async () => {
    const { receiver, requests } = receive(false);
    const replies = Array.from({ length: 256 }, () => receiver.handle(notification));
    await expect.poll(() => requests.length).toBe(256);
    expect(shown(await receiver.handle(notification))[1]).toBe('5000');
    await receiver.close();
    expect((await Promise.all(replies)).map((reply) => shown(reply)[1])).toEqual(Array(256).fill('5103'));
  });

  it('answers although what it is given cannot be written, or whoever takes the request fails', async () => {
    const { receiver } = receive(false);
    receiver.events.once(
      'request',
      ({ request, answer }) => void answer?.({ rsc: 2000, rqi: request.rqi, fr: 'C\r\nX: 1' }),
    );
    const reply = await receiver.handle(notification);
    expect([reply.status, reply.headers]).toEqual([200, { 'X-M2M-RSC': '2000' }]);
    receiver.events.once('request', () => {
      throw new Error('oops');
    });
    expect(shown(await receiver.handle(notification))[1]).toBe('5000');
  });

  it('answers everything that is thrown at it', async () => {
    const { receiver } = receive();
    const request = fc.record({
      method: fc.constantFrom('POST', 'GET', 'PUT', 'DELETE', 'OPTIONS', 'X'),
      url: fc.oneof(
        fc.string(),
        fc.string().map((text) => `/onem2m/n1/${text}`),
      ),
      headers: fc.dictionary(
        fc.constantFrom('x-m2m-ri', 'x-m2m-origin', 'content-type', 'accept', 'x-m2m-rtu'),
        fc.oneof(fc.string(), fc.constantFrom('application/json', 'application/cbor')),
      ),
      body: fc.oneof(
        fc.json().map((text) => Buffer.from(text)),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(request, async (one) => {
        expect((await receiver.handle(one)).headers['X-M2M-RSC']).toMatch(/^[1-6]\d{3}$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('HttpListener', () => {
  const local = { host: '127.0.0.1', port: 0 };
  const headers = { 'X-M2M-RI': 'n1', 'Content-Type': 'application/json' };

  it('takes requests at a port of its own', async () => {
    const { receiver, requests } = receive(true, local);
    expect(receiver.pointOfAccess).toEqual([]);
    await receiver.start();
    const [url = ''] = receiver.pointOfAccess;
    const reply = await fetch(`${url}/Cae`, { method: 'POST', headers, body: '{"m2m:sgn":{}}' });
    expect([reply.status, reply.headers.get('x-m2m-rsc'), reply.headers.get('x-m2m-ri')]).toEqual([200, '2000', 'n1']);
    expect(requests).toHaveLength(1);
    await receiver.close();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('refuses a body that is too long', async () => {
    const { receiver, requests } = receive(true, { ...local, maxBodyBytes: 100 });
    await receiver.start();
    const [url = ''] = receiver.pointOfAccess;
    const request = httpRequest(url, { method: 'POST', headers });
    request.on('error', () => undefined);
    const response = once(request, 'response');
    request.write('x'.repeat(101));
    expect(((await response) as [{ statusCode: number }])[0].statusCode).toBe(413);
    expect(requests).toEqual([]);
    request.destroy();
  });

  it('closes at once although clients keep their connections, some of them silent', async () => {
    const { receiver, requests } = receive(false, local);
    await receiver.start();
    const { port } = new URL(receiver.pointOfAccess[0] ?? '');
    const silent = connect(Number(port), '127.0.0.1');
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    silent.write('POST / HTTP/1.1\r\nX-');
    const waiting = fetch(`${receiver.pointOfAccess[0] ?? ''}/x`, { method: 'POST', headers, body: '{}' });
    waiting.catch(() => undefined);
    await expect.poll(() => requests.length).toBe(1);
    const ended = once(silent, 'close');
    await receiver.close();
    await ended;
  });

  it('cuts off clients that send too slowly', async () => {
    const { receiver } = receive(true, { ...local, headersWithinMs: 100 });
    await receiver.start();
    const { port } = new URL(receiver.pointOfAccess[0] ?? '');
    for (const text of [
      'POST /onem2m/n1 HTTP/1.1\r\nX-',
      'POST /onem2m/n1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na',
    ]) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      await once(socket, 'connect');
      socket.write(text);
      await once(socket, 'close');
    }
  });

  it('survives rubbish and connections that break in the middle', async () => {
    const { receiver, requests } = receive(true, local);
    await receiver.start();
    const url = receiver.pointOfAccess[0] ?? '';
    for (const text of [
      '\x00\x01rubbish\r\n\r\n',
      'POST /onem2m/n1 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab',
    ]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.end(text);
      socket.resume();
      await once(socket, 'close');
    }
    expect((await fetch(url, { method: 'POST', headers, body: '{}' })).status).toBe(200);
    expect(requests).toHaveLength(1);
  });

  it('speaks TLS and wants a certificate of its authority', async () => {
    const authority = new TestAuthority();
    cleanUps.push(() => authority.remove());
    const server = authority.issue('127.0.0.1', { altNames: 'IP:127.0.0.1' });
    const client = authority.issue('cse');
    const tls = { cert: server.cert, key: server.key, ca: authority.ca };
    const { receiver } = receive(true, { ...local, tls });
    await receiver.start();
    const [url = ''] = receiver.pointOfAccess;
    expect(url).toMatch(/^https:/);
    const send = (own: object): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = { method: 'POST', headers, ca: authority.ca, agent: false, ...own };
        const request = httpsRequest(url, options, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject);
        request.end('{}');
      });
    expect(await send({ cert: client.cert, key: client.key })).toBe(200);
    await expect(send({})).rejects.toThrow();
  });

  it('says that its port is taken, keeps its address, and takes the port when it is free', async () => {
    const port = await freePort();
    const other = createServer();
    other.listen(port, '127.0.0.1');
    await once(other, 'listening');
    const { receiver, ports } = receive(true, { host: '127.0.0.1', port });
    await expect(receiver.start()).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: `notifications cannot come in: the port of 127.0.0.1:${(other.address() as AddressInfo).port} is taken`,
    });
    const [url = ''] = receiver.pointOfAccess;
    expect(url).toBe(`http://127.0.0.1:${port}/onem2m/n1`);
    await new Promise((resolve) => other.close(resolve));
    await ports.clock.advance(1000);
    await expect
      .poll(() =>
        fetch(url, { method: 'POST', headers, body: '{}' }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it('says that an address is none of this machine', async () => {
    const { receiver } = receive(true, { host: '192.0.2.1', port: 0 });
    await expect(receiver.start()).rejects.toMatchObject({ code: 'CONFIG', message: /no address of this machine/ });
  });
});
