import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { HttpListener, type HttpListenerOptions, type ListenerRoute } from '../../../../src/net/http/listener.ts';
import type { HttpServerReply, HttpServerRequest } from '../../../../src/net/http/serve.ts';
import { fakePorts } from '../../../support/fakes/fake-clock.ts';
import { TestAuthority } from '../../../support/system/certificates.ts';
import { freePort } from '../../../support/system/free-port.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const text = (body: string, status = 200): HttpServerReply => ({ status, headers: {}, body: Buffer.from(body) });

interface Bench {
  readonly listener: HttpListener;
  readonly ports: ReturnType<typeof fakePorts>;
  readonly seen: HttpServerRequest[];
}

/** A listener that answers with its name. */
function listenerOf(
  name: string,
  { path = '', ...options }: Partial<HttpListenerOptions> & { path?: string } = {},
  handle: (request: HttpServerRequest) => Promise<HttpServerReply> = () => Promise.resolve(text(name)),
): Bench {
  const ports = fakePorts();
  const seen: HttpServerRequest[] = [];
  const route: ListenerRoute = {
    path,
    serve: {
      handle: (request) => {
        seen.push(request);
        return handle(request);
      },
      maxBodyBytes: options.maxBodyBytes,
      tooLargeHeaders: { 'X-Name': name },
    },
    consequence: `${name} hears nothing`,
    onProblem: () => undefined,
  };
  const listener = new HttpListener(ports, { host: '127.0.0.1', port: 0, ...options }, route);
  cleanUps.push(() => listener.close());
  return { listener, ports, seen };
}

const portOf = ({ address = '' }: HttpListener): number => Number(new URL(address).port);

const get = async (url: string): Promise<string> => (await fetch(url)).text();

const refusalOf = (promise: Promise<unknown>): Promise<DeviceError> =>
  promise.then(
    () => Promise.reject(new Error('it was fulfilled')),
    (error: unknown) => (error instanceof DeviceError ? error : Promise.reject(error as Error)),
  );

describe('several listeners at one port', () => {
  it('share the server, each with its path, until the last one goes', async () => {
    const one = listenerOf('one', { path: '/one' });
    await one.listener.open();
    const port = portOf(one.listener);
    const below = listenerOf('below', { path: '/one/two', port });
    const all = listenerOf('all', { port });
    await Promise.all([below.listener.open(), all.listener.open()]);
    const url = `http://127.0.0.1:${port}`;
    expect([below.listener.address, all.listener.address]).toEqual([url, url]);
    const paths = ['/one', '/one?a=b', '/one/tw', '/one/two', '/one/two/three', '/ones', '/'];
    const answers = await Promise.all(paths.map((path) => get(url + path)));
    expect(answers).toEqual(['one', 'one', 'one', 'below', 'below', 'all', 'all']);
    await all.listener.close();
    // What is nobody's goes to the oldest.
    expect(await get(`${url}/ones`)).toBe('one');
    await one.listener.close();
    expect(await get(`${url}/one/two`)).toBe('below');
    await below.listener.close();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('are refused a path that another has, and get it when it is free', async () => {
    const first = listenerOf('first', { path: '/a' });
    await first.listener.open();
    const port = portOf(first.listener);
    const second = listenerOf('second', { path: '/a', port });
    const refusal = await refusalOf(second.listener.open());
    expect(refusal).toMatchObject({
      code: 'HTTP_PATH_TAKEN',
      message: `second hears nothing: the path "/a" of 127.0.0.1:${port} is taken by another receiver`,
    });
    await first.listener.close();
    await second.ports.clock.advance(1000);
    await expect.poll(() => get(`http://127.0.0.1:${port}/a`).catch(() => 'nobody')).toBe('second');
  });

  it('are refused other certificates than those of the server', async () => {
    const authority = new TestAuthority();
    cleanUps.push(() => authority.remove());
    const { cert, key } = authority.issue('127.0.0.1', { altNames: 'IP:127.0.0.1' });
    const first = listenerOf('first', { tls: { cert, key } });
    await first.listener.open();
    const port = portOf(first.listener);
    for (const tls of [undefined, { cert, key, ca: authority.ca }]) {
      const refusal = await refusalOf(listenerOf('second', { path: '/b', port, tls }).listener.open());
      expect(refusal.code).toBe('HTTP_TLS_CONFLICT');
      expect(refusal.message).not.toContain('BEGIN');
    }
    const third = listenerOf('third', { path: '/b', port, tls: { cert, key } });
    await third.listener.open();
    expect(third.listener.address).toBe(`https://127.0.0.1:${port}`);
  });

  it('wait for a port that is just being given back', async () => {
    const port = await freePort();
    for (let round = 0; round < 20; round++) {
      const one = listenerOf('one', { port });
      await one.listener.open();
      const closing = one.listener.close();
      const next = listenerOf('next', { port });
      await next.listener.open();
      expect(await get(`http://127.0.0.1:${port}/`)).toBe('next');
      await Promise.all([closing, next.listener.close()]);
    }
  });

  it('all learn that the port is taken, and leave nothing behind when closed meanwhile', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    cleanUps.push(() => other.close());
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const benches = ['/a', '/b'].map((path) => listenerOf(path, { path, port }));
    const refusals = await Promise.all(benches.map(({ listener }) => refusalOf(listener.open())));
    expect(refusals.map(({ code }) => code)).toEqual(['CONNECT_FAILED', 'CONNECT_FAILED']);
    await Promise.all(benches.map(({ listener }) => listener.close()));
    expect(benches.flatMap(({ ports }) => ports.clock.pending)).toEqual([]);
  });

  it('have nothing open when closed while opening', async () => {
    const port = await freePort();
    const { listener } = listenerOf('one', { port });
    const opening = listener.open();
    await listener.close();
    await opening;
    await listener.open();
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it('are not tried again where that is of no use', async () => {
    // Of no machine (RFC 5737).
    const host = '192.0.2.1';
    for (const port of [0, await freePort()]) {
      const { listener, ports } = listenerOf('one', { host, port });
      expect(await refusalOf(listener.open())).toMatchObject({ code: 'CONFIG' });
      await ports.clock.settle();
      expect(ports.clock.pending).toEqual([]);
    }
  });
});

describe('a request', () => {
  it('has a limit of its path for its body, and the words of its protocol', async () => {
    const small = listenerOf('small', { path: '/small', maxBodyBytes: 10 });
    await small.listener.open();
    const port = portOf(small.listener);
    const large = listenerOf('large', { path: '/large', port, maxBodyBytes: 20 });
    await large.listener.open();
    const post = (path: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: 'x'.repeat(11) });
    expect((await post('/large')).status).toBe(200);
    const refused = await post('/small');
    expect([refused.status, refused.headers.get('x-name')]).toEqual([413, 'small']);
    expect(small.seen).toEqual([]);
  });

  it('is told why its body is refused while it is still being written, and may write it to its end', async () => {
    const { listener } = listenerOf('small', { maxBodyBytes: 10 });
    await listener.open();
    const client = connect(portOf(listener), '127.0.0.1');
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(20)}`);
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
    for (let count = 0; count < 98; count += 1) {
      client.write('x'.repeat(10));
      await new Promise(setImmediate);
    }
    await once(client, 'close');
    expect(errors).toEqual([]);
  });

  it('tells who is gone before the answer, and only that', async () => {
    const waiting: ((reply: HttpServerReply) => void)[] = [];
    const { listener, seen } = listenerOf('one', {}, () => new Promise((resolve) => waiting.push(resolve)));
    await listener.open();
    const served = get(`${listener.address ?? ''}/served`);
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]?.(text('done'));
    expect(await served).toBe('done');
    const socket = connect(portOf(listener), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /gone HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => seen.length).toBe(2);
    expect(seen[1]?.gone?.aborted).toBe(false);
    socket.destroy();
    await expect.poll(() => seen[1]?.gone?.aborted).toBe(true);
    expect(seen[1]?.gone?.reason).toMatchObject({ code: 'LINK_LOST' });
    expect(seen[0]?.gone?.aborted).toBe(false);
    waiting[1]?.(text('too late'));
  });

  it('tells the address, and the certificate that was checked', async () => {
    const authority = new TestAuthority();
    cleanUps.push(() => authority.remove());
    const server = authority.issue('127.0.0.1', { altNames: 'IP:127.0.0.1' });
    const client = authority.issue('Cae', { altNames: 'URI:urn:ae' });
    const tls = { cert: server.cert, key: server.key, ca: authority.ca };
    const { listener, seen } = listenerOf('one', { tls });
    await listener.open();
    const own = { ca: authority.ca, cert: client.cert, key: client.key, agent: false as const };
    const request = httpsRequest(listener.address ?? '', own).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    expect(seen[0]?.peer).toEqual({
      address: '127.0.0.1',
      certificate: { subject: 'CN=Cae', altNames: 'URI:urn:ae' },
    });
  });

  it('is an ordinary one although it offers another protocol in passing', async () => {
    const { listener } = listenerOf('one');
    await listener.open();
    const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQ' };
    const request = httpRequest(listener.address ?? '', { headers, agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
  });
});
