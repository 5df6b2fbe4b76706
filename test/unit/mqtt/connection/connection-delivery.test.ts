import { once } from 'node:events';
import type { Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors';
import { Connection } from '../../../../src/mqtt/connection/connection';
import { connectionOptions, realPorts } from '../../../support/mqtt/mqtt-options';
import { SlowStore } from '../../../support/mqtt/outbox-bench';
import type { ProgrammableBroker } from '../../../support/mqtt/programmable-broker';
import { type Behaviour } from '../../../support/mqtt/programmable-broker';
import { ConnectionBench, outcome, publish } from '../../../support/mqtt/connection-bench';

const bench = new ConnectionBench();
const { startBroker, createConnection } = bench;

const payloads = (broker: ProgrammableBroker, client?: number): string[] => {
  const packets = client === undefined ? broker.packets('publish') : (broker.clients[client]?.packets ?? []);
  return packets.flatMap((packet) => (packet.cmd === 'publish' ? [String(packet.payload)] : []));
};

describe('publishing while offline', () => {
  it('keeps messages in order and sends them once connected', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url);
    const all = ([0, 1, 2, 1, 0] as const).map((qos, index) => publish(connection, String(index), qos));
    expect(connection.statistics.queued).toBe(5);
    connection.open();
    await Promise.all(all);
    await broker.until(() => payloads(broker).length === 5);
    expect(payloads(broker)).toEqual(['0', '1', '2', '3', '4']);
    expect(connection.statistics).toMatchObject({ sent: 5, queued: 0, dropped: 0 });
  });

  it('drops the oldest QoS 0 message first, then refuses new ones', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url, { messageChannelDepth: 3 });
    const outcomes = ([1, 0, 0, 2, 1, 1, 0] as const).map((qos, index) =>
      outcome(publish(connection, String(index), qos)),
    );
    connection.open();
    expect(await Promise.all(outcomes)).toEqual([
      'through',
      'MQTT_DROPPED',
      'MQTT_DROPPED',
      'through',
      'through',
      'MQTT_QUEUE_FULL',
      'MQTT_QUEUE_FULL',
    ]);
    expect(payloads(broker)).toEqual(['0', '3', '4']);
    expect(connection.statistics.dropped).toBe(4);
  });

  it('tells how many are lost when the connection is closed, where its store is in memory', async () => {
    const page = (): Promise<never> => Promise.reject(new Error('not asked for'));
    for (const [store, told] of [
      [undefined, ['MQTT_LOST: 3 messages were not sent before the MQTT connection was closed']],
      [Object.assign(new SlowStore(), { page }), []],
    ] as const) {
      const connection = new Connection(connectionOptions('tcp://127.0.0.1:1'), realPorts, store);
      const problems: string[] = [];
      connection.events.on('problem', ({ code, message }) => problems.push(`${code}: ${message}`));
      const outcomes = [0, 1, 2].map((qos) => outcome(publish(connection, 'a', qos as 0 | 1 | 2)));
      await connection.close();
      expect(await Promise.all(outcomes)).toEqual(['CLOSED', 'CLOSED', 'CLOSED']);
      expect(problems).toEqual(told);
    }
  });

  it('keeps nothing with a depth of 0', async () => {
    const connection = createConnection('tcp://127.0.0.1:1', { messageChannelDepth: 0 });
    expect(await outcome(publish(connection, 'a'))).toBe('MQTT_QUEUE_FULL');
  });
});

describe('topics', () => {
  it.each(['', 'a/+/b', 'a/#', 'nul\0', 'x'.repeat(65_536)])(
    'are checked before anything is sent (%#)',
    async (topic) => {
      const broker = await startBroker();
      const connection = createConnection(broker.url);
      connection.open();
      const settings = { qos: 1, retained: false, waitTimeoutMs: 0 } as const;
      await expect(connection.publish(topic, 'x', settings)).rejects.toMatchObject({ code: 'MQTT_BAD_TOPIC' });
      await publish(connection, 'good');
      expect(payloads(broker)).toEqual(['good']);
    },
  );
});

describe('the in-flight window', () => {
  it.each([1, 2] as const)('is bounded at QoS %i, in order, and refilled by acknowledgements', async (qos) => {
    const held: Packet[] = [];
    let isHolding = true;
    const broker = await startBroker({
      onPacket: (packet) => isHolding && packet.cmd === 'publish' && held.push(packet) > 0,
    });
    const connection = createConnection(broker.url);
    connection.open();
    await once(connection.events, 'connected');
    const all = Array.from({ length: 700 }, (_, index) => publish(connection, String(index), qos));
    await broker.until(() => held.length >= 500);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(held).toHaveLength(500);
    isHolding = false;
    for (const { messageId = 0 } of held) broker.clients[0]?.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId });
    await Promise.all(all);
    expect(payloads(broker)).toEqual(Array.from({ length: 700 }, (_, index) => String(index)));
  });

  it('respects the Receive Maximum of MQTT 5', async () => {
    let inFlight = 0;
    let most = 0;
    const broker = await startBroker({
      connack: () => ({ properties: { receiveMaximum: 3 } }),
      onPacket: (packet, client) => {
        if (packet.cmd !== 'publish') return false;
        most = Math.max(most, ++inFlight);
        setTimeout(() => {
          inFlight--;
          client.send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0 });
        }, 2);
        return true;
      },
    });
    const connection = createConnection(broker.url, { protocolVersion: 5 });
    connection.open();
    await Promise.all(Array.from({ length: 20 }, (_, index) => publish(connection, String(index))));
    expect(most).toBe(3);
  });

  it('holds QoS 0 back while the socket is full, without loss and in order', async () => {
    const arrived: number[] = [];
    const broker = await startBroker({
      onPacket: (packet) => packet.cmd === 'publish' && arrived.push(parseInt(packet.payload.toString())) > 0,
    });
    const connection = createConnection(broker.url);
    connection.open();
    await once(connection.events, 'connected');
    broker.clients[0]?.socket.pause();
    const filler = 'x'.repeat(20_000);
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    const through = Promise.all(numbers.map((index) => publish(connection, `${index} ${filler}`, 0)));
    expect(connection.statistics.queued).toBeGreaterThan(450);
    broker.clients[0]?.socket.resume();
    await through;
    await broker.until(() => arrived.length === numbers.length);
    expect(arrived).toEqual(numbers);
  });

  it('sends first what its store has of an earlier run', async () => {
    const broker = await startBroker();
    const old = {
      topic: 'plant/a',
      qos: 1,
      retained: false,
      acceptedAt: 1,
      packetId: undefined,
      isReleased: false,
    } as const;
    const store = new SlowStore([
      { ...old, key: 1, payload: 'first' },
      { ...old, key: 2, payload: 'second' },
    ]);
    store.put = store.update = () => Promise.resolve();
    const connection = new Connection(connectionOptions(broker.url), realPorts, store);
    bench.afterwards(() => connection.close());
    connection.open();
    await publish(connection, 'new');
    expect(payloads(broker)).toEqual(['first', 'second', 'new']);
    expect(store.removed).toEqual([1, 2, 3]);
  });

  it('sends nothing, and says why, where its store cannot be opened', async () => {
    const broker = await startBroker();
    const store = new SlowStore();
    store.open = () => Promise.reject(new DeviceError('MQTT_STORE_FAILED', 'the directory is another process'));
    const connection = new Connection(connectionOptions(broker.url), realPorts, store);
    bench.afterwards(() => connection.close());
    connection.open();
    const [error] = (await once(connection.events, 'disconnected')) as [DeviceError];
    expect(error.code).toBe('MQTT_STORE_FAILED');
    expect([broker.clients.length, connection.statistics.lastError?.code]).toEqual([0, 'MQTT_STORE_FAILED']);
  });
});

describe('timeouts', () => {
  it('writeTimeout fails and removes the message', async () => {
    const broker = await startBroker({ onPacket: ({ cmd }) => cmd === 'publish' });
    const connection = createConnection(broker.url, { writeTimeoutMs: 50 });
    connection.open();
    await once(connection.events, 'connected');
    expect(await outcome(publish(connection, 'a'))).toBe('MQTT_WRITE_TIMEOUT');
    expect(connection.statistics.queued).toBe(0);
    broker.dropAll();
    await once(connection.events, 'connected');
    expect(await outcome(publish(connection, 'b'))).toBe('MQTT_WRITE_TIMEOUT');
    expect(payloads(broker, 1)).toEqual(['b']);
  });

  it('waitTimeout reports, and the message is delivered all the same', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url);
    expect(await outcome(publish(connection, 'late', 1, 30))).toBe('MQTT_WAIT_TIMEOUT');
    expect(connection.statistics.queued).toBe(1);
    connection.open();
    await broker.until(() => payloads(broker).includes('late'));
    await expect.poll(() => connection.statistics).toMatchObject({ sent: 1, queued: 0 });
  });
});

describe('a connection lost with messages in flight', () => {
  /** Loses the first connection as soon as it sees `cmd`, which stays unanswered. */
  const losing = (cmd: Packet['cmd'], sessionPresent: boolean): Behaviour => ({
    connack: (_connect, index) => ({ sessionPresent: sessionPresent && index > 0 }),
    onPacket: (packet, client, index) => {
      if (index > 0 || packet.cmd !== cmd) return false;
      client.socket.destroy();
      return true;
    },
  });

  it.each([1, 2] as const)('sends QoS %i again with DUP and the same identifier in the same session', async (qos) => {
    const broker = await startBroker(losing('publish', true));
    const connection = createConnection(broker.url, { cleanSession: false });
    connection.open();
    await publish(connection, 'x', qos);
    const [first, second, ...others] = broker.packets('publish');
    expect(others).toEqual([]);
    expect(first).toMatchObject({ dup: false });
    expect(second).toMatchObject({ dup: true, messageId: first?.messageId });
  });

  it('sends only PUBREL again when the broker already has the message', async () => {
    const broker = await startBroker(losing('pubrel', true));
    const connection = createConnection(broker.url, { cleanSession: false });
    connection.open();
    await Promise.all([publish(connection, 'x', 2), publish(connection, 'y', 2)]);
    const commands = broker.clients[1]?.packets.map(({ cmd }) => cmd);
    expect(commands?.filter((cmd) => cmd === 'publish').length).toBeLessThan(2);
    const messageId = broker.packets('publish').find(({ payload }) => String(payload) === 'x')?.messageId;
    expect(broker.clients[1]?.packets).toContainEqual(expect.objectContaining({ cmd: 'pubrel', messageId }));
    expect(payloads(broker).filter((payload) => payload === 'x')).toHaveLength(1);
    expect(connection.statistics).toMatchObject({ sent: 2, queued: 0 });
  });

  it('publishes afresh in a new session', async () => {
    const broker = await startBroker(losing('pubrel', false));
    const connection = createConnection(broker.url, { cleanSession: false });
    connection.open();
    await publish(connection, 'x', 2);
    expect(broker.packets('publish').map(({ dup }) => dup)).toEqual([false, false]);
  });

  it('keeps the order of many, and mixes no identifiers', async () => {
    let seen = 0;
    const broker = await startBroker({
      connack: (_connect, index) => ({ sessionPresent: index > 0 }),
      onPacket: (packet, client, index) => {
        if (packet.cmd !== 'publish' || index >= 3 || ++seen % 40 !== 0) return false;
        client.socket.destroy();
        return true;
      },
    });
    const connection = createConnection(broker.url, { cleanSession: false, messageChannelDepth: 1000 });
    connection.open();
    await Promise.all(Array.from({ length: 300 }, (_, index) => publish(connection, String(index), 2)));
    const byId = new Map(broker.packets('publish').map(({ messageId, payload }) => [messageId, String(payload)]));
    expect(new Set(byId.values()).size).toBe(300);
    for (const { messageId, payload } of broker.packets('publish')) expect(byId.get(messageId)).toBe(String(payload));
    const unique = [...new Set(payloads(broker))];
    expect(unique).toEqual(Array.from({ length: 300 }, (_, index) => String(index)));
  });

  it('gives up a message on which the broker ends every connection, and delivers the others', async () => {
    const broker = await startBroker({
      onPacket: (packet, client) => {
        if (packet.cmd !== 'publish' || String(packet.payload) !== 'poison') return false;
        client.socket.destroy();
        return true;
      },
    });
    const connection = createConnection(broker.url);
    const outcomes = ['a', 'poison', 'b', 'c'].map((payload) => outcome(publish(connection, payload)));
    connection.open();
    expect(await Promise.all(outcomes)).toEqual(['through', 'MQTT_REFUSED', 'through', 'through']);
  });
});

describe('what MQTT 5 brokers refuse', () => {
  it('reports the reason of a PUBACK', async () => {
    const broker = await startBroker({
      onPacket: (packet, client) => {
        if (packet.cmd !== 'publish') return false;
        client.send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 135 });
        return true;
      },
    });
    const connection = createConnection(broker.url, { protocolVersion: 5 });
    connection.open();
    await expect(publish(connection, 'x')).rejects.toMatchObject({ code: 'MQTT_REFUSED' });
    await expect(publish(connection, 'x')).rejects.toThrow(/not authorised/);
  });

  it('does not send what is larger than the Maximum Packet Size', async () => {
    const broker = await startBroker({ connack: () => ({ properties: { maximumPacketSize: 50 } }) });
    const connection = createConnection(broker.url, { protocolVersion: 5 });
    connection.open();
    const outcomes = [36, 37].map((size) => outcome(publish(connection, 'x'.repeat(size))));
    expect(await Promise.all(outcomes)).toEqual(['through', 'MQTT_REFUSED']);
  });
});
