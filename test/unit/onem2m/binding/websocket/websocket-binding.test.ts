import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import {
  WebSocketBinding,
  type WebSocketBindingOptions,
} from '../../../../../src/onem2m/binding/websocket/websocket.ts';
import type { IncomingRequest } from '../../../../../src/onem2m/binding/binding.ts';
import { parseEndpoint, type Endpoint } from '../../../../../src/onem2m/binding/endpoint.ts';
import type { RequestPrimitive } from '../../../../../src/onem2m/primitive/primitives.ts';
import { codecOf } from '../../../../../src/onem2m/primitive/serialization.ts';
import { TestAuthority } from '../../../../support/system/certificates.ts';
import { fakePorts } from '../../../../support/fakes/fake-clock.ts';
import { freePort } from '../../../../support/system/free-port.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Peer {
  readonly port: number;
  readonly url: string;
  /** Each connection that was made, with its handshake. */
  readonly connections: { readonly socket: WebSocket; readonly handshake: IncomingMessage }[];
  /** What came, with whether it was text. */
  readonly messages: { readonly text: boolean; readonly data: Buffer }[];
  close(): Promise<void>;
}

/** A WebSocket server that keeps what it is sent. */
async function serve(
  options: ServerOptions = {},
  onMessage?: (socket: WebSocket, data: Buffer) => void,
): Promise<Peer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  const [connections, messages]: [Peer['connections'], Peer['messages']] = [[], []];
  server.on('connection', (socket, handshake) => {
    connections.push({ socket, handshake });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary) => {
      messages.push({ text: !isBinary, data });
      onMessage?.(socket, data);
    });
  });
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const { socket } of connections) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  };
  cleanUps.push(close);
  const { port } = server.address() as AddressInfo;
  return { port, url: `ws://127.0.0.1:${port}`, connections, messages, close };
}

function endpointOf(text: string): Endpoint {
  const result = parseEndpoint(text);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

type Event = readonly [name: string, ...args: unknown[]];

interface Bench {
  readonly binding: WebSocketBinding;
  readonly events: Event[];
  readonly ports: ReturnType<typeof fakePorts>;
}

function make(url: string, options: Partial<WebSocketBindingOptions> = {}): Bench {
  const ports = fakePorts();
  const binding = new WebSocketBinding({ endpoint: endpointOf(url), serialization: 'json', ports, ...options });
  const events: Event[] = [];
  for (const name of ['up', 'down', 'problem', 'response', 'request', 'malformed'] as const) {
    binding.events.on(name, (...args: unknown[]) => events.push([name, ...args]));
  }
  cleanUps.push(() => binding.close());
  return { binding, events, ports };
}

async function open(url: string, options: Partial<WebSocketBindingOptions> = {}, originator?: string): Promise<Bench> {
  const bench = make(url, options);
  if (originator !== undefined) await bench.binding.listen(originator);
  const up = once(bench.binding.events, 'up');
  bench.binding.open();
  await up;
  return bench;
}

const names = (events: readonly Event[]): string[] => events.map(([name]) => name);
const never = (): AbortSignal => new AbortController().signal;
const request: RequestPrimitive = { op: 2, to: 'cse-in', fr: 'Cae', rqi: 'r1', rvi: '4' };
const answerOK = (socket: WebSocket, data: Buffer): void => {
  const { rqi } = JSON.parse(data.toString()) as { rqi: string };
  socket.send(JSON.stringify({ rsc: 2000, rqi, pc: { 'm2m:cb': { ri: 'x' } } }));
};

describe('WebSocketBinding', () => {
  it('exchanges bare primitives over one socket', async () => {
    const peer = await serve({}, answerOK);
    const { binding, events } = await open(`${peer.url}/path`, {}, 'Cae');
    expect([binding.isUp, binding.pointOfAccess]).toEqual([true, ['ws://default']]);
    await binding.send({ ...request, op: 1, ty: 3, pc: { 'm2m:cnt': { rn: 'räume' } } }, { signal: never() });
    await expect.poll(() => names(events)).toEqual(['up', 'response']);
    const [{ handshake }] = peer.connections as [Peer['connections'][0]];
    expect([handshake.url, handshake.headers['sec-websocket-protocol'], handshake.headers['x-m2m-origin']]).toEqual([
      '/path',
      'oneM2M.json',
      'Cae',
    ]);
    expect(peer.messages[0]?.text).toBe(true);
    expect(JSON.parse(peer.messages[0]?.data.toString() ?? '')).toEqual({
      ...request,
      op: 1,
      ty: 3,
      pc: { 'm2m:cnt': { rn: 'räume' } },
    });
    expect(events[1]).toEqual([
      'response',
      { rsc: 2000, rqi: 'r1', pc: { 'm2m:cb': { ri: 'x' } } },
      { hasFloats: false },
    ]);
  });

  it('writes CBOR, and reads both serializations in both kinds of frames', async () => {
    const codec = await codecOf('cbor');
    const peer = await serve();
    const { binding, events } = await open(peer.url, { serialization: 'cbor' });
    await binding.send(request, { signal: never() });
    await expect.poll(() => peer.messages.length).toBe(1);
    expect(peer.connections[0]?.handshake.headers['sec-websocket-protocol']).toBe('oneM2M.cbor');
    expect([peer.messages[0]?.text, codec.decode(peer.messages[0]?.data ?? '')]).toEqual([false, request]);
    const socket = peer.connections[0]?.socket;
    socket?.send(codec.encode({ rsc: 2000, rqi: 'a' }));
    socket?.send('{"rsc":2001.0,"rqi":"b"}');
    socket?.send(Buffer.from(' {"rsc":2002,"rqi":"c"}'));
    await expect
      .poll(() => events.slice(1))
      .toEqual([
        ['response', { rsc: 2000, rqi: 'a' }, {}],
        ['response', { rsc: 2001, rqi: 'b' }, { hasFloats: true }],
        ['response', { rsc: 2002, rqi: 'c' }, { hasFloats: false }],
      ]);
  });

  it('hands over requests of the CSE and answers them on the same socket', async () => {
    const peer = await serve();
    const { binding, events } = await open(peer.url);
    peer.connections[0]?.socket.send('{"op":5,"to":"Cae","fr":"/id-in","rqi":"n1","pc":{"m2m:sgn":{}}}');
    peer.connections[0]?.socket.send('{"m2m:sgn":{"sur":"s"}}');
    await expect.poll(() => names(events)).toEqual(['up', 'request', 'request']);
    const [first, second] = events.slice(1).map(([, incoming]) => incoming as IncomingRequest);
    expect(first).toMatchObject({ via: peer.url, request: { op: 5, to: 'Cae', rqi: 'n1', pc: { 'm2m:sgn': {} } } });
    expect([second?.request, second?.answer]).toEqual([
      { op: 5, to: '', rqi: '', pc: { 'm2m:sgn': { sur: 's' } } },
      undefined,
    ]);
    await first?.answer?.({ rsc: 2000, rqi: 'n1' });
    await expect.poll(() => peer.messages[0]?.data.toString()).toBe('{"rsc":2000,"rqi":"n1"}');
    await binding.close();
    await expect(first?.answer?.({ rsc: 2000, rqi: 'n1' })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('connects again with the originator that the CSE has assigned, without a word', async () => {
    const peer = await serve({}, answerOK);
    const { binding, events } = await open(peer.url, {}, 'C');
    expect(peer.connections[0]?.handshake.headers['x-m2m-origin']).toBeUndefined();
    await binding.listen('S');
    expect(peer.connections).toHaveLength(1);
    const renewed = binding.listen('Cassigned');
    const sent = binding.send(request, { signal: never() });
    expect(binding.isUp).toBe(true);
    await Promise.all([renewed, sent]);
    await binding.listen('Cassigned');
    expect(peer.connections.map(({ handshake }) => handshake.headers['x-m2m-origin'])).toEqual([
      undefined,
      'Cassigned',
    ]);
    await expect.poll(() => peer.connections[0]?.socket.readyState).toBe(3);
    await expect.poll(() => names(events)).toEqual(['up', 'response']);
    await Promise.all([binding.listen('C1'), binding.listen('C2')]);
    expect(peer.connections.at(-1)?.handshake.headers['x-m2m-origin']).toBe('C2');
    expect(names(events)).toEqual(['up', 'response']);
  });

  it('is down when it cannot connect again with another originator, and tries on', async () => {
    const peer = await serve({
      verifyClient: ({ req }: { req: IncomingMessage }) => req.headers['x-m2m-origin'] !== 'Cbad',
    });
    const { binding, events, ports } = await open(peer.url);
    await expect(binding.listen('Cbad')).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    expect([binding.isUp, names(events)]).toEqual([false, ['up', 'down']]);
    await binding.listen('Cgood');
    await ports.clock.advance(1000);
    await expect.poll(() => names(events)).toEqual(['up', 'down', 'up']);
  });

  it('connects again with growing waits, and tells each failure', async () => {
    const peer = await serve();
    const { binding, events, ports } = await open(peer.url);
    await ports.clock.advance(5000);
    await peer.close();
    await expect.poll(() => names(events)).toEqual(['up', 'down']);
    expect(events[1]?.[1]).toMatchObject({
      code: 'LINK_LOST',
      message: `${peer.url} closed the connection (without a word, 1006)`,
    });
    await expect(binding.send(request, { signal: never() })).rejects.toMatchObject({ code: 'LINK_LOST' });
    for (const [n, wait] of [1000, 2000, 4000].entries()) {
      expect(ports.clock.pending).toEqual([wait]);
      await ports.clock.advance(wait);
      await expect.poll(() => events.length).toBe(3 + n);
      expect(events.at(-1)).toMatchObject(['down', { code: 'CONNECT_FAILED', message: /nothing listens there/ }]);
    }
    await serve({ port: peer.port });
    await ports.clock.advance(8000);
    await expect.poll(() => names(events).at(-1)).toBe('up');
    await binding.close();
    expect([binding.isUp, ports.clock.pending]).toEqual([false, []]);
    await expect(binding.send(request, { signal: never() })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('notices a peer that says nothing any more', async () => {
    const peer = await serve({ autoPong: false });
    const { events, ports } = await open(peer.url, { keepAliveMs: 1000, pingTimeoutMs: 500 });
    const pinged = once(peer.connections[0]?.socket ?? process, 'ping');
    await ports.clock.advance(1000);
    await pinged;
    await ports.clock.advance(501);
    await expect.poll(() => names(events)).toEqual(['up', 'down']);
    expect(events[1]?.[1]).toMatchObject({ code: 'LINK_LOST', message: /did not answer a ping within 500 ms/ });
  });

  it.each([
    [401, /the server wants a login/],
    [404, /there is no CSE at this address/],
    [200, /something else than a CSE answers here/],
    [302, /redirects to http:\/\/other.example\/ \(HTTP 302\), which is not followed/],
  ])('says why a handshake was answered with %i', async (status, words) => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      socket.end(`HTTP/1.1 ${status} X\r\nLocation: http://other.example/\r\nContent-Length: 0\r\n\r\n`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => server.close());
    const { binding, events } = make(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    binding.open();
    await expect.poll(() => names(events)).toEqual(['down']);
    expect(events[0]?.[1]).toMatchObject({ code: 'CONNECT_FAILED', message: words });
  });

  it('gives up a handshake that is not answered', async () => {
    const server = createTcpServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => server.close());
    const { binding, events, ports } = make(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const connected = once(server, 'connection');
    binding.open();
    const [socket] = (await connected) as [Socket];
    socket.on('error', () => undefined);
    await ports.clock.advance(10_000);
    await expect.poll(() => names(events)).toEqual(['down']);
    expect(events[0]?.[1]).toMatchObject({ code: 'TIMEOUT', message: /did not answer within 10000 ms/ });
    socket.destroy();
  });

  it('logs in, and never shows how', async () => {
    const peer = await serve({ verifyClient: () => false });
    const login = peer.url.replace('ws://', 'ws://user:s3cret@');
    const seen: (string | undefined)[] = [];
    for (const options of [{}, { account: { token: 's3cret-token' } }]) {
      const server = await serve();
      await open(server.url.replace('ws://', 'ws://user:s3cret@'), options);
      seen.push(server.connections[0]?.handshake.headers.authorization);
    }
    expect(seen).toEqual([`Basic ${Buffer.from('user:s3cret').toString('base64')}`, 'Bearer s3cret-token']);
    const { binding, events } = make(login);
    binding.open();
    await expect.poll(() => names(events)).toEqual(['down']);
    expect(String(events[0]?.[1])).not.toContain('s3cret');
    expect(String(events[0]?.[1])).toContain('the server wants a login');
  });

  it('checks certificates', async () => {
    const authority = new TestAuthority();
    cleanUps.push(() => authority.remove());
    const { cert, key } = authority.issue('127.0.0.1', { altNames: 'IP:127.0.0.1' });
    const server = createTlsServer({ cert, key });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => server.close());
    const sockets = new WebSocketServer({ server });
    cleanUps.push(() => sockets.close());
    const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const good = await open(url, { tls: { ca: authority.ca, insecureSkipVerify: false } });
    await good.binding.close();
    const careless = await open(url, { tls: { insecureSkipVerify: true } });
    await careless.binding.close();
    for (const [tls, code] of [
      [undefined, 'TLS_UNKNOWN_CA'],
      [{ ca: authority.ca, serverName: 'other.example', insecureSkipVerify: false }, 'TLS_NAME_MISMATCH'],
    ] as const) {
      const { binding, events } = make(url, { tls });
      binding.open();
      await expect.poll(() => events[0]?.[1]).toMatchObject({ code, message: /the CSE's certificate/ });
      await binding.close();
    }
  });

  it('takes no message that is too long, and says so', async () => {
    const peer = await serve();
    const { events } = await open(peer.url, { maxMessageBytes: 1000 });
    peer.connections[0]?.socket.send('x'.repeat(1001));
    await expect.poll(() => names(events)).toEqual(['up', 'down']);
    expect(events[1]?.[1]).toMatchObject({ code: 'LINK_LOST', message: /Max payload size exceeded/ });
  });

  it('lives on whatever it is sent', async () => {
    const peer = await serve();
    const { binding, events } = await open(peer.url);
    const socket = peer.connections[0]?.socket;
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.uint8Array()), async (message) => {
        await new Promise<void>((resolve) => socket?.send(message, () => resolve()));
        sent++;
      }),
      { numRuns: 500 },
    );
    socket?.send('{"rsc":2000,"rqi":"last"}');
    await expect.poll(() => events.at(-1)?.[1]).toMatchObject({ rqi: 'last' });
    expect(events).toHaveLength(1 + sent + 1);
    expect(binding.isUp).toBe(true);
  });

  it('lets a request be given up, refuses what cannot be written, and names an originator that no header holds', async () => {
    const peer = await serve();
    const { binding } = await open(peer.url);
    const reason = new Error('enough');
    await expect(binding.send(request, { signal: AbortSignal.abort(reason) })).rejects.toThrow('enough');
    const itself: Record<string, unknown> = {};
    itself.self = itself;
    await expect(binding.send({ ...request, pc: itself }, { signal: never() })).rejects.toMatchObject({
      code: 'BAD_VALUE',
    });
    await expect(binding.listen('C\r\nX: 1')).rejects.toMatchObject({ code: 'BAD_VALUE' });
    expect(peer.messages).toEqual([]);
  });

  it('closes within its time although the peer does not answer, also while it connects', async () => {
    const peer = await serve();
    const { binding, ports } = await open(peer.url);
    peer.connections[0]?.socket.pause();
    const closed = binding.close();
    await ports.clock.advance(1000);
    await closed;
    const connecting = make(`ws://127.0.0.1:${await freePort()}`);
    connecting.binding.open();
    await connecting.binding.close();
    expect(connecting.events).toEqual([]);
    expect(connecting.ports.clock.pending).toEqual([]);
  });
});
