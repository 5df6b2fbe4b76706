import { once } from 'node:events';
import { Socket } from 'node:net';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { DeviceError } from '../../../src/base/errors';
import { Connection } from '../../../src/mqtt/connection/connection';
import type { ConnectionOptions } from '../../../src/mqtt/client/connection-options';
import { TestAuthority } from '../../support/system/certificates';
import { Mosquitto, mosquittoAvailable, type MosquittoOptions } from '../../support/mqtt/mosquitto';
import { MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import { connectionOptions, realPorts } from '../../support/mqtt/mqtt-options';
import { createServer, type IncomingHttpHeaders } from 'node:http';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startBroker(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const broker = await Mosquitto.start(options);
  cleanups.push(() => broker.remove());
  return broker;
}

function openConnection(url: string, changes: Partial<ConnectionOptions> = {}): Connection {
  const connection = new Connection(connectionOptions(url, changes), realPorts);
  cleanups.push(() => connection.close());
  connection.open();
  return connection;
}

async function expectThrough(broker: Mosquitto, connection: Connection): Promise<void> {
  const subscriber = await MosquittoSubscriber.start(broker.plain, 'through/#');
  cleanups.push(() => subscriber.stop());
  await connection.publish('through/it', 'x'.repeat(100_000), { qos: 2, retained: false, waitTimeoutMs: 5000 });
  expect((await subscriber.waitFor(1))[0]?.payload).toHaveLength(100_000);
}

async function disconnection(connection: Connection): Promise<DeviceError> {
  const [error] = (await once(connection.events, 'disconnected')) as [DeviceError];
  return error;
}

describe.skipIf(!mosquittoAvailable())('Connection to mosquitto over', () => {
  const authority = new TestAuthority();
  const stranger = new TestAuthority('Another CA');
  const server = authority.issue('localhost', { altNames: 'DNS:localhost,DNS:broker.test' });
  const client = authority.issue('device-1');
  const { ca } = authority;
  afterAll(() => {
    authority.remove();
    stranger.remove();
  });

  it.each(['plain', 'ws', 'unix'] as const)('%s', async (listener) => {
    const broker = await startBroker({ listener });
    await expectThrough(broker, openConnection(broker.url));
  });

  it('IPv6', async () => {
    const broker = await startBroker({ host: '::1' });
    expect(broker.url).toContain('[::1]');
    await expectThrough(broker, openConnection(broker.url));
  });

  describe.each(['tls', 'wss'] as const)('%s', (listener) => {
    const url = (broker: Mosquitto, host = 'localhost'): string => broker.url.replace('127.0.0.1', host);

    it('with its own authority', async () => {
      const broker = await startBroker({ listener, server });
      await expectThrough(broker, openConnection(url(broker), { tls: { ca, insecureSkipVerify: false } }));
    });

    it('with another server name than the host', async () => {
      const broker = await startBroker({ listener, server });
      const tls = { ca, serverName: 'broker.test', insecureSkipVerify: false };
      await expectThrough(broker, openConnection(url(broker, '127.0.0.1'), { tls }));
    });

    it('refuses a name that the certificate does not list', async () => {
      const broker = await startBroker({ listener, server });
      const byAddress = openConnection(url(broker, '127.0.0.1'), { tls: { ca, insecureSkipVerify: false } });
      expect(await disconnection(byAddress)).toMatchObject({ code: 'TLS_NAME_MISMATCH' });
      const tls = { ca, serverName: 'other.test', insecureSkipVerify: false };
      expect(await disconnection(openConnection(url(broker), { tls }))).toMatchObject({ code: 'TLS_NAME_MISMATCH' });
    });

    it('refuses an unknown authority, unless told not to look', async () => {
      const broker = await startBroker({ listener, server });
      for (const tls of [{ ca: stranger.ca, insecureSkipVerify: false }, undefined]) {
        const error = await disconnection(openConnection(url(broker), tls && { tls }));
        expect(error).toMatchObject({ code: 'TLS_UNKNOWN_CA' });
        expect(error.advice).toMatch(/CA certificate/);
      }
      await expectThrough(broker, openConnection(url(broker, '127.0.0.1'), { tls: { insecureSkipVerify: true } }));
    });

    it('with a client certificate', async () => {
      const broker = await startBroker({ listener, server, clientCaFile: authority.caFile });
      const { cert, key } = client;
      const connection = openConnection(url(broker), { tls: { ca, cert, key, insecureSkipVerify: false } });
      await expectThrough(broker, connection);
      const error = await disconnection(openConnection(url(broker), { tls: { ca, insecureSkipVerify: false } }));
      expect(error).toMatchObject({ code: 'TLS_CLIENT_CERTIFICATE' });
    });
  });

  it.each(['plain', 'ws', 'tls', 'wss'] as const)('%s, with Nagle off before the broker answers', async (listener) => {
    const broker = await startBroker({ listener, server });
    const receivedBefore: number[] = [];
    const original = Object.getOwnPropertyDescriptor(Socket.prototype, 'setNoDelay');
    const spy = vi.spyOn(Socket.prototype, 'setNoDelay').mockImplementation(function (this: Socket, on?: boolean) {
      if (on && this.remotePort === broker.port) receivedBefore.push(this.bytesRead);
      return (original?.value as (on?: boolean) => Socket).call(this, on);
    });
    const connection = openConnection(broker.url, { tls: { insecureSkipVerify: true } });
    await once(connection.events, 'connected');
    spy.mockRestore();
    expect(receivedBefore).toEqual([0]);
  });

  it('tls, whose certificate has expired', async () => {
    const expired = authority.issue('localhost', { altNames: 'DNS:localhost', days: -1 });
    const broker = await startBroker({ listener: 'tls', server: expired });
    const url = broker.url.replace('127.0.0.1', 'localhost');
    const connection = openConnection(url, { tls: { ca, insecureSkipVerify: false } });
    expect(await disconnection(connection)).toMatchObject({ code: 'TLS_EXPIRED' });
  });

  it('TLS to a plain port, and plain to a TLS port, says what to check', async () => {
    const plain = await startBroker();
    const toPlain = await disconnection(openConnection(plain.url.replace('mqtt:', 'mqtts:')));
    expect([toPlain.code, toPlain.advice]).toEqual(['CONNECT_FAILED', expect.stringMatching(/TLS or not/)]);
    const tls = await startBroker({ listener: 'tls', server });
    const toTls = await disconnection(openConnection(tls.url.replace('mqtts:', 'mqtt:')));
    expect([toTls.code, toTls.advice]).toEqual(['CONNECT_FAILED', expect.stringMatching(/TLS or not/)]);
  });

  it('any transport says which credentials it wants, never which it was given', async () => {
    const broker = await startBroker({ users: { plant: 'right' } });
    const error = await disconnection(openConnection(broker.url, { username: 'plant', password: 'wrong-secret' }));
    expect(error).toMatchObject({ code: expect.stringMatching(/MQTT_NOT_AUTHORIZED|MQTT_BAD_CREDENTIALS/) });
    expect(JSON.stringify([error.message, error.advice, String(error.cause)])).not.toContain('wrong-secret');
    const connection = openConnection(broker.url, { username: 'plant', password: 'right' });
    await once(connection.events, 'connected');
  });
});

describe('The WebSocket handshake', () => {
  it('carries all values of a header, and a refusal is told', async () => {
    const seen: { headers: IncomingHttpHeaders; raw: string[] }[] = [];
    const server = createServer();
    server.on('upgrade', (request, socket) => {
      seen.push({ headers: request.headers, raw: request.rawHeaders });
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(() => resolve())));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const connection = openConnection(`ws://127.0.0.1:${port}/mqtt`, {
      httpHeaders: { 'X-Tenant': ['a', 'b'], 'X-One': ['c'] },
    });
    expect((await disconnection(connection)).message).toMatch(/403/);
    const [request] = seen;
    const tenants = request?.raw.filter((_text, index, raw) => raw[index - 1] === 'X-Tenant');
    expect(tenants).toEqual(['a', 'b']);
    expect(request?.headers).toMatchObject({ 'x-one': 'c', 'sec-websocket-protocol': 'mqtt' });
  });
});
