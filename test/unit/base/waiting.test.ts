import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../src/base/errors.ts';
import { settleWithin, settlesWithin } from '../../../src/base/settle-within.ts';
import { abortError, pause, unlessAborted } from '../../../src/base/waiting.ts';
import { FakeClock } from '../../support/fakes/fake-clock.ts';

const never = (): Promise<never> => new Promise(() => undefined);
const closed = new DeviceError('CLOSED', 'closed for a test');
const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('pause', () => {
  it('ends when its time is over, or with the signal, and leaves neither timer nor listener', async () => {
    for (const end of ['time', 'signal'] as const) {
      const clock = new FakeClock();
      const controller = new AbortController();
      let isOver = false;
      const paused = pause(clock, 1000, controller.signal).then(() => (isOver = true));
      await clock.advance(999);
      expect([isOver, clock.pending, listeners(controller.signal)]).toEqual([false, [1000], 1]);
      if (end === 'time') await clock.advance(1);
      else controller.abort();
      await paused;
      expect([clock.pending, listeners(controller.signal)]).toEqual([[], 0]);
    }
  });

  it('is none with a signal that is aborted already', async () => {
    const clock = new FakeClock();
    await pause(clock, 1000, AbortSignal.abort());
    expect(clock.pending).toEqual([]);
  });
});

describe('unlessAborted', () => {
  it('settles as the promise does, and leaves no listener', async () => {
    const { signal } = new AbortController();
    await expect(unlessAborted(Promise.resolve(7), signal)).resolves.toBe(7);
    await expect(unlessAborted(Promise.reject(closed), signal)).rejects.toBe(closed);
    expect(listeners(signal)).toBe(0);
  });

  it('rejects as soon as the signal is aborted, and does not mind what comes later', async () => {
    const controller = new AbortController();
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<void>((_resolve, reject) => (fail = reject));
    const waiting = unlessAborted(late, controller.signal, 'read');
    controller.abort(closed);
    await expect(waiting).rejects.toBe(closed);
    fail(new Error('nobody hears this, and it must not count as unhandled'));
    await expect(unlessAborted(never(), AbortSignal.abort(), 'read')).rejects.toMatchObject({
      code: 'CLOSED',
      message: 'read: given up',
    });
  });

  it('tells the text of a reason that is no DeviceError where nothing else is known', () => {
    expect(abortError(AbortSignal.abort(new Error('went away')))).toMatchObject({
      code: 'CLOSED',
      message: 'went away',
    });
  });
});

describe('what has to settle in time', () => {
  it('answers whether it did', async () => {
    expect(await settlesWithin(10_000, Promise.resolve())).toBe(true);
    expect(await settlesWithin(10_000, Promise.reject(closed))).toBe(true);
    expect(await settlesWithin(0, never())).toBe(false);
  });

  it('answers what failed', async () => {
    expect(await settleWithin(10_000, [Promise.resolve(), Promise.reject(closed)])).toEqual([
      'DeviceError: closed for a test',
    ]);
    expect(await settleWithin(0, [never()])).toEqual(['not finished after 0 ms']);
  });
});
