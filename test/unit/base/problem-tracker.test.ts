import { describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../src/base/errors.ts';
import { ProblemTracker, type Trouble } from '../../../src/base/problem-tracker.ts';
import { FakeClock, MemoryLog } from '../../support/fakes/fake-clock.ts';

function bench() {
  const clock = new FakeClock();
  const log = new MemoryLog();
  const told: DeviceError[] = [];
  const tracker = new ProblemTracker(clock, log, (problem) => told.push(problem));
  return { clock, log, told, tracker, messages: () => told.map(({ message }) => message) };
}

const trouble = (message: string, name?: string, code = 'TIMEOUT'): Trouble => ({
  ...(name === undefined ? {} : { name }),
  error: { code, message },
});

describe('ProblemTracker', () => {
  it('tells an error once however often it repeats, and says how often when it is gone', async () => {
    const { clock, log, tracker, messages } = bench();
    for (let count = 0; count < 12; count++) {
      tracker.report('read', [trouble('no answer', 'a')]);
      await clock.advance(1000);
    }
    tracker.report('read', []);
    tracker.report('read', []);
    expect(messages()).toEqual(['a: no answer']);
    expect(log.lines).toEqual([
      'warn: a: no answer [TIMEOUT]',
      'info: no longer: a: no answer (12 times since 2026-01-01T00:00:00.000Z)',
    ]);
  });

  it('tells it again after it was gone', () => {
    const { tracker, messages, log } = bench();
    for (let count = 0; count < 2; count++) {
      tracker.report('link', [trouble('refused')]);
      tracker.report('link', []);
    }
    expect(messages()).toEqual(['refused', 'refused']);
    expect(log.lines[1]).toContain('(once since ');
  });

  it('takes a text with another counter, time or port for the same error', () => {
    const { tracker, messages } = bench();
    for (let port = 40_000; port < 40_100; port++) tracker.report('link', [trouble(`127.0.0.1:${port} broke`)]);
    for (let ms = 1; ms < 100; ms++) tracker.report('read', [trouble(`no answer within ${ms} ms`, 'a')]);
    expect(messages()).toEqual(['127.0.0.1:40000 broke', 'a: no answer within 1 ms']);
  });

  it('names the properties that share an error together, at most three of them', () => {
    const { tracker, messages } = bench();
    tracker.report('read', [
      ...['a', 'b', 'c', 'd', 'e'].map((name) => trouble('no answer', name)),
      trouble('no answer', 'f', 'LINK_LOST'),
      trouble('other', 'g'),
    ]);
    expect(messages()).toEqual(['a, b, c and 2 more: no answer', 'f: no answer', 'g: other']);
  });

  it('keeps the sources apart, and hands advice on', () => {
    const { tracker, told } = bench();
    tracker.report('read', [trouble('no answer')]);
    tracker.report('write', [{ error: { code: 'TIMEOUT', message: 'no answer', advice: 'Look at the cable.' } }]);
    tracker.report('read', []);
    expect(told.map(({ code, advice }) => [code, advice])).toEqual([
      ['TIMEOUT', undefined],
      ['TIMEOUT', 'Look at the cable.'],
    ]);
  });

  it('does not fill the memory with errors whose text differs every time', () => {
    const { tracker, told, log } = bench();
    const many = Array.from({ length: 1000 }, (_none, index) => trouble(`error number ${index}`));
    tracker.report('read', many);
    expect(told.length).toBe(100);
    tracker.report('read', []);
    expect(log.lines.length).toBe(200);
  });
});
