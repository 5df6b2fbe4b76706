import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { within } from '../../support/system/active-handles';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import { publishingDevice, TOPIC } from '../../support/mqtt/publishing-device';

const OWN = `${TOPIC}/$availability`;
const SHARED = 'plant/$availability';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** What a broker keeps of topics, for whoever comes now. */
async function kept(broker: Mosquitto, count: number): Promise<Record<string, string>> {
  const late = await MosquittoSubscriber.start(broker.plain, '+/#');
  await late.waitFor(count, 1000).catch(() => undefined);
  await late.stop();
  const retained = late.messages.filter((message) => message.retained);
  return Object.fromEntries(retained.map(({ topic, payload }) => [topic, payload.toString()]));
}

const expected = (connection: string): Record<string, string> =>
  connection === 'shared' ? { [OWN]: 'online', [SHARED]: 'online' } : { [OWN]: 'online' };

describe.skipIf(!mosquittoAvailable()).each(['shared', 'dedicated'] as const)(
  'the availability of a device (%s)',
  (connection) => {
    async function start(options: { persistent?: boolean } = {}) {
      const broker = await Mosquitto.start(options);
      cleanups.push(() => broker.remove());
      const bench = publishingDevice({
        client: { server: broker.url, clientID: 'gateway' },
        message: { qos: 1 },
        connection,
        publish: { availability: true, when: 'change' },
      });
      cleanups.push(() => bench.close());
      bench.device.start();
      await expect.poll(() => kept(broker, 1), { timeout: 5000 }).toEqual(expected(connection));
      return { broker, ...bench };
    }

    it('is there again after a broker has been killed and has lost what it kept, three times', async () => {
      const { broker, deviceTopic } = await start();
      for (let kill = 0; kill < 3; kill++) {
        const connected = once(deviceTopic.events, 'connected');
        await broker.kill();
        await broker.start();
        await within(connected, 10_000, 'the connection');
        await expect.poll(() => kept(broker, 1), { timeout: 5000 }).toEqual(expected(connection));
      }
    });

    it('is right after a stop of a broker that keeps everything, with what it made of the will', async () => {
      const { broker, deviceTopic } = await start({ persistent: true });
      const connected = once(deviceTopic.events, 'connected');
      await broker.stop();
      await broker.start();
      await connected;
      await expect.poll(() => kept(broker, 1), { timeout: 5000 }).toEqual(expected(connection));
    });

    it('is offline while another client has its id, and online when it has it back', async () => {
      const { broker, deviceTopic } = await start();
      const witness = await MosquittoSubscriber.start(broker.plain, 'plant/#');
      cleanups.push(() => witness.stop());
      const lost = once(deviceTopic.events, 'disconnected');
      const connected = once(deviceTopic.events, 'connected');
      const other = await MosquittoSubscriber.start(broker.plain, 'nothing', { args: ['-i', 'gateway'] });
      cleanups.push(() => other.stop());
      await lost;
      await connected;
      await other.stop();
      const covered = connection === 'shared' ? SHARED : OWN;
      const told = (): string[] =>
        witness.messages
          .filter(({ topic, retained }) => topic === covered && !retained)
          .map(({ payload }) => payload.toString());
      await expect.poll(told, { timeout: 5000 }).toContain('offline');
      await expect.poll(() => told().at(-1), { timeout: 5000 }).toBe('online');
      await expect.poll(() => kept(broker, 1), { timeout: 5000 }).toEqual(expected(connection));
    });

    it('goes before all that has waited', async () => {
      const { broker, deviceTopic, device } = await start();
      const lost = once(deviceTopic.events, 'disconnected');
      await broker.kill();
      await lost;
      for (let value = 1; value <= 80; value++) await device.write({ b: value });
      const line = /Received PUBLISH from gateway .*'(plant\/[^']*)', \.\.\. /g;
      const received = (): (string | undefined)[] => [...broker.output.matchAll(line)].map(([, topic]) => topic);
      const before = received().length;
      const connected = once(deviceTopic.events, 'connected');
      await broker.start();
      await connected;
      const since = (): (string | undefined)[] => received().slice(before);
      await expect.poll(() => since().filter((topic) => topic === TOPIC).length, { timeout: 5000 }).toBeGreaterThan(79);
      // What was under way when the broker went comes first, and the rate lets a value go at once.
      expect(since().indexOf(OWN)).toBeLessThan(20);
      expect(since().indexOf(OWN)).toBeGreaterThanOrEqual(0);
    });
  },
);
