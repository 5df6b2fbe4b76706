import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpServer } from '../../../../src/net/http/server.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(): Promise<number> {
  const server = await HttpServer.open({ host: '127.0.0.1', port: 0, headersWithinMs: 60_000 });
  cleanUps.push(() => server.close());
  const handle = () => Promise.resolve({ status: 200, headers: {}, body: Buffer.from('here') });
  server.add({ path: '', serve: { handle }, onProblem: () => undefined });
  return server.port;
}

/** Connections from an address that send a request and never end it, and how many of them are left. */
async function halfSent(port: number, count: number, localAddress: string): Promise<() => number> {
  const open = new Set<Socket>();
  for (let index = 0; index < count; index += 1) {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    cleanUps.push(() => socket.destroy());
    await once(socket, 'connect');
    socket.write(
      `POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: ${index % 2 === 0 ? 10 : 0}\r\n${index % 2 === 0 ? '\r\nhalf' : ''}`,
    );
  }
  return () => open.size;
}

async function ask(port: number, localAddress: string): Promise<string> {
  const request = httpRequest({ port, host: '127.0.0.1', localAddress, agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('requests that are never ended', () => {
  it('of one address shut nobody out, and not even that address', async () => {
    const port = await start();
    const left = await halfSent(port, 300, '127.0.0.1');
    expect(await ask(port, '127.0.0.2')).toBe('here');
    expect(await ask(port, '127.0.0.1')).toBe('here');
    await expect.poll(left).toBeLessThanOrEqual(64);
  });

  it('of many addresses shut nobody out', async () => {
    const port = await start();
    const left: (() => number)[] = [];
    for (let last = 2; last < 9; last += 1) left.push(await halfSent(port, 60, `127.0.0.${last}`));
    expect(await ask(port, '127.0.0.1')).toBe('here');
    await expect.poll(() => left.reduce((sum, one) => sum + one(), 0)).toBeLessThanOrEqual(256);
  });

  it('do not cost a client its connection that has just been answered', async () => {
    const port = await start();
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' });
    cleanUps.push(() => socket.destroy());
    const answer = async (): Promise<string> => {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      const [text] = (await once(socket, 'data')) as [Buffer];
      return text.toString();
    };
    expect(await answer()).toContain('here');
    for (let round = 0; round < 4; round += 1) {
      await halfSent(port, 40, '127.0.0.3');
      expect(await answer()).toContain('200');
    }
  });
});
