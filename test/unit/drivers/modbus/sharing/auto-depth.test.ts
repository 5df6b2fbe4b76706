import { describe, expect, it } from 'vitest';
import { AutoDepth } from '../../../../../src/drivers/modbus/sharing/auto-depth.ts';

/** So many answers in a row, each after `msOf(depth)`. */
function answer(auto: AutoDepth, count: number, msOf: (depth: number) => number): void {
  for (let index = 0; index < count; index++) auto.answered(msOf(auto.current), auto.current);
}

describe('AutoDepth', () => {
  it('begins with one, and doubles up to 16 where the peer answers all at once', () => {
    const auto = new AutoDepth();
    const seen = [auto.current];
    for (let step = 0; step < 6; step++) {
      answer(auto, 4, () => 10);
      seen.push(auto.current);
    }
    expect(seen).toEqual([1, 2, 4, 8, 16, 16, 16]);
  });

  it('stays where answers come one after the other', () => {
    const auto = new AutoDepth();
    answer(auto, 100, (depth) => 10 * depth);
    expect(auto.current).toBe(1);
  });

  it('stays at four where four are answered at a time', () => {
    const auto = new AutoDepth();
    answer(auto, 100, (depth) => 10 * Math.max(1, depth / 4));
    expect(auto.current).toBe(4);
  });

  it('counts only answers that show what this many in flight do, all in a row', () => {
    const auto = new AutoDepth();
    answer(auto, 4, () => 10);
    for (let count = 0; count < 100; count++) auto.answered(10, 1); // never two at a time
    expect(auto.current).toBe(2);
    for (let count = 0; count < 10; count++) {
      answer(auto, 3, () => 10);
      auto.startAnew();
    }
    expect(auto.current).toBe(2);
  });
});
