import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { scaled } from '../../support/long';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import { ProgrammableBroker } from '../../support/mqtt/programmable-broker';
import { publishingDevice, TOPIC } from '../../support/mqtt/publishing-device';

const KILLS = scaled(20, 4);
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const valueOf = (payload: string | Buffer): number => (JSON.parse(payload.toString()) as { a: string }).a.length;

/** The values that the broker has logged as received, in order: `{"a":"xxx","b":0}` is known by its length. */
function receivedBy(broker: Mosquitto): number[] {
  const empty = '{"a":"","b":0}'.length;
  const line = new RegExp(`Received PUBLISH from publisher .*'${TOPIC}', \\.\\.\\. \\((\\d+) bytes\\)`, 'g');
  return [...broker.output.matchAll(line)].map(([, bytes]) => Number(bytes) - empty);
}

describe.skipIf(!mosquittoAvailable())(`a device with all of its backlog over ${KILLS} kills of the broker`, () => {
  it.each([0, 1, 2] as const)(
    'at QoS %i',
    async (qos) => {
      const broker = await Mosquitto.start({ lines: ['max_inflight_messages 0'] });
      cleanups.push(() => broker.remove());
      const bench = publishingDevice({
        client: { server: broker.url, clientID: 'publisher', cleanSession: false, messageChannelDepth: 10_000 },
        message: { qos },
        publish: { backlog: 'all' },
      });
      cleanups.push(() => bench.close());
      const { device, deviceTopic, published, problems, extension } = bench;
      device.start();
      for (let kill = 0; kill < KILLS; kill++) {
        if (!deviceTopic.isConnected) await once(deviceTopic.events, 'connected');
        const syncs = published.length;
        await expect.poll(() => published.length, { interval: 5 }).toBeGreaterThan(syncs + 10);
        const lost = once(deviceTopic.events, 'disconnected');
        await broker.kill();
        await lost;
        const away = published.length;
        await expect.poll(() => published.length, { interval: 5 }).toBeGreaterThan(away + 10);
        await broker.start();
      }
      await device.disconnect();
      await expect.poll(() => extension.status().queued, { timeout: 10_000 }).toBe(0);
      await bench.close();
      const received = receivedBy(broker);
      const distinct = new Set(received);
      const figures = {
        sent: published.length,
        delivered: distinct.size,
        lost: published.filter((value) => !distinct.has(value)).length,
        receivedAgain: received.length - distinct.size,
      };
      console.info(`QoS ${qos}, ${KILLS} kills: ${JSON.stringify(figures)}`);
      expect(figures.sent).toBeGreaterThan(KILLS * 20);
      if (qos > 0) expect(figures.lost).toBe(0);
      // What the socket had taken when the broker was killed.
      else expect(figures.lost).toBeLessThanOrEqual(KILLS * 5);
      if (qos > 0) expect(problems).toEqual([]);
      const inOrder = [...distinct];
      expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
    },
    60_000,
  );
});

describe('after an outage', () => {
  /** Twenty values have waited; new ones come every 5 ms. */
  async function outage(replay: 'inOrder' | 'newestFirst', replayRate: number) {
    const seen: { value: number; at: number; isRetained: boolean; published: number }[] = [];
    const onPacket = (packet: { cmd: string; payload?: string | Buffer; retain?: boolean }): boolean => {
      if (packet.cmd === 'publish') {
        seen.push({
          value: valueOf(packet.payload ?? ''),
          at: Date.now(),
          isRetained: packet.retain === true,
          published: bench.published.length,
        });
      }
      return false;
    };
    const first = await ProgrammableBroker.start({ onPacket });
    const bench = publishingDevice({
      client: { server: first.url, replayRate, messageChannelDepth: 1000 },
      message: { qos: 1, retained: true },
      publish: { replay, timestamp: 'at' },
    });
    cleanups.push(() => bench.close());
    bench.device.start();
    await first.until(() => seen.length > 3);
    const { port } = first;
    const lost = once(bench.deviceTopic.events, 'disconnected');
    await first.stop();
    await lost;
    const away = bench.published.length;
    await expect.poll(() => bench.published.length, { interval: 5 }).toBeGreaterThan(away + 40);
    seen.length = 0;
    const connected = once(bench.deviceTopic.events, 'connected').then(() => bench.published.length);
    const second = await ProgrammableBroker.start({ onPacket }, port);
    cleanups.push(() => second.stop());
    return { ...bench, seen, broker: second, waited: await connected };
  }

  it('values leave in order, at the rate', async () => {
    const { seen, broker, waited } = await outage('inOrder', 100);
    await broker.until(() => seen.some(({ value }) => value > waited + 30));
    const values = seen.map(({ value }) => value);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    const replayed = seen.filter(({ value }) => value <= waited);
    const [begin, end] = [replayed[0]!, replayed.at(-1)!];
    // For each new value one more of the old ones leaves.
    const byRate = replayed.length - 1 - (end.published - begin.published);
    expect(byRate).toBeLessThanOrEqual(((end.at - begin.at + 20) * 100) / 1000);
    expect(replayed.length).toBeGreaterThan(40);
  });

  it('new values leave first, if so wished, and the newest is what the broker keeps', async () => {
    const { seen, broker, waited, device } = await outage('newestFirst', 100);
    await broker.until(() => seen.some(({ value }) => value > waited + 20));
    await device.disconnect();
    await broker.until(() => seen.some(({ value }) => value === waited));
    const firstFresh = seen.findIndex(({ value }) => value > waited);
    const lastOld = seen.findLastIndex(({ value }) => value <= waited);
    expect(firstFresh).toBeLessThan(lastOld);
    for (const { value, isRetained } of seen.slice(firstFresh)) expect(isRetained).toBe(value > waited);
  });
});

describe.skipIf(!mosquittoAvailable())('a broker that has lost what it kept', () => {
  it('has the values of a device again although none has changed', async () => {
    const broker = await Mosquitto.start();
    cleanups.push(() => broker.remove());
    const bench = publishingDevice({
      client: { server: broker.url },
      message: { qos: 1, retained: true },
      publish: { when: 'change', perProperty: true, availability: true },
      syncIntervalMs: 60_000,
    });
    cleanups.push(() => bench.close());
    bench.device.start();
    const witness = await MosquittoSubscriber.start(broker.plain, `${TOPIC}/#`);
    await witness.waitFor(4);
    await witness.stop();
    const connected = once(bench.deviceTopic.events, 'connected');
    await broker.kill();
    await broker.start();
    await connected;
    const kept = (): Promise<void> =>
      expect
        .poll(
          async () => {
            const late = await MosquittoSubscriber.start(broker.plain, `${TOPIC}/#`);
            await late.waitFor(4).catch(() => undefined);
            await late.stop();
            return Object.fromEntries(late.messages.map(({ topic, payload }) => [topic, payload.toString()]));
          },
          { timeout: 5000 },
        )
        .toEqual({
          [TOPIC]: '{"a":"x","b":0}',
          [`${TOPIC}/a`]: 'x',
          [`${TOPIC}/b`]: '0',
          [`${TOPIC}/$availability`]: 'online',
        });
    await kept();
  });
});
