import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { DeviceError } from '../../../../src/base/errors.ts';
import { HttpListener } from '../../../../src/net/http/listener.ts';
import { WebSocketAcceptor } from '../../../../src/net/websocket/acceptor.ts';
import { WebSocketLink, type WebSocketAddress } from '../../../../src/net/websocket/link.ts';
import { fakePorts } from '../../../support/fakes/fake-clock.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Told {
  readonly link: WebSocketLink;
  readonly messages: string[];
  readonly losses: DeviceError[];
}

const ports = fakePorts;

/** A link that keeps what it is told. */
function linkOf(name: string, clock = ports().clock): Told {
  const messages: string[] = [];
  const losses: DeviceError[] = [];
  const link = new WebSocketLink({
    clock,
    peer: { noun: 'the peer', address: name, plainAdvice: '', silentAdvice: '' },
    keepAliveMs: 1000,
    pingTimeoutMs: 100,
    onMessage: ({ data }) => messages.push(data.toString()),
    onLost: (error) => losses.push(error),
  });
  cleanUps.push(() => link.close());
  return { link, messages, losses };
}

interface Server {
  readonly port: number;
  readonly accepted: Told[];
  readonly clock: ReturnType<typeof fakePorts>['clock'];
}

/** A server whose sockets become links. */
async function serve(maxMessageBytes?: number): Promise<Server> {
  const surroundings = fakePorts();
  const accepted: Told[] = [];
  const acceptor = new WebSocketAcceptor({ subprotocols: ['b', 'a'], maxMessageBytes });
  await acceptor.open();
  const listener = new HttpListener(
    surroundings,
    { host: '127.0.0.1', port: 0 },
    {
      path: '/ws',
      upgrade: (message, socket, head) =>
        acceptor.accept(message, socket, head, (one) => {
          const told = linkOf('the client', surroundings.clock);
          told.link.take(one);
          accepted.push(told);
        }),
      consequence: 'nobody can connect',
      onProblem: () => undefined,
    },
  );
  cleanUps.push(() => listener.close());
  await listener.open();
  return { port: Number(new URL(listener.address ?? '').port), accepted, clock: surroundings.clock };
}

const address = (port: number, changes: Partial<WebSocketAddress> = {}): WebSocketAddress => ({
  isSecure: false,
  host: '127.0.0.1',
  port,
  path: '/ws',
  subprotocol: 'a',
  headers: {},
  ...changes,
});

describe('a WebSocket link', () => {
  it('speaks both ways, made here and made of an accepted socket', async () => {
    const { port, accepted } = await serve();
    const client = linkOf('the server');
    await client.link.open(address(port));
    await expect.poll(() => accepted.length).toBe(1);
    const [server] = accepted;
    await client.link.send('to the server');
    await server?.link.send(Buffer.from('to the client'));
    await expect.poll(() => [server?.messages, client.messages]).toEqual([['to the server'], ['to the client']]);
    expect([server?.link.isConnected, client.link.isConnected]).toEqual([true, true]);
  });

  it('tells once that the other side has gone, and sends nothing any more', async () => {
    const { port, accepted } = await serve();
    const client = linkOf('the server');
    await client.link.open(address(port));
    await expect.poll(() => accepted.length).toBe(1);
    await client.link.close();
    await expect.poll(() => accepted[0]?.losses.length).toBe(1);
    expect(accepted[0]?.losses[0]).toMatchObject({ code: 'LINK_LOST' });
    await expect(accepted[0]?.link.send('x')).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(client.losses).toEqual([]);
  });

  it('made of an accepted socket notices a client that says nothing any more', async () => {
    const { port, accepted, clock } = await serve();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, 'a', { autoPong: false });
    cleanUps.push(() => socket.terminate());
    await once(socket, 'open');
    await expect.poll(() => accepted.length).toBe(1);
    const pinged = once(socket, 'ping');
    await clock.advance(1000);
    await pinged;
    await clock.advance(101);
    await expect
      .poll(() => accepted[0]?.losses[0])
      .toMatchObject({
        code: 'LINK_LOST',
        message: 'the client did not answer a ping within 100 ms',
      });
    expect(clock.pending).toEqual([]);
  });

  it('made of an accepted socket takes no longer messages than it may', async () => {
    const { port, accepted } = await serve(10);
    const client = linkOf('the server');
    await client.link.open(address(port));
    await client.link.send('x'.repeat(11));
    await expect.poll(() => accepted[0]?.losses[0]?.message).toMatch(/Max payload size exceeded/);
    await expect.poll(() => client.losses[0]?.message).toMatch(/message too big, 1009/);
  });

  it.each([
    ['another path', { path: '/other' }, /HTTP 404/],
    ['no subprotocol in common', { subprotocol: 'c' }, /subprotocol/],
  ])('is refused with %s', async (_what, changes, words) => {
    const { port, accepted } = await serve();
    const client = linkOf('the server');
    await expect(client.link.open(address(port, changes))).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: words,
    });
    // A handshake that fails late has been a connection for a moment.
    for (const told of accepted) await expect.poll(() => told.losses.length).toBe(1);
  });

  it('is refused by who only has paths for handshakes, and an ordinary request too', async () => {
    const { port } = await serve();
    const client = linkOf('the server');
    const explainRefusal = (): string => 'not today';
    await expect(client.link.open(address(port, { path: '/', explainRefusal }))).rejects.toThrow(
      'the server: the WebSocket was refused: not today',
    );
    expect((await fetch(`http://127.0.0.1:${port}/ws`)).status).toBe(404);
  });
});
