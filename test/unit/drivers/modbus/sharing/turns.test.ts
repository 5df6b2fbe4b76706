import { describe, expect, it } from 'vitest';
import { Job, type Sharer } from '../../../../../src/drivers/modbus/sharing/job.ts';
import { Turns } from '../../../../../src/drivers/modbus/sharing/turns.ts';
import { never } from '../../../../support/modbus/modbus-device.ts';

const read = (sharer: Sharer): Job =>
  new Job(sharer, { function: 3, offset: 0, quantity: 1 }, { timeoutMs: 1, signal: never() });
const write = (sharer: Sharer): Job =>
  new Job(sharer, { function: 6, offset: 0, register: 1 }, { timeoutMs: 1, signal: never() });

/** Serves one request each `ms`; answers the units in order. */
function serve(turns: Turns, count: number, ms: number, from = 0): number[] {
  const served: number[] = [];
  for (let index = 0; index < count; index++) {
    const job = turns.first(
      () => undefined,
      () => true,
    );
    if (job === undefined) break;
    turns.pass(job.sharer, true, from + index * ms);
    served.push(job.unit);
  }
  return served;
}

describe('Turns', () => {
  it('go round among devices with the same interval, however much each has waiting', () => {
    const turns = new Turns();
    const sharers = [1, 2, 3].map((unit): Sharer => ({ unit, pipelining: 1, intervalMs: 1000 }));
    for (const sharer of sharers) turns.add(sharer);
    for (const sharer of sharers) for (let count = 0; count < 4 - sharer.unit; count++) turns.append(read(sharer));
    expect(serve(turns, 9, 10)).toEqual([1, 2, 3, 1, 2, 1]);
  });

  it('come first for a device that is read more often, and yet come to all', () => {
    const turns = new Turns();
    const [slow, fast]: [Sharer, Sharer] = [
      { unit: 1, pipelining: 1, intervalMs: 60_000 },
      { unit: 2, pipelining: 1, intervalMs: 200 },
    ];
    for (const sharer of [slow, fast]) turns.add(sharer);
    for (let count = 0; count < 100; count++) for (const sharer of [slow, fast]) turns.append(read(sharer));
    const served = serve(turns, 100, 100, 10_000);
    expect(served.slice(2, 15).every((unit) => unit === 2)).toBe(true);
    // It lags behind by two seconds at most: one turn in about 19.
    expect(served.filter((unit) => unit === 1).length).toBeGreaterThanOrEqual(5);
  });

  it('come at once to a write', () => {
    const turns = new Turns();
    const [one, other] = [1, 2].map((unit): Sharer => ({ unit, pipelining: 1, intervalMs: 1000 }));
    for (const sharer of [one!, other!]) turns.add(sharer);
    turns.pass(other!, false, 500);
    turns.append(read(one!));
    turns.append(write(other!));
    expect(serve(turns, 2, 10, 600)).toEqual([2, 1]);
  });
});
