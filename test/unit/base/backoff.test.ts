import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../src/base/backoff.ts';

const pauses = (backoff: Backoff, count: number): number[] => Array.from({ length: count }, () => backoff.next());

describe('Backoff', () => {
  it('doubles from 1 s to 60 s, and starts over when reset', () => {
    const backoff = new Backoff(() => 0);
    expect(pauses(backoff, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    backoff.reset();
    expect(pauses(backoff, 2)).toEqual([1000, 2000]);
  });

  it('is never longer than the maximum, the first pause included', () => {
    expect(pauses(new Backoff(() => 0, 300), 3)).toEqual([300, 300, 300]);
    const backoff = new Backoff(() => 0, 300);
    backoff.reset();
    expect(backoff.next()).toBe(300);
  });

  it('takes at most a fifth off by chance', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.array(chance, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 1e7 }), (by, maxMs) => {
        let turn = 0;
        const backoff = new Backoff(() => by[turn++]!, maxMs);
        by.forEach((_chance, index) => {
          const whole = Math.min(1000 * 2 ** index, maxMs);
          const ms = backoff.next();
          expect(ms).toBeLessThanOrEqual(whole);
          expect(ms).toBeGreaterThanOrEqual(Math.floor(0.8 * whole));
        });
      }),
    );
  });
});
