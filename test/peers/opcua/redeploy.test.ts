import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import { scaled } from '../../support/long.ts';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';
import { seededRandom } from '../../support/opcua/opcua-soak.ts';

const REDEPLOYS = scaled(500);
const SEED = Number(process.env.REDEPLOY_SEED ?? Date.now() % 1_000_000);
/** What the event loop is held up at a time, as a busy Node-RED is, ms. */
const BUSY_MS = 4;
/** Turns of the event loop after which the device is closed, at most: some more than a subscription takes to be made. */
const LONGEST_LIFE = 30;

let server: OpcUaTestServer;
let bench: OpcUaTestBench;
let busy: NodeJS.Timeout;
const thrown: unknown[] = [];
const note = (error: unknown): void => void thrown.push(error);

beforeEach(async () => {
  server = await new OpcUaTestServer().start();
  bench = new OpcUaTestBench();
  thrown.length = 0;
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
});

afterEach(async () => {
  clearInterval(busy);
  process.off('uncaughtException', note);
  process.off('unhandledRejection', note);
  await server.remove();
  bench.remove();
});

function beBusy(): void {
  const until = performance.now() + BUSY_MS;
  while (performance.now() < until);
}

/** What a device asks for once it is connected, none of it awaited. */
function beginAll(driver: OpcUaDriver): Promise<unknown> {
  const clock = property('clock', 'i=2258');
  const action = (name: string, payload: object) => driver.perform(name, { payload }, never());
  return Promise.allSettled([
    driver.subscribe([clock], () => undefined),
    action('events', { subscription: 'a' }),
    action('alarms', {}),
    driver.read([clock], never()),
  ]);
}

it(
  `outlives ${REDEPLOYS} redeploys of a device at any moment, on a busy event loop (seed ${SEED})`,
  { timeout: 60_000 + REDEPLOYS * 500 },
  async () => {
    const random = seededRandom(SEED);
    busy = setInterval(beBusy, 2 * BUSY_MS);
    for (let count = 0; count < REDEPLOYS; count += 1) {
      const driver = bench.driver(server.endpoint);
      await driver.connect(never());
      const begun = beginAll(driver);
      for (let turns = Math.floor(random() * LONGEST_LIFE); turns > 0; turns -= 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await driver.close();
      await begun;
    }
    clearInterval(busy);
    // What the library throws, it throws a turn later.
    await expect.poll(() => server.sessionCount).toBe(0);
    expect(thrown).toEqual([]);
  },
);
