import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { DeadlineError, expireAfter, timeLimit, withDeadline } from '../../../src/base/deadline.ts';
import { DeviceError } from '../../../src/base/errors.ts';
import { FakeClock } from '../../support/fakes/fake-clock.ts';

function setup() {
  const clock = new FakeClock();
  const outer = new AbortController();
  const options = { clock, ms: 1000, signal: outer.signal, message: 'no answer to read within 1s' };
  /** What is left behind: timers, and listeners of the outer signal. */
  const left = (): readonly number[] => [clock.pending.length, getEventListeners(outer.signal, 'abort').length];
  return { clock, outer, options, left };
}

describe('withDeadline', () => {
  it.each(['resolves', 'rejects', 'throws at once'])('settles as the action does: %s', async (how) => {
    const { options, left } = setup();
    const error = new DeviceError('BAD_VALUE', 'refused');
    const outcome = withDeadline(options, () => {
      if (how === 'throws at once') throw error;
      return how === 'rejects' ? Promise.reject(error) : Promise.resolve(7);
    });
    if (how === 'resolves') await expect(outcome).resolves.toBe(7);
    else await expect(outcome).rejects.toBe(error);
    expect(left()).toEqual([0, 0]);
  });

  it('leaves nothing at the signal it gave either, where it would be kept with all that was read', async () => {
    const { options } = setup();
    let inner: AbortSignal | undefined;
    await withDeadline(options, (signal) => Promise.resolve((inner = signal)));
    expect(inner && getEventListeners(inner, 'abort')).toEqual([]);
  });

  it('gives up in time whether or not the action obeys, and lets it know', async () => {
    const { clock, options, left } = setup();
    let inner: AbortSignal | undefined;
    const outcome = withDeadline(options, (signal) => {
      inner = signal;
      return new Promise(() => undefined);
    });
    const settled = expect(outcome).rejects.toMatchObject({ code: 'TIMEOUT', message: options.message });
    await clock.advance(999);
    expect(inner?.aborted).toBe(false);
    await clock.advance(1);
    await settled;
    expect(inner?.reason).toBeInstanceOf(DeadlineError);
    expect(left()).toEqual([0, 0]);
  });

  it('ends early with the reason of the signal, even one that was aborted before', async () => {
    const { clock, outer, options, left } = setup();
    const reason = new DeviceError('CLOSED', 'the device was closed');
    let inner: AbortSignal | undefined;
    const outcome = withDeadline(options, (signal) => {
      inner = signal;
      return new Promise(() => undefined);
    });
    outer.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    expect(inner?.reason).toBe(reason);
    let wasCalled = false;
    const late = withDeadline(options, () => {
      wasCalled = true;
      return Promise.resolve();
    });
    await expect(late).rejects.toBe(reason);
    expect(wasCalled).toBe(false);
    expect([clock.pending.length, left()[1]]).toEqual([0, 0]);
  });

  it('tells CLOSED for a signal without a reason of ours, and wraps what is no Error', async () => {
    const { options } = setup();
    await expect(
      withDeadline({ ...options, signal: AbortSignal.abort('stop') }, () => Promise.resolve()),
    ).rejects.toMatchObject({ code: 'CLOSED' });
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what libraries do
    await expect(withDeadline(options, () => Promise.reject('just text'))).rejects.toThrow('just text');
  });

  it('does not mind an outcome that comes too late', async () => {
    const { clock, options } = setup();
    let fail: (error: Error) => void = () => undefined;
    const outcome = withDeadline(options, () => new Promise((_resolve, reject) => (fail = reject)));
    const settled = expect(outcome).rejects.toBeInstanceOf(DeadlineError);
    await clock.advance(1000);
    await settled;
    fail(new Error('must not count as unhandled'));
    await clock.settle();
  });
});

describe('expireAfter', () => {
  /** A clock whose event loop can stand still: what falls due meanwhile fires late, and only then. */
  class StallingClock extends FakeClock {
    private stalledMs = 0;
    override now(): number {
      return super.now() + this.stalledMs;
    }
    stall(ms: number): void {
      this.stalledMs += ms;
    }
  }

  it.each([1, 100, 250, 333, 2000, 5000, 60_000])('expires after %i ms to the millisecond', async (ms) => {
    const clock = new FakeClock();
    let isExpired = false;
    expireAfter(clock, ms, () => (isExpired = true));
    await clock.advance(ms - 1);
    expect(isExpired).toBe(false);
    await clock.advance(1);
    expect(isExpired).toBe(true);
    expect(clock.pending).toEqual([]);
  });

  it('does not expire by a pause of the event loop, and does when nobody answers after it', async () => {
    const clock = new StallingClock();
    let isExpired = false;
    expireAfter(clock, 2000, () => (isExpired = true));
    await clock.advance(100);
    clock.stall(5000);
    await clock.advance(200);
    expect(isExpired).toBe(false);
    await clock.advance(2000);
    expect(isExpired).toBe(true);
  });

  it('gives a turn to what came in during a pause in its last moment', async () => {
    const clock = new StallingClock();
    let isExpired = false;
    expireAfter(clock, 200, () => (isExpired = true));
    clock.stall(5000);
    await clock.advance(200);
    expect(isExpired).toBe(false);
    await clock.advance(1);
    expect(isExpired).toBe(true);
  });

  it('does not care about a clock that is set', async () => {
    const clock = new StallingClock();
    let isExpired = false;
    expireAfter(clock, 2000, () => (isExpired = true));
    clock.stall(-3_600_000);
    await clock.advance(2000);
    expect(isExpired).toBe(true);
  });

  it('is called off', async () => {
    const clock = new FakeClock();
    const callOff = expireAfter(clock, 1000, () => expect.unreachable());
    await clock.advance(500);
    callOff();
    expect(clock.pending).toEqual([]);
    await clock.advance(5000);
  });
});

describe('timeLimit', () => {
  it('aborts its signal in time with a DeadlineError, and leaves nothing behind', async () => {
    const { clock, options, left } = setup();
    const { signal } = timeLimit(options);
    await clock.advance(999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.reason).toBeInstanceOf(DeadlineError);
    expect(signal.reason).toMatchObject({ code: 'TIMEOUT', message: options.message });
    expect(left()).toEqual([0, 0]);
  });

  it('hands the reason of the outer signal on, also where that was aborted before', () => {
    const { outer, options, left } = setup();
    const reason = new DeviceError('CLOSED', 'the device was closed');
    const before = timeLimit(options);
    outer.abort(reason);
    expect([before.signal.reason, timeLimit(options).signal.reason]).toEqual([reason, reason]);
    expect(left()).toEqual([0, 0]);
  });

  it('leaves nothing behind once it is stopped', async () => {
    const { clock, outer, options, left } = setup();
    const { signal, stop } = timeLimit(options);
    stop();
    expect(left()).toEqual([0, 0]);
    await clock.advance(2000);
    outer.abort();
    expect(signal.aborted).toBe(false);
  });
});
