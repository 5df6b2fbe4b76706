import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../../src/mqtt/client/connection-options';
import { Connection } from '../../../src/mqtt/connection/connection';
import { Mosquitto, mosquittoAvailable, type MosquittoOptions } from '../../support/mqtt/mosquitto';
import { MosquittoSubscriber, mosquittoPublish } from '../../support/mqtt/mosquitto-clients';
import { connectionOptions, realPorts } from '../../support/mqtt/mqtt-options';
import type { ReceivedMessage } from '../../../src/base/broker-connection';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startBroker(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const broker = await Mosquitto.start(options);
  cleanups.push(() => broker.remove());
  return broker;
}

function openConnection(broker: Mosquitto, changes: Partial<ConnectionOptions> = {}): Connection {
  const connection = new Connection(connectionOptions(broker.url, changes), realPorts);
  cleanups.push(() => connection.close());
  connection.open();
  return connection;
}

async function startSubscriber(broker: Mosquitto, filter: string): Promise<MosquittoSubscriber> {
  const subscriber = await MosquittoSubscriber.start(broker.plain, filter);
  cleanups.push(() => subscriber.stop());
  return subscriber;
}

const QOS = [0, 1, 2] as const;

describe.skipIf(!mosquittoAvailable())('Connection to mosquitto', () => {
  describe.each([3, 4, 5, 0] as const)('with protocol version %i', (protocolVersion) => {
    it('publishes and receives at every QoS', async () => {
      const broker = await startBroker();
      const subscriber = await startSubscriber(broker, 'plant/#');
      const connection = openConnection(broker, { protocolVersion });
      const received: ReceivedMessage[] = [];
      await connection.subscribe('plant/+', 2, (message) => received.push(message));
      for (const qos of QOS) {
        await connection.publish('plant/a', `at ${qos}`, { qos, retained: false, waitTimeoutMs: 0 });
      }
      const seen = await subscriber.waitFor(3);
      expect(seen.map(({ payload, qos }) => [payload.toString(), qos])).toEqual([
        ['at 0', 0],
        ['at 1', 1],
        ['at 2', 2],
      ]);
      await expect.poll(() => received.map(({ qos }) => qos)).toEqual([0, 1, 2]);
      expect(connection.statistics).toMatchObject({ sent: 3, received: 3, queued: 0, dropped: 0 });
    });
  });
  it('marks retained messages', async () => {
    const broker = await startBroker();
    const connection = openConnection(broker);
    await connection.publish('plant/state', 'on', { qos: 1, retained: true, waitTimeoutMs: 0 });
    const subscriber = await startSubscriber(broker, 'plant/state');
    expect((await subscriber.waitFor(1))[0]).toMatchObject({ retained: true });
    const received: ReceivedMessage[] = [];
    await connection.subscribe('plant/state', 1, (message) => received.push(message));
    await mosquittoPublish(broker.plain, 'plant/state', 'off');
    await expect
      .poll(() => received.map(({ payload, retained }) => [payload.toString(), retained]))
      .toEqual([
        ['on', true],
        ['off', false],
      ]);
  });

  // mosquitto 2.0.11 closes the older connection: in 3.1.1 without a word, in 5.0 with reason code 142.
  it('two clients with one client id: it is told, and they do not chase each other every second', async () => {
    const broker = await startBroker();
    const changes = { clientId: 'twin', maxReconnectIntervalMs: 600_000 };
    const ends: { at: number; message: string }[] = [];
    const start = performance.now();
    for (let twin = 0; twin < 2; twin++) {
      const connection = openConnection(broker, changes);
      connection.events.on('disconnected', ({ message }) => ends.push({ at: performance.now() - start, message }));
      await expect.poll(() => connection.isConnected).toBe(true);
    }
    await expect
      .poll(() => ends.at(-1)?.message, { timeout: 25_000 })
      .toMatch(/again and again.*another client may use the client id "twin"$/);
    await expect.poll(() => ends.length >= 9, { timeout: 25_000 }).toBe(true);
    expect((ends[8]?.at ?? 0) - (ends[4]?.at ?? 0)).toBeGreaterThan(5500); // at one each second it would be 4 s
  }, 60_000);

  // mosquitto 2.0.11 ends a connection after 1.5 x keep-alive without a packet: "has exceeded timeout, disconnecting".
  it('an idle connection stays although pingTimeout is longer than keepAlive', async () => {
    const broker = await startBroker();
    const connection = openConnection(broker, { keepAliveMs: 1000, pingTimeoutMs: 10_000 });
    const ends: string[] = [];
    connection.events.on('disconnected', ({ message }) => ends.push(message));
    const pings = (): number => broker.output.split('Received PINGREQ').length - 1;
    await expect.poll(() => [pings() >= 4, ends], { timeout: 12_000 }).toEqual([true, []]);
  });
});
