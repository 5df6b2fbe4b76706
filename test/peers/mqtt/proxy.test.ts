import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DeviceError } from '../../../src/base/errors';
import { Connection } from '../../../src/mqtt/connection/connection';
import { TestAuthority } from '../../support/system/certificates';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { connectionOptions, realPorts } from '../../support/mqtt/mqtt-options';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of endings.splice(0).reverse()) await end();
});

/** A proxy that knows CONNECT alone; `status` is its answer. Answers its address, and what it was asked. */
async function startProxy(
  status = 200,
): Promise<{ url: string; asked: { path: string; account: string | undefined }[] }> {
  const asked: { path: string; account: string | undefined }[] = [];
  const sockets = new Set<Duplex>();
  const proxy = createServer();
  proxy.on('connect', ({ url = '', headers }: IncomingMessage, client: Duplex) => {
    asked.push({ path: url, account: headers['proxy-authorization'] });
    sockets.add(client.on('error', () => undefined));
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [host, port] = url.split(':');
    const server = connect({ host: host!, port: Number(port) }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.pipe(client).pipe(server);
    });
    sockets.add(server.on('error', () => client.destroy()));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => proxy.close(resolve));
  });
  return { url: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

function open(url: string, changes: Parameters<typeof connectionOptions>[1] = {}): Connection {
  const connection = new Connection(connectionOptions(url, changes), realPorts);
  endings.push(() => connection.close());
  connection.open();
  return connection;
}

const send = (connection: Connection): Promise<void> =>
  connection.publish('plant/a', 'x', { qos: 1, retained: false, waitTimeoutMs: 0 });

describe.skipIf(!mosquittoAvailable())('A proxy of the environment', () => {
  it.each(['ws', 'wss'] as const)('is used for %s, with its account', async (listener) => {
    const authority = new TestAuthority();
    endings.push(() => authority.remove());
    const server = authority.issue('broker', { altNames: 'IP:127.0.0.1' });
    const broker = await Mosquitto.start({ listener, server });
    endings.push(() => broker.remove());
    const proxy = await startProxy();
    vi.stubEnv(listener === 'wss' ? 'HTTPS_PROXY' : 'HTTP_PROXY', `http://user:pass@${proxy.url}`);
    vi.stubEnv('NO_PROXY', 'localhost');
    const tls = listener === 'wss' ? { tls: { ca: authority.ca, insecureSkipVerify: false } } : {};
    await send(open(broker.url, tls));
    const account = `Basic ${Buffer.from('user:pass').toString('base64')}`;
    expect(proxy.asked).toEqual([{ path: `127.0.0.1:${broker.port}`, account }]);
  });

  it('is not used for hosts in NO_PROXY, nor for tcp', async () => {
    const broker = await Mosquitto.start({ listener: 'ws' });
    endings.push(() => broker.remove());
    const proxy = await startProxy(500);
    vi.stubEnv('ALL_PROXY', `http://${proxy.url}`);
    await send(open(`mqtt://127.0.0.1:${broker.plain.port}`));
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    await send(open(broker.url));
    expect(proxy.asked).toEqual([]);
  });

  it.each([
    [407, /^the proxy 127\.0\.0\.1:\d+ does not connect to broker\.invalid:80: 407 No/],
    [0, /^the proxy 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/],
  ])('that refuses (%i) is told as that, without its account', async (status, says) => {
    const url = status === 0 ? '127.0.0.1:1' : (await startProxy(status)).url;
    vi.stubEnv('HTTP_PROXY', `http://user:very-secret@${url}`);
    const [error] = (await once(open('ws://broker.invalid').events, 'disconnected')) as [DeviceError];
    expect(error).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(error.message).toMatch(says);
    expect(JSON.stringify([error.message, error.advice])).not.toContain('secret');
  });

  it('that answers nothing is given up after connectTimeout, and leaves no socket', async () => {
    const silent = createServer();
    const seen: Duplex[] = [];
    silent.on('connect', (_request, socket: Duplex) => seen.push(socket.on('error', () => undefined).resume()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    endings.push(() => {
      for (const socket of seen) socket.destroy();
      return new Promise((resolve) => silent.close(resolve));
    });
    vi.stubEnv('HTTP_PROXY', `127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const connection = open('ws://broker.invalid', { connectTimeoutMs: 100 });
    const [error] = (await once(connection.events, 'disconnected')) as [DeviceError];
    expect(error.code).toBe('TIMEOUT');
    await connection.close();
    await expect.poll(() => seen.every((socket) => socket.readableEnded)).toBe(true);
  });
});
