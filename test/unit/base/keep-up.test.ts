import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../src/base/errors.ts';
import { KeepUp } from '../../../src/base/keep-up.ts';
import { FakeClock, flushMicrotasks } from '../../support/fakes/fake-clock.ts';

const PAUSE_MS = 1000;
const because = (text: string): DeviceError => new DeviceError('LINK_LOST', text);

type Ending = 'none' | 'at once' | 'later' | 'throws';

interface Attempt {
  readonly signal: AbortSignal;
  readonly at: number;
  readonly succeed: () => void;
  readonly fail: () => void;
  ups: number;
  downs: number;
}

/** A thing that is kept up, of which the test decides what comes of each attempt and when it is down. */
function bench(ending: Ending = 'none', pause: (heldMs: number | undefined) => number = () => PAUSE_MS) {
  const clock = new FakeClock();
  const attempts: Attempt[] = [];
  /** Attempts that began too early. */
  const overlaps: number[] = [];
  const held: (number | undefined)[] = [];
  const takenDown: (() => void)[] = [];
  let isEnding = false;
  const keepUp = new KeepUp({
    clock,
    attempt: (signal) => {
      // One at a time, and only when what the one before left is gone.
      if (isEnding || attempts.some((earlier) => !earlier.signal.aborted)) overlaps.push(attempts.length);
      return new Promise((resolve, reject) => {
        const fail = (): void => reject(because('refused'));
        attempts.push({ signal, at: clock.now(), succeed: resolve, fail, ups: 0, downs: 0 });
      });
    },
    pause: (heldMs) => {
      held.push(heldMs);
      return pause(heldMs);
    },
    onUp: () => (attempts.at(-1)!.ups += 1),
    onDown: () => (attempts.at(-1)!.downs += 1),
    takeDown: () => {
      if (ending === 'throws') throw new Error('cannot take it down');
      if (ending === 'none') return undefined;
      if (ending === 'at once') return Promise.resolve();
      isEnding = true;
      return new Promise((resolve) => {
        takenDown.push(() => {
          isEnding = false;
          resolve();
        });
      });
    },
  });
  return { clock, attempts, overlaps, held, takenDown, keepUp };
}

type Step =
  | 'start'
  | 'bringUp'
  | 'retryNow'
  | 'restart'
  | 'stop'
  | 'succeed'
  | 'fail'
  | 'succeed late'
  | 'lose'
  | 'lose late'
  | 'down'
  | number;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>('start', 'bringUp', 'retryNow', 'restart', 'stop', 'succeed late', 'lose late'),
  fc.constantFrom<Step>('succeed', 'succeed', 'fail', 'lose', 'down'),
  fc.constantFrom<Step>(1, PAUSE_MS / 2, PAUSE_MS),
);

describe('KeepUp', () => {
  it('makes of the fact what is wished, whatever happens', async () => {
    const endings = fc.constantFrom<Ending>('none', 'at once', 'later', 'throws');
    await fc.assert(
      fc.asyncProperty(endings, fc.array(step, { maxLength: 40 }), async (ending, steps) => {
        const { clock, attempts, overlaps, takenDown, keepUp } = bench(ending);
        const promises: { settled: boolean }[] = [];
        const watch = (promise: Promise<void>): void => {
          const watched = { settled: false };
          promises.push(watched);
          const settle = (): void => void (watched.settled = true);
          promise.then(settle, settle);
        };
        let isWished = false;
        for (const action of steps) {
          const current = attempts.at(-1);
          const countBefore = attempts.length;
          const wasPausing = clock.pending.length > 0;
          if (action === 'start') keepUp.start();
          else if (action === 'bringUp') watch(keepUp.bringUp());
          else if (action === 'retryNow') keepUp.retryNow();
          else if (action === 'restart') watch(keepUp.restart(because('restarted')));
          else if (action === 'stop') watch(keepUp.stop(because('stopped')));
          else if (action === 'succeed') current?.succeed();
          else if (action === 'fail') current?.fail();
          else if (action === 'lose') keepUp.lose(current?.signal, because('lost'));
          else if (action === 'succeed late') attempts.at(-2)?.succeed();
          else if (action === 'lose late') keepUp.lose(attempts.at(-2)?.signal, because('lost'));
          else if (action === 'down') takenDown.shift()?.();
          else await clock.advance(action);
          if (action === 'stop') isWished = false;
          else if (action === 'start' || action === 'bringUp' || action === 'restart') isWished = true;
          await flushMicrotasks();

          expect(overlaps).toEqual([]);
          expect(keepUp.isWished).toBe(isWished);
          const live = attempts.filter(({ signal }) => !signal.aborted);
          expect(live.length).toBe(keepUp.fact === 'starting' || keepUp.fact === 'up' ? 1 : 0);
          expect(live.every(({ signal }) => signal === keepUp.signal)).toBe(true);
          for (const { signal, ups, downs } of attempts) {
            expect(downs).toBe(signal.aborted ? 1 : 0);
            expect(ups).toBeLessThanOrEqual(1);
          }
          if (keepUp.fact === 'up') expect(live[0]!.ups).toBe(1);
          // Wish and fact differ only while something is under way.
          if (!isWished) {
            expect(['down', 'ending']).toContain(keepUp.fact);
            expect(clock.pending).toEqual([]);
          } else if (keepUp.fact === 'down') expect(clock.pending).toEqual([PAUSE_MS]);
          else expect(clock.pending).toEqual([]);
          // A pause ends by itself, or because somebody asks.
          const hurries = ['bringUp', 'retryNow', 'restart'].includes(String(action));
          if (wasPausing && attempts.length > countBefore && typeof action !== 'number') expect(hurries).toBe(true);
        }

        const stopped = keepUp.stop(because('the end'));
        watch(stopped);
        for (const down of takenDown) down();
        await stopped;
        await flushMicrotasks();
        expect(promises.every(({ settled }) => settled)).toBe(true);
        expect(keepUp.fact).toBe('down');
        expect(clock.pending).toEqual([]);
        // And it can be wished again.
        const up = keepUp.bringUp();
        attempts.at(-1)!.succeed();
        await up;
        expect(keepUp.fact).toBe('up');
      }),
      { numRuns: 1000 },
    );
  });

  it('pauses between attempts, and tells how long it was up', async () => {
    const { clock, attempts, held, keepUp } = bench('none', (heldMs) => (heldMs === undefined ? 100 : 10));
    const begin = clock.now();
    keepUp.start();
    attempts[0]!.fail();
    await clock.advance(100);
    attempts[1]!.succeed();
    await clock.advance(5000);
    keepUp.lose(attempts[1]!.signal, because('lost'));
    await clock.advance(9);
    expect(attempts.length).toBe(2);
    await clock.advance(1);
    expect(attempts.map(({ at }) => at - begin)).toEqual([0, 100, 5110]);
    expect(held).toEqual([undefined, 5000]);
  });

  it('settles bringUp with the outcome of the attempt under way, and goes on trying', async () => {
    const { clock, attempts, keepUp } = bench();
    keepUp.start();
    const first = keepUp.bringUp();
    attempts[0]!.fail();
    await expect(first).rejects.toMatchObject({ code: 'LINK_LOST', message: 'refused' });
    await clock.advance(PAUSE_MS);
    const second = keepUp.bringUp();
    attempts[1]!.succeed();
    await expect(second).resolves.toBeUndefined();
    await expect(keepUp.bringUp()).resolves.toBeUndefined();
    expect(attempts.length).toBe(2);
  });

  it('tells who came while it was being taken down that it was stopped', async () => {
    const { attempts, takenDown, keepUp } = bench('later');
    keepUp.start();
    keepUp.lose(attempts[0]!.signal, because('lost'));
    const waiting = keepUp.bringUp();
    const stopped = keepUp.stop(because('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    takenDown[0]!();
    await stopped;
    expect(attempts.length).toBe(1);
  });

  it('tries at once for who came while it was being taken down, and pauses where nobody did', async () => {
    const { clock, attempts, takenDown, keepUp } = bench('later');
    keepUp.start();
    keepUp.lose(attempts[0]!.signal, because('lost'));
    const waiting = keepUp.bringUp();
    takenDown[0]!();
    await clock.settle();
    attempts[1]!.succeed();
    await expect(waiting).resolves.toBeUndefined();
    keepUp.lose(attempts[1]!.signal, because('lost again'));
    takenDown[1]!();
    await clock.settle();
    expect([attempts.length, clock.pending]).toEqual([2, [PAUSE_MS]]);
    keepUp.retryNow();
    expect([attempts.length, clock.pending]).toEqual([3, []]);
  });

  it('restarts without a pause, once the old one is down', async () => {
    const { clock, attempts, takenDown, held, keepUp } = bench('later');
    keepUp.start();
    attempts[0]!.succeed();
    await clock.settle();
    const again = keepUp.restart(because('for another name'));
    await clock.settle();
    expect([attempts.length, keepUp.fact]).toEqual([1, 'ending']);
    takenDown[0]!();
    await clock.settle();
    expect([attempts.length, keepUp.fact]).toEqual([2, 'starting']);
    attempts[1]!.succeed();
    await again;
    expect(held).toEqual([]);
  });

  it('may be stopped by the hook that tells it is down', async () => {
    const clock = new FakeClock();
    const keepUp: KeepUp = new KeepUp({
      clock,
      attempt: () => Promise.reject(because('refused for ever')),
      pause: () => PAUSE_MS,
      onDown: (reason) => void keepUp.stop(reason),
    });
    await expect(keepUp.bringUp()).rejects.toThrow('refused for ever');
    expect([keepUp.fact, clock.pending]).toEqual(['down', []]);
  });

  it('goes on when a hook throws, and tells of it', async () => {
    const clock = new FakeClock();
    const faults: unknown[] = [];
    const fault = (): never => {
      throw new Error('a listener failed');
    };
    const keepUp = new KeepUp({
      clock,
      attempt: () => Promise.resolve(),
      pause: () => PAUSE_MS,
      onUp: fault,
      onDown: fault,
      onFault: (error) => faults.push(error),
    });
    await keepUp.bringUp();
    keepUp.lose(keepUp.signal, because('lost'));
    await clock.advance(PAUSE_MS);
    expect(keepUp.fact).toBe('up');
    expect(faults.length).toBe(3);
  });
});
