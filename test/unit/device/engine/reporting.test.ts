import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceSnapshot } from '../../../../src/device/snapshot.ts';
import { deviceBench, property } from '../../../support/device/device-bench.ts';

const INTERVAL = 10_000;
const properties = [
  property('a', 'ReadOnly'),
  property('b', 'ReadOnly'),
  property('polled', 'ReadOnly'),
  property('w', 'ReadWrite'),
  property('pressed', 'NotifyOnly'),
];

/** In service; `a` and `b` are notified in place of being polled, `pressed` is what only the device sends. */
async function bench(covered = new Set(['a', 'b', 'pressed'])) {
  const parts = deviceBench({ properties, notifications: true, covered, syncIntervalMs: INTERVAL, random: () => 0 });
  const due = (): string[][] =>
    parts.syncs.filter(({ isDue }) => isDue).map(({ cause, changed }) => [cause, ...changed]);
  parts.device.start();
  await parts.clock.settle();
  parts.syncs.length = 0;
  let value = 0;
  const notify = (...names: string[]): void => {
    value += 1;
    const readings = names.map((name) => ({ name, value, quality: 'good' as const, updatedAt: parts.clock.now() }));
    for (const { name } of readings) parts.driver.values.set(name, value);
    parts.driver.sink?.(readings);
  };
  return { ...parts, due, notify };
}

describe('the document of an interval', () => {
  it('leaves with the notification, and the sync after it has none', async () => {
    const { device, clock, due, notify } = await bench();
    for (let interval = 0; interval < 3; interval += 1) {
      await clock.advance(INTERVAL / 2);
      notify('a', 'b');
      await clock.advance(INTERVAL / 2);
    }
    expect(due()).toEqual([
      ['notify', 'a', 'b'],
      ['notify', 'a', 'b'],
      ['notify', 'a', 'b'],
    ]);
    await device.close();
  });

  it('leaves with the sync where nothing was notified', async () => {
    const { device, clock, due } = await bench();
    await clock.advance(2 * INTERVAL);
    expect(due()).toEqual([['sync'], ['sync']]);
    await device.close();
  });

  it('has all that comes after the first notification of an interval together, with the sync', async () => {
    const { device, clock, due, notify } = await bench();
    notify('a');
    notify('b');
    notify('a');
    await clock.advance(INTERVAL);
    notify('b');
    await clock.advance(INTERVAL);
    expect(due()).toEqual([['notify', 'a'], ['sync'], ['notify', 'b']]);
    await device.close();
  });

  it('has what is notified and what is polled together where both change', async () => {
    const { device, driver, clock, due, notify } = await bench();
    for (let interval = 1; interval <= 3; interval += 1) {
      driver.values.set('polled', interval);
      await clock.advance(INTERVAL);
      notify('a');
    }
    expect(due()).toEqual([
      ['sync', 'polled'],
      ['sync', 'polled'],
      ['sync', 'polled'],
    ]);
    await device.close();
  });

  it('does not hold up what only the device sends, nor what is polled besides', async () => {
    const only = await bench();
    for (let press = 0; press < 3; press += 1) only.notify('pressed');
    expect(only.due()).toEqual([
      ['notify', 'pressed'],
      ['notify', 'pressed'],
      ['notify', 'pressed'],
    ]);
    const besides = await bench(new Set());
    for (let step = 0; step < 3; step += 1) besides.notify('a');
    expect(besides.due()).toHaveLength(3);
    await Promise.all([only.device.close(), besides.device.close()]);
  });

  it('is not due for a notification without a change', async () => {
    const { device, driver, clock, due } = await bench();
    driver.sink?.([{ name: 'a', value: 0, quality: 'good', updatedAt: clock.now() }]);
    expect(due()).toEqual([]);
    await device.close();
  });

  it('leaves with the first sync of a new link, whatever was notified before', async () => {
    const { device, driver, clock, due, notify, syncs } = await bench();
    notify('a');
    driver.lose();
    syncs.length = 0;
    await clock.advance(1500);
    expect(due()).toHaveLength(1);
    await device.close();
  });
});

type Bench = Awaited<ReturnType<typeof bench>>;
interface Step {
  readonly name: string;
  readonly run: (bench: Bench, value: number) => unknown;
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc
    .subarray(['a', 'b'], { minLength: 1 })
    .map((names) => ({ name: `notify ${names.join()}`, run: ({ notify }: Bench) => notify(...names) })),
  fc.constantFrom<Step>(
    { name: 'polled', run: ({ driver }, value) => driver.values.set('polled', value) },
    { name: 'pressed', run: ({ notify }) => notify('pressed') },
    { name: 'write', run: ({ device }, value) => device.write({ w: value }) },
    { name: 'read', run: ({ device }) => device.read() },
  ),
);
const pause = fc.constantFrom(0, 0, 1, INTERVAL / 4, INTERVAL / 2, INTERVAL, 3 * INTERVAL);
const valuesOf = ({ properties: states }: DeviceSnapshot) => states.map(({ value }) => value);

interface Document {
  /** 1 until and with the first sync. */
  readonly interval: number;
  readonly isSync: boolean;
  readonly hasNews: boolean;
  /** How long the oldest change in it has waited. */
  readonly waitedMs: number;
  /** Tells changes, and only those, that were not told before. */
  readonly isTrue: boolean;
  readonly isOwnPace: boolean;
}

/** The documents that a flow gets while `script` runs, and which changes it never got. */
async function documentsOf(script: readonly (readonly [Step, number])[]) {
  const made = await bench();
  const { device, clock } = made;
  let syncs = 0;
  const untold = new Map<string, number>();
  const documents: Document[] = [];
  let last = valuesOf(device.snapshot());
  device.events.on('sync', ({ snapshot, changed, cause, isDue }) => {
    const interval = syncs + 1;
    if (cause === 'sync') syncs += 1;
    for (const name of changed) if (!untold.has(name)) untold.set(name, clock.now());
    if (!isDue || cause === 'read' || cause === 'write') return;
    const values = valuesOf(snapshot);
    const differing = snapshot.properties.filter((_state, index) => values[index] !== last[index]);
    documents.push({
      interval,
      isSync: cause === 'sync',
      hasNews: differing.length > 0,
      waitedMs: clock.now() - Math.min(clock.now(), ...untold.values()),
      isTrue: differing.length === untold.size && differing.every(({ name }) => untold.has(name)),
      isOwnPace: changed.includes('pressed'),
    });
    last = values;
    untold.clear();
  });
  for (const [index, [{ run }, ms]] of script.entries()) {
    void run(made, 1000 + index);
    await clock.advance(ms);
  }
  await clock.advance(INTERVAL);
  await device.close();
  return { documents, untold, intervals: syncs };
}

describe('whatever is notified, polled, read and written', () => {
  it('is told once, within an interval, and no document repeats the one before in an interval', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(steps, pause), { maxLength: 30 }), async (script) => {
        const { documents, untold, intervals } = await documentsOf(script);
        expect(untold).toEqual(new Map());
        for (const document of documents) {
          expect(document).toMatchObject({ isTrue: true });
          expect(document.waitedMs).toBeLessThanOrEqual(INTERVAL);
          expect(document.hasNews || document.isSync).toBe(true);
        }
        for (let interval = 1; interval <= intervals; interval += 1) {
          const own = documents.filter((document) => document.interval === interval);
          expect(own.length).toBeGreaterThanOrEqual(1);
          // Without news only where nothing else was told.
          if (own.some(({ hasNews }) => !hasNews)) expect(own).toHaveLength(1);
          // By a notification and, where something came after it, by the sync.
          expect(own.filter(({ isOwnPace }) => !isOwnPace).length).toBeLessThanOrEqual(2);
        }
      }),
      { numRuns: 1000 },
    );
  }, 60_000);
});
