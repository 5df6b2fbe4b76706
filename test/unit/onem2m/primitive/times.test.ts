import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromIsoDuration,
  fromTimestamp,
  toMoment,
  toTimestamp,
  toWholeSeconds,
} from '../../../../src/onem2m/primitive/times';

const at = (text: string): number => Date.parse(text);

describe('timestamps', () => {
  it('are written in the basic form, with a fraction where there is one', () => {
    expect(toTimestamp(at('2026-11-22T03:24:06Z'))).toBe('20261122T032406');
    expect(toTimestamp(at('2026-11-22T03:24:06.990Z'))).toBe('20261122T032406,990000');
    expect(toTimestamp(NaN)).toBe('19700101T000000');
    expect(toTimestamp(Infinity)).toBe('99991231T235959,999000');
    expect(toTimestamp(-1e20)).toBe('10000101T000000');
  });

  it('of whole seconds have no fraction, and lie behind or before', () => {
    const moment = at('2026-11-22T03:24:06.001Z');
    expect([toWholeSeconds(moment, 'up'), toWholeSeconds(moment, 'down')]).toEqual([
      '20261122T032407',
      '20261122T032406',
    ]);
    expect(toWholeSeconds(at('2026-11-22T03:24:06Z'), 'up')).toBe('20261122T032406');
    expect(toWholeSeconds(Infinity, 'up')).toBe('99991231T235959');
    expect(toWholeSeconds(-1500, 'down')).toBe('19691231T235958');
  });

  it.each([
    ['20261122T032406', '2026-11-22T03:24:06Z'],
    ['20261122T032406,990781', '2026-11-22T03:24:06.990Z'],
    ['20261122T032109,943', '2026-11-22T03:21:09.943Z'],
    ['20261122T032109.9', '2026-11-22T03:21:09.900Z'],
    ['20261122T032406Z', '2026-11-22T03:24:06Z'],
    ['20261122T042406+0100', '2026-11-22T03:24:06Z'],
    ['20261122T0324', '2026-11-22T03:24:00Z'],
    ['20261122', '2026-11-22T00:00:00Z'],
    ['20261122T240000', '2026-11-23T00:00:00Z'],
    ['2026-11-22T03:24:06.990Z', '2026-11-22T03:24:06.990Z'],
    ['2026-11-22T03:24:06-01:00', '2026-11-22T04:24:06Z'],
    [' 2028-02-29 ', '2028-02-29T00:00:00Z'],
  ])('%j is %s', (text, expected) => {
    expect(fromTimestamp(text)).toBe(at(expected));
  });

  it.each([
    '',
    'now',
    '2026',
    '20261322T000000',
    '20260230',
    '20261122T250000',
    '20261122T006100',
    '2026-11-22T03',
    20261122,
    null,
    {},
  ])('%j is none', (text) => {
    expect(fromTimestamp(text)).toBeUndefined();
  });

  it('give back every ms', () => {
    const ms = fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9999, 11, 31) });
    fc.assert(
      fc.property(ms, (time) => {
        expect(fromTimestamp(toTimestamp(time))).toBe(time);
        expect(fromTimestamp(new Date(time).toISOString())).toBe(time);
      }),
    );
  });

  it('sort as the times do', () => {
    const seconds = fc.integer({ min: Date.UTC(1000, 0) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        expect(toTimestamp(a * 1000) < toTimestamp(b * 1000)).toBe(a < b);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    ['PT30S', 30_000],
    ['PT1.5S', 1500],
    ['PT0,25S', 250],
    ['P1DT12H', 129_600_000],
    ['P2W', 1_209_600_000],
    ['PT1H2M3S', 3_723_000],
    ['P1D', 86_400_000],
  ])('%s', (text, ms) => {
    expect(fromIsoDuration(text)).toBe(ms);
  });

  it.each(['', 'P', 'PT', 'P1DT', 'P1M', 'P1Y', '30S', 'PT-1S', 5, undefined])('%j is none', (text) => {
    expect(fromIsoDuration(text)).toBeUndefined();
  });
});

describe('moments', () => {
  it('are absolute, or relative to now', () => {
    expect(toMoment('20261122T032406', 5)).toBe(at('2026-11-22T03:24:06Z'));
    expect(toMoment(1000, 5)).toBe(1005);
    expect(toMoment('1000', 5)).toBe(1005);
    expect(toMoment('PT1S', 5)).toBe(1005);
    expect(toMoment('-1000', 5)).toBe(-995);
    expect(toMoment('soon', 5)).toBeUndefined();
    expect(toMoment(NaN, 5)).toBeUndefined();
    expect(toMoment(undefined, 5)).toBeUndefined();
  });
});
