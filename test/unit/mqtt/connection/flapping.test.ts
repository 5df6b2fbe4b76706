import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { ConnectionBench, outcome, publish } from '../../../support/mqtt/connection-bench';
import { isLong } from '../../../support/long';
import { ProgrammableBroker } from '../../../support/mqtt/programmable-broker';
import { freePort } from '../../../support/system/free-port';

const bench = new ConnectionBench();
/** The whole is 30 minutes with a broker that goes away every 10 s. */
const AWAY_EVERY_MS = isLong ? 10_000 : 100;
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? (isLong ? 1800 : 8));
/** Before it is measured for the first time. */
const WARM_UP = 0.2;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Sockets, servers and timers that keep a process alive. */
const resources = (): number => process.getActiveResourcesInfo().filter((name) => name !== 'TTYWrap').length;

it(
  `${SECONDS} s with a broker that goes away every ${AWAY_EVERY_MS} ms: memory, handles and listeners stay flat`,
  async () => {
    const port = await freePort();
    const connection = bench.createConnection(`tcp://127.0.0.1:${port}`, {
      cleanSession: false,
      maxReconnectIntervalMs: 20,
    });
    connection.open();
    void connection.subscribe('plant/#', 1, () => undefined);
    const told: Record<string, number> = {};
    const cycle = async (): Promise<void> => {
      const broker = await ProgrammableBroker.start({}, port);
      if (!connection.isConnected) await once(connection.events, 'connected');
      const sending = [0, 1, 2].map((qos) => outcome(publish(connection, 'x'.repeat(1000), qos as 0 | 1 | 2)));
      for (const word of await Promise.all(sending)) told[word] = (told[word] ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve, AWAY_EVERY_MS));
      const lost = once(connection.events, 'disconnected');
      await broker.stop();
      await lost;
    };
    const measure = (): { memory: number; resources: number; listeners: number } => {
      collectGarbage();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      const listeners = connection.events.eventNames().flatMap((name) => connection.events.listeners(name)).length;
      return { memory: heapUsed + arrayBuffers, resources: resources(), listeners };
    };
    const start = performance.now();
    const elapsed = (): number => (performance.now() - start) / 1000 / SECONDS;
    let cycles = 0;
    while (elapsed() < WARM_UP) await cycle();
    const before = measure();
    for (; elapsed() < 1; cycles++) await cycle();
    const after = measure();
    console.log(`${cycles} times away: ${JSON.stringify({ before, after, told })}`);
    expect(Object.keys(told)).toEqual(['through']);
    expect(after.memory - before.memory).toBeLessThan(5_000_000);
    expect(after.resources).toBeLessThanOrEqual(before.resources + 2);
    expect(after.listeners).toBe(before.listeners);
  },
  (SECONDS + 60) * 1000,
);
