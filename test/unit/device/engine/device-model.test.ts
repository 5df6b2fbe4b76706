import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { deviceBench, property, watch } from '../../../support/device/device-bench.ts';
import type { Behaviour } from '../../../support/fakes/fake-driver.ts';

type Bench = ReturnType<typeof deviceBench>;

/** Something that happens to a device; a promise that it gives out must settle sooner or later. */
interface Action {
  readonly name: string;
  readonly run: (bench: Bench) => Promise<unknown> | undefined;
}

const act = (name: string, run: (bench: Bench) => unknown): Action => ({
  name,
  run: (bench) => {
    const result = run(bench);
    return result instanceof Promise ? result : undefined;
  },
});

const behaviour = fc.constantFrom<Behaviour>('ok', 'ok', 'reject', 'throw', 'hang', 'hangDeaf', 'junk');
const name = fc.constantFrom('a', 'b', 'n', 'w', 'nope');

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom(
    act('start', ({ device }) => device.start()),
    act('connect', ({ device }) => device.connect()),
    act('disconnect', ({ device }) => device.disconnect()),
    act('read all', ({ device }) => device.read()),
    act('read ad hoc', ({ device }) => device.read(undefined, [property('x')])),
    act('lose', ({ driver }) => driver.lose()),
    act('notify', ({ driver, clock }) =>
      driver.sink?.([{ name: 'n', value: clock.now(), quality: 'good', updatedAt: clock.now() }]),
    ),
    act('all silent', ({ driver }) => {
      for (const silent of ['a', 'b', 'once']) driver.readErrors.set(silent, new DeviceError('TIMEOUT', 'silent'));
    }),
    act('all well', ({ driver }) => driver.readErrors.clear()),
  ),
  fc
    .tuple(name, fc.integer({ min: -1, max: 300 }))
    .map(([written, value]) => act(`write ${written}=${value}`, ({ device }) => device.write({ [written]: value }))),
  fc.array(name, { maxLength: 4 }).map((names) => act(`read ${names.join()}`, ({ device }) => device.read(names))),
  fc
    .constantFrom('connecting', 'reading', 'writing', 'closing')
    .chain((verb) =>
      behaviour.map((next) => act(`${verb} ${next}`, ({ driver }) => (driver[verb as 'connecting'] = next))),
    ),
);
/** Most of the time nothing much passes; sometimes it is long enough for timeouts, beats and retries. */
const pause = fc.constantFrom(0, 0, 1, 500, 1999, 2000, 4500, 10_000, 70_000);

const KNOWN_CODES = [
  'UNKNOWN_PROPERTY',
  'READ_ONLY',
  'WRITE_ONLY',
  'BAD_VALUE',
  'QUEUE_FULL',
  'REPLACED',
  'CLOSED',
].concat(['LINK_LOST', 'TIMEOUT', 'BAD_RESPONSE', 'CONNECT_FAILED', 'NO_VALUE']);

describe('whatever happens to a device', () => {
  it('every promise settles, and after close no timer is left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(action, pause), { maxLength: 25 }), fc.boolean(), async (steps, notifying) => {
        const bench = deviceBench({
          properties: [
            property('a', 'ReadWrite', { type: 'uint8', value: 7 }),
            property('b', 'ReadOnly'),
            property('once', 'ReadOnce'),
            property('n', 'NotifyOnly'),
            property('w', 'WriteOnly'),
          ],
          writeQueueDepth: 3,
          notifications: notifying,
        });
        const promised: { name: string; outcome: () => unknown }[] = [];
        for (const [step, ms] of steps) {
          const promise = step.run(bench);
          if (promise !== undefined) promised.push({ name: step.name, ...watch(promise) });
          await bench.clock.advance(ms);
          expect(bench.driver.events.listenerCount('lost')).toBe(1);
        }
        const closed = watch(bench.device.close());
        await bench.clock.advance(5000);
        expect(closed.outcome()).toBeUndefined();
        for (const { name: what, outcome } of promised) {
          expect([what, outcome()]).not.toEqual([what, 'pending']);
          for (const code of errorCodes(outcome())) expect(KNOWN_CODES).toContain(code);
        }
        expect(bench.clock.pending).toEqual([]);
        expect(bench.device.snapshot().state).toBe('closed');
      }),
      { numRuns: 1000 },
    );
  }, 60_000);

  it('it is healthy again once the device works again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(action, pause), { maxLength: 15 }), async (steps) => {
        const bench = deviceBench({ properties: [property('a'), property('b', 'ReadOnly')] });
        for (const [step, ms] of steps) {
          step.run(bench)?.catch(() => undefined);
          await bench.clock.advance(ms);
        }
        Object.assign(bench.driver, { connecting: 'ok', reading: 'ok', writing: 'ok', closing: 'ok' });
        bench.driver.readErrors.clear();
        bench.device.start();
        await bench.clock.advance(80_000); // the longest pause, a timeout, a beat
        expect(bench.device.snapshot().state).toBe('healthy');
        expect(await bench.device.write({ a: 5 })).toEqual([{ name: 'a' }]);
        await bench.device.close();
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

/** The codes of an error, of readings, or of write results. */
function errorCodes(outcome: unknown): string[] {
  if (outcome instanceof DeviceError) return [outcome.code];
  if (outcome instanceof Error) return [outcome.message];
  if (!Array.isArray(outcome)) return [];
  return outcome.flatMap(({ error }: { error?: DeviceError }) => (error === undefined ? [] : [error.code]));
}
