import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../src/base/errors';
import { Connection } from '../../../../src/mqtt/connection/connection';
import type { ConnectionOptions } from '../../../../src/mqtt/client/connection-options';
import { freePort } from '../../../support/system/free-port';
import { connectionOptions, realPorts } from '../../../support/mqtt/mqtt-options';
import type { ProgrammableBroker } from '../../../support/mqtt/programmable-broker';
import { ConnectionBench } from '../../../support/mqtt/connection-bench';

const bench = new ConnectionBench();
const { startBroker } = bench;

function openConnection(url: string, changes: Partial<ConnectionOptions> = {}): Connection {
  const connection = bench.createConnection(url, changes);
  connection.open();
  return connection;
}

async function disconnection(connection: Connection): Promise<DeviceError> {
  const [error] = (await once(connection.events, 'disconnected')) as [DeviceError];
  return error;
}

describe('what goes into CONNECT', () => {
  it('has client id, credentials, will, keep-alive in whole seconds and clean session', async () => {
    const broker = await startBroker();
    openConnection(broker.url, {
      clientId: 'octopus-1',
      username: 'user',
      password: 'pass',
      keepAliveMs: 1500,
      will: { topic: 'a/$will', payload: Buffer.from([0, 255]), qos: 1, retained: true },
    });
    await broker.until(() => broker.clients.length === 1);
    const { connect } = broker.clients[0]!;
    expect(connect).toMatchObject({ clientId: 'octopus-1', keepalive: 2, clean: true, protocolVersion: 4 });
    expect(connect.username).toBe('user');
    expect(String(connect.password)).toBe('pass');
    expect(connect.will).toMatchObject({ topic: 'a/$will', qos: 1, retain: true });
    expect(connect.will?.payload).toEqual(Buffer.from([0, 255]));
  });

  it.each([
    [0, 0],
    [999, 1],
    [70_000_000, 65_535],
  ])('turns a keep-alive of %i ms into %i s', async (keepAliveMs, keepalive) => {
    const broker = await startBroker();
    openConnection(broker.url, { keepAliveMs });
    await broker.until(() => broker.clients.length === 1);
    expect(broker.clients[0]?.connect.keepalive).toBe(keepalive);
  });

  it('asks MQTT 5 brokers to keep the session when cleanSession is off', async () => {
    const broker = await startBroker();
    openConnection(broker.url, { protocolVersion: 5, cleanSession: false });
    await broker.until(() => broker.clients.length === 1);
    expect(broker.clients[0]?.connect).toMatchObject({
      clean: false,
      properties: { sessionExpiryInterval: 0xffffffff },
    });
  });
});

describe('protocol version 0', () => {
  const versions = (broker: ProgrammableBroker): unknown[] =>
    broker.clients.map(({ connect }) => [connect.protocolId, connect.protocolVersion]);

  it.each([['a CONNACK', { returnCode: 1 }] as const, ['a close', 'close'] as const])(
    'falls back to 3.1 after %s',
    async (_how, answer) => {
      const broker = await startBroker({ connack: ({ protocolVersion }) => (protocolVersion === 3 ? {} : answer) });
      const connection = openConnection(broker.url, { protocolVersion: 0 });
      await once(connection.events, 'connected');
      expect(versions(broker)).toEqual([
        ['MQTT', 4],
        ['MQIsdp', 3],
      ]);
    },
  );

  it('stays with 3.1.1 once that has worked, although the broker then closes without a word', async () => {
    const broker = await startBroker({ connack: (_connect, connection) => (connection === 1 ? 'close' : {}) });
    const connection = openConnection(broker.url, { protocolVersion: 0 });
    await once(connection.events, 'connected');
    broker.dropAll();
    await broker.until(() => broker.clients.length === 3);
    expect(versions(broker)).toEqual([
      ['MQTT', 4],
      ['MQTT', 4],
      ['MQTT', 4],
    ]);
  });

  it('never tries another version than the one that was asked for', async () => {
    const broker = await startBroker({ connack: () => ({ returnCode: 1 }) });
    const connection = openConnection(broker.url, { protocolVersion: 4 });
    expect(await disconnection(connection)).toMatchObject({ code: 'MQTT_BAD_PROTOCOL_VERSION' });
    await broker.until(() => broker.clients.length === 2);
    expect(broker.clients[1]?.connect.protocolVersion).toBe(4);
  });
});

describe('a connection that fails', () => {
  it.each([
    [4, 2, 'MQTT_BAD_CLIENT_ID'],
    [4, 3, 'MQTT_SERVER_UNAVAILABLE'],
    [4, 4, 'MQTT_BAD_CREDENTIALS'],
    [4, 5, 'MQTT_NOT_AUTHORIZED'],
    [5, 134, 'MQTT_BAD_CREDENTIALS'],
    [5, 135, 'MQTT_NOT_AUTHORIZED'],
    [5, 137, 'MQTT_REFUSED'],
  ] as const)('with version %i and CONNACK %i says %s and goes on trying', async (protocolVersion, code, name) => {
    const refusal = { returnCode: code, reasonCode: code };
    const broker = await startBroker({ connack: (_connect, connection) => (connection === 0 ? refusal : {}) });
    const connection = openConnection(broker.url, { protocolVersion, password: 'very-secret', username: 'u' });
    const error = await disconnection(connection);
    expect(error.code).toBe(name);
    expect(error.message).toContain(`code ${code}`);
    expect(JSON.stringify([error.message, error.advice, connection.statistics])).not.toContain('very-secret');
    await once(connection.events, 'connected');
    expect(connection.statistics.lastError).toBeUndefined();
  });

  it('tells that nothing listens, and connects when something does', async () => {
    const port = await freePort();
    const connection = openConnection(`tcp://127.0.0.1:${port}`);
    const error = await disconnection(connection);
    expect(error).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(error.message).toMatch(/nothing listens there \(ECONNREFUSED\)/);
    expect(error.advice).toBeDefined();
    await startBroker({}, port);
    await once(connection.events, 'connected');
    expect(connection.isConnected).toBe(true);
  });

  it('tells that a host name is unknown', async () => {
    const connection = openConnection('tcp://no-such-host.invalid:1883');
    expect((await disconnection(connection)).message).toMatch(/host name/);
  });

  it('gives up waiting for CONNACK after connectTimeout', async () => {
    const broker = await startBroker({ connack: () => null });
    const connection = openConnection(broker.url, { connectTimeoutMs: 60 });
    expect(await disconnection(connection)).toMatchObject({ code: 'TIMEOUT' });
    await broker.until(() => broker.clients.length === 2);
  });

  it('waits for CONNACK for ever with connectTimeout 0', async () => {
    const broker = await startBroker({
      connack: (_connect, index) => {
        setTimeout(() => broker.clients[index]?.send({ cmd: 'connack', returnCode: 0, sessionPresent: false }), 100);
        return null;
      },
    });
    const connection = openConnection(broker.url, { connectTimeoutMs: 0 });
    await once(connection.events, 'connected');
    expect(broker.clients).toHaveLength(1);
  });

  it('recognises a server that does not speak MQTT', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    bench.afterwards(() => new Promise((resolve) => server.close(() => resolve())));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const connection = openConnection(`tcp://127.0.0.1:${port ?? 0}`);
    expect(await disconnection(connection)).toMatchObject({ code: 'CONNECT_FAILED' });
  });

  it('names the reason of an MQTT 5 DISCONNECT', async () => {
    const broker = await startBroker();
    const connection = openConnection(broker.url, { protocolVersion: 5 });
    await once(connection.events, 'connected');
    broker.clients[0]?.send({ cmd: 'disconnect', reasonCode: 142 });
    expect((await disconnection(connection)).message).toMatch(/session taken over/);
  });

  it('that ends soon, again and again, because of another client says which client id it is about', async () => {
    const broker = await startBroker({
      connack: (_connect, index) => {
        setImmediate(() => broker.clients[index]?.send({ cmd: 'disconnect', reasonCode: 142 }));
        return {};
      },
    });
    const connection = openConnection(broker.url, { protocolVersion: 5, clientId: 'twin' });
    const ends: string[] = [];
    connection.events.on('disconnected', ({ message }) => ends.push(message));
    await expect.poll(() => ends.length).toBeGreaterThanOrEqual(3);
    const [, second, third] = ends;
    expect(second).toMatch(/session taken over: another client uses the same client id \(code 142\)$/);
    expect(third).toBe(
      `${second}, again and again soon after it was accepted: another client may use the client id "twin"`,
    );
  });

  describe('shows what an MQTT 5 broker says in its own words', () => {
    const properties = { reasonString: 'quota\u0000 used up by very-secret', serverReference: 'other.example:1883' };
    const words = '; the broker says "quota used up by ***", and names another server: "other.example:1883"';
    const v5 = { protocolVersion: 5, username: 'u', password: 'very-secret' } as const;

    it('in CONNACK', async () => {
      const broker = await startBroker({ connack: () => ({ reasonCode: 156, properties }) });
      const { message } = await disconnection(openConnection(broker.url, v5));
      expect(message).toBe(`${broker.url} refused the connection: use another server (code 156)${words}`);
    });

    it('in DISCONNECT', async () => {
      const broker = await startBroker();
      const connection = openConnection(broker.url, v5);
      await once(connection.events, 'connected');
      broker.clients[0]?.send({ cmd: 'disconnect', reasonCode: 157, properties });
      const { message } = await disconnection(connection);
      expect(message).toBe(`${broker.url} ended the connection: server moved (code 157)${words}`);
    });

    it('in PUBACK and SUBACK', async () => {
      const { reasonString } = properties;
      const broker = await startBroker({
        onPacket: ({ cmd, messageId = 0 }, client) => {
          if (cmd === 'publish')
            client.send({ cmd: 'puback', messageId, reasonCode: 151, properties: { reasonString } });
          else if (cmd === 'subscribe') {
            client.send({ cmd: 'suback', messageId, granted: [135], properties: { reasonString } });
          }
          return true;
        },
      });
      const connection = openConnection(broker.url, v5);
      const settings = { qos: 1, retained: false, waitTimeoutMs: 0 } as const;
      const said = 'the broker says "quota used up by ***"';
      await expect(connection.publish('a', 'b', settings)).rejects.toThrow(
        `the broker refused the message to a: quota exceeded (code 151); ${said}`,
      );
      await expect(connection.subscribe('a', 0, () => undefined)).rejects.toThrow(
        `the broker refused the subscription of a: not authorised (code 135); ${said}`,
      );
    });
  });

  it('with autoReconnect off stays down, and refuses what it is given', async () => {
    const broker = await startBroker();
    const connection = openConnection(broker.url, { autoReconnect: false });
    await once(connection.events, 'connected');
    const pending = connection.subscribe('never/#', 0, () => undefined);
    await pending;
    broker.dropAll();
    await disconnection(connection);
    await expect(connection.publish('a', 'b', { qos: 1, retained: false, waitTimeoutMs: 0 })).rejects.toMatchObject({
      code: 'LINK_LOST',
    });
    await expect(connection.subscribe('a', 0, () => undefined)).rejects.toMatchObject({ code: 'LINK_LOST' });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(broker.clients).toHaveLength(1);
  });
});

describe('keep-alive', () => {
  it('sends pings, and lives on while they are answered', async () => {
    const broker = await startBroker();
    const connection = openConnection(broker.url, { keepAliveMs: 30, pingTimeoutMs: 200 });
    await broker.until(() => broker.packets('pingreq').length >= 3);
    expect(connection.isConnected).toBe(true);
    expect(broker.clients).toHaveLength(1);
  });

  it('keeps to the keep-alive that an MQTT 5 broker sets, whatever the ping timeout', async () => {
    const broker = await startBroker({ connack: () => ({ properties: { serverKeepAlive: 1 } }) });
    openConnection(broker.url, { protocolVersion: 5, keepAliveMs: 60_000, pingTimeoutMs: 10_000 });
    await broker.until(() => broker.packets('pingreq').length >= 2);
    expect(broker.clients).toHaveLength(1);
  });

  it('notices a dead link by the ping timeout, and connects anew', async () => {
    const broker = await startBroker({ onPacket: ({ cmd }, _client, index) => cmd === 'pingreq' && index === 0 });
    const connection = openConnection(broker.url, { keepAliveMs: 30, pingTimeoutMs: 50 });
    const error = await disconnection(connection);
    expect(error).toMatchObject({ code: 'TIMEOUT' });
    expect(error.message).toMatch(/ping/);
    await once(connection.events, 'connected');
  });
});

describe('close', () => {
  it('says DISCONNECT and leaves no socket', async () => {
    const broker = await startBroker();
    const connection = openConnection(broker.url);
    await once(connection.events, 'connected');
    await connection.close();
    await broker.until(() => broker.packets('disconnect').length === 1 && broker.openSockets === 0);
    await expect(connection.publish('a', 'b', { qos: 0, retained: false, waitTimeoutMs: 0 })).rejects.toMatchObject({
      code: 'CLOSED',
    });
    await expect(connection.subscribe('a', 0, () => undefined)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('settles soon although the broker never answers, and rejects what waits', async () => {
    const broker = await startBroker({ onPacket: () => true });
    const connection = openConnection(broker.url);
    await once(connection.events, 'connected');
    const publishing = connection.publish('a', 'b', { qos: 1, retained: false, waitTimeoutMs: 0 });
    const rejected = expect(publishing).rejects.toMatchObject({ code: 'CLOSED' });
    const subscribing = expect(connection.subscribe('a', 0, () => undefined)).rejects.toMatchObject({ code: 'CLOSED' });
    const start = performance.now();
    await connection.close();
    expect(performance.now() - start).toBeLessThan(4000);
    await rejected;
    await subscribing;
    await broker.until(() => broker.openSockets === 0);
  });

  it.each(['before it is opened', 'while it connects', 'while it waits to try again'])('works %s', async (when) => {
    const broker = await startBroker({ connack: () => (when === 'while it connects' ? null : { returnCode: 3 }) });
    const connection = new Connection(connectionOptions(broker.url, { maxReconnectIntervalMs: 60_000 }), realPorts);
    if (when !== 'before it is opened') connection.open();
    if (when === 'while it connects') await broker.until(() => broker.clients.length === 1);
    if (when === 'while it waits to try again') await disconnection(connection);
    await connection.close();
    await broker.until(() => broker.openSockets === 0);
    connection.open();
    expect(connection.isConnected).toBe(false);
  });
});
