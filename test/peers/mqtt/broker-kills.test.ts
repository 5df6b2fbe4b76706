import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/mqtt/connection/connection';
import { isLong, scaled } from '../../support/long';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { connectionOptions, realPorts } from '../../support/mqtt/mqtt-options';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const KILLS = scaled(50, 5);
/** Messages on their way when the broker is killed: in flight, queued, and published while it is away. */
const PER_KILL = 30;

/** Topics of the messages that the broker has logged as received; each has a number of its own. */
const receivedTopics = (broker: Mosquitto): string[] =>
  [...broker.output.matchAll(/Received PUBLISH from publisher .*'plant\/count\/(\d+)'/g)].map(([, number]) => number!);

describe.skipIf(!mosquittoAvailable())(`${KILLS} kills of the broker`, () => {
  it.each([1, 2] as const)(
    'lose no message at QoS %i, and give none up',
    async (qos) => {
      const broker = await Mosquitto.start({ lines: ['max_inflight_messages 0'] });
      cleanups.push(() => broker.remove());
      const options = {
        cleanSession: false,
        clientId: 'publisher',
        messageChannelDepth: 5000,
        maxReconnectIntervalMs: 0,
      };
      const connection = new Connection(connectionOptions(broker.url, options), realPorts);
      cleanups.push(() => connection.close());
      const problems: string[] = [];
      connection.events.on('problem', ({ message }) => problems.push(message));
      connection.open();
      const received = new Set<string>();
      const outcomes: Promise<string>[] = [];
      const publish = (): void => {
        const topic = `plant/count/${outcomes.length}`;
        const through = connection.publish(topic, 'x', { qos, retained: false, waitTimeoutMs: 0 });
        outcomes.push(
          through.then(
            () => 'through',
            (error: unknown) => String(error),
          ),
        );
      };
      let losses = 0;
      connection.events.on('disconnected', () => (losses += 1));
      for (let kill = 0; kill < KILLS; kill++) {
        if (!connection.isConnected) await once(connection.events, 'connected');
        const lost = once(connection.events, 'disconnected');
        for (let index = 0; index < PER_KILL; index++) publish();
        // Each time a little further into the handshakes of the messages.
        for (let turn = 0; turn < kill % 10; turn++) await new Promise((resolve) => setImmediate(resolve));
        await broker.kill();
        await lost;
        for (let index = 0; index < PER_KILL; index++) publish();
        for (const topic of receivedTopics(broker)) received.add(topic);
        await broker.start();
      }
      const told = new Map<string, number>();
      for (const outcome of await Promise.all(outcomes)) told.set(outcome, (told.get(outcome) ?? 0) + 1);
      for (const topic of receivedTopics(broker)) received.add(topic);
      const count = KILLS * PER_KILL * 2;
      expect(Object.fromEntries(told)).toEqual({ through: count });
      expect(received.size).toBe(count);
      expect(connection.statistics).toMatchObject({ sent: count, queued: 0, dropped: 0 });
      expect(losses).toBeGreaterThanOrEqual(KILLS);
      expect(problems).toEqual([]);
    },
    isLong ? 300_000 : 60_000,
  );
});
