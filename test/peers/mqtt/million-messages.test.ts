import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/mqtt/connection/connection';
import { isLong, scaled } from '../../support/long';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { connectionOptions, realPorts } from '../../support/mqtt/mqtt-options';
import { useStoreWorker } from '../../support/mqtt/store-worker';
import { freePort } from '../../support/system/free-port';

useStoreWorker();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const COUNT = scaled(1_000_000);
const AT_ONCE = 1000;
const PAYLOAD = 'x'.repeat(200);
const MB = 1024 * 1024;

/** What is in use in this process after a collection, threads included where they share it; in MB. */
function memory(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MB;
}

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.skipIf(!mosquittoAvailable())(`${COUNT.toLocaleString('en-US')} messages that wait in a file`, () => {
  it(
    'need no memory but for a note of their size and age, survive a restart, and leave in order',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'devicelink-million-'));
      cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
      const port = await freePort();
      const options = connectionOptions(`mqtt://127.0.0.1:${port}`, {
        clientId: 'gateway',
        messageChannelDepth: COUNT * 2,
        writeTimeoutMs: 0,
        maxReconnectIntervalMs: 100,
        store: { file: join(directory, 'one.db'), durability: 'interval', maxBytes: 1e9 },
      });
      const offline = new Connection(options, realPorts);
      cleanups.push(() => offline.close());
      offline.open();
      const publish = (number: number): Promise<void> =>
        offline.publish(`count/${number}`, PAYLOAD, { qos: 1, retained: false, waitTimeoutMs: 0, until: 'stored' });
      const figures: number[] = [];
      const started = performance.now();
      for (let first = 0; first < COUNT; first += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => publish(first + index)));
        if ((first + AT_ONCE) % (COUNT / 10) === 0) figures.push(memory());
      }
      const filled = performance.now();
      expect(offline.statistics).toMatchObject({ queued: COUNT, dropped: 0, stored: { messages: COUNT } });
      await offline.close();

      const again = new Connection(options, realPorts);
      cleanups.push(() => again.close());
      const reopened = performance.now();
      again.open();
      await expect.poll(() => again.statistics.queued, { timeout: 60_000 }).toBe(COUNT);
      const opened = performance.now();
      figures.push(memory());
      const broker = await Mosquitto.start({ port, lines: ['max_inflight_messages 0'] });
      cleanups.push(() => broker.remove());
      await once(again.events, 'connected');
      let half = 0;
      const connected = performance.now();
      await expect
        .poll(
          () => {
            if (half === 0 && again.statistics.queued < COUNT / 2) half = memory();
            return again.statistics.sent;
          },
          { timeout: 300_000, interval: 50 },
        )
        .toBe(COUNT);
      const seconds = (performance.now() - connected) / 1000;
      figures.push(half, memory());
      console.log(
        `${COUNT} messages: taken in ${((filled - started) / 1000).toFixed(1)} s, read anew in ` +
          `${((opened - reopened) / 1000).toFixed(1)} s, sent in ${seconds.toFixed(1)} s; memory in use ` +
          `${figures.map((figure) => figure.toFixed(0)).join(' ')} MB; file ${(statSync(options.store?.file ?? '').size / MB).toFixed(0)} MB`,
      );
      const [first = 0] = figures;
      // Twelve bytes a message, and as much twice again while a store is opened; what a page of 4 MB leaves behind.
      expect(Math.max(...figures) - first).toBeLessThan((COUNT * 36) / MB + 20);
      expect(again.statistics).toMatchObject({ queued: 0, dropped: 0, stored: { messages: 0, bytes: 0 } });
      expect(lastTopics(broker.output)).toEqual(Array.from({ length: 10 }, (_, index) => COUNT - 10 + index));
    },
    isLong ? 600_000 : 120_000,
  );
});

/** Of what the broker has logged as received. */
const lastTopics = (log: string): number[] =>
  [...log.matchAll(/Received PUBLISH from gateway .*'count\/(\d+)'/g)].slice(-10).map(([, number]) => Number(number));
