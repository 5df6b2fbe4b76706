import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, MAX_TIMER_MS, parseDuration } from '../../../src/base/duration';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['250ms', 250],
    ['15s', 15_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['1.s', 1000],
    ['+2m', 120_000],
    ['1h30m', 5_400_000],
    ['1h15m30.9s', 4_530_900],
    ['100us', 0.1],
    ['100µs', 0.1],
    ['100μs', 0.1],
    ['1ns', 1e-6],
    [' 3s ', 3000],
    ['2147483647ms', MAX_TIMER_MS],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, ms });
  });

  it.each([
    ['30', 'needs a unit, such as "30s", got "30"'],
    ['-5s', 'must not be negative, got "-5s"'],
    ['abc', 'must be a duration such as'],
    ['', 'must be a duration such as'],
    ['5 s', 'must be a duration such as'],
    ['5S', 'must be a duration such as'],
    ['1,5s', 'must be a duration such as'],
    ['.s', 'must be a duration such as'],
    ['1..5s', 'must be a duration such as'],
    ['5s3', 'must be a duration such as'],
    ['1d', 'must be a duration such as'],
    ['+', 'must be a duration such as'],
    ['Infinitys', 'must be a duration such as'],
    ['600h', 'must be at most 596h31m23.647s, got "600h"'],
    ['1e3s', 'must be a duration such as'],
  ])('refuses %j', (text, message) => {
    const parsed = parseDuration(text);
    expect(parsed).toMatchObject({ ok: false, message: expect.stringContaining(message) as string });
  });

  it.each([30, null, undefined, true, {}, ['1s']])('refuses %j, which is no text', (value) => {
    expect(parseDuration(value)).toMatchObject({
      ok: false,
      message: expect.stringContaining('as text') as string,
    });
  });

  it('never throws, and what it accepts a timer can hold', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string()), (value) => {
        const parsed = parseDuration(value);
        expect(parsed.ok ? parsed.ms >= 0 && parsed.ms <= MAX_TIMER_MS : parsed.message.length > 0).toBe(true);
      }),
    );
  });

  it('refuses long junk without trying for ever', () => {
    const before = performance.now();
    expect(parseDuration('1'.repeat(50_000) + 'x').ok).toBe(false);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [0.000001, '1ns'],
    [0.0015, '1.5µs'],
    [250, '250ms'],
    [1500, '1.5s'],
    [30_000, '30s'],
    [600_000, '10m0s'],
    [3_600_000, '1h0m0s'],
    [60_000.000001, '1m0.000000001s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('gives text that parses to the same duration, down to the nanosecond', () => {
    const ms = fc.oneof(
      fc.integer({ min: 0, max: MAX_TIMER_MS }),
      fc.integer({ min: 0, max: MAX_TIMER_MS * 1e6 }).map((ns) => ns / 1e6),
      fc.integer({ min: 0, max: 1_000_000 }).map((ns) => ns / 1e6),
    );
    fc.assert(
      fc.property(ms, (value) => {
        expect(parseDuration(formatDuration(value))).toEqual({ ok: true, ms: value });
      }),
    );
  });
});
