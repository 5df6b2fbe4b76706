import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors';
import { EarlyCuts } from '../../../../src/mqtt/connection/attempt/early-cuts';
import { MessageQueue, OutgoingMessage } from '../../../../src/mqtt/connection/outbox/message-queue';
import { PacketIds } from '../../../../src/mqtt/connection/session/packet-ids';
import { PingWatchdog } from '../../../../src/net/ping-watchdog';
import { ReconnectDelay } from '../../../../src/mqtt/connection/attempt/reconnect-delay';
import { FakeClock } from '../../../support/fakes/fake-clock';

describe('MessageQueue', () => {
  it('behaves like a plain list, whatever is done to it', () => {
    const command = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(0, 1, 2).map((qos) => ({ push: qos })) },
      { weight: 3, arbitrary: fc.constant('shift' as const) },
      { weight: 1, arbitrary: fc.constant('oldestQos0' as const) },
      { weight: 1, arbitrary: fc.nat(50).map((remove) => ({ remove })) },
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 4000, size: 'max' }), (commands) => {
        const queue = new MessageQueue();
        let model: OutgoingMessage[] = [];
        for (const step of commands) {
          if (step === 'shift') {
            queue.shift();
            model.shift();
          } else if (step === 'oldestQos0') {
            const oldest = model.find(({ qos }) => qos === 0);
            if (queue.takeOldestQos0() !== oldest) return false;
            model = model.filter((message) => message !== oldest);
          } else if ('remove' in step) {
            const victim = model[step.remove];
            if (victim && !queue.remove(victim)) return false;
            if (victim && queue.remove(victim)) return false;
            model = model.filter((message) => message !== victim);
          } else {
            const message = new OutgoingMessage('a', '', step.push, false, () => undefined);
            queue.push(message);
            model.push(message);
          }
          // Thousands of expects would take seconds.
          if (queue.size !== model.length || queue.first !== model[0]) return false;
        }
        const rest = queue.takeAll();
        return (
          queue.size === 0 && rest.length === model.length && rest.every((message, index) => message === model[index])
        );
      }),
      { numRuns: 15 },
    );
  });
});

describe('PacketIds', () => {
  it('gives each identifier once, leaves out what is kept, and starts over after 65535', () => {
    const ids = new PacketIds();
    const first = Array.from({ length: 65_535 }, () => ids.allocate());
    expect(new Set(first).size).toBe(65_535);
    expect(Math.min(...first.map(Number))).toBe(1);
    expect(Math.max(...first.map(Number))).toBe(65_535);
    expect(ids.allocate()).toBeNull();
    ids.keepOnly([1, 2, 4]);
    expect([ids.allocate(), ids.allocate()]).toEqual([3, 5]);
  });

  it('resumes a given identifier once', () => {
    const ids = new PacketIds();
    ids.allocate();
    ids.resume(77);
    expect([ids.allocate(), ids.getLastAllocated(), ids.allocate()]).toEqual([77, 77, 78]);
  });
});

describe('ReconnectDelay', () => {
  it('doubles from 1 s up to the maximum, and starts over after a connection that held', () => {
    const delay = new ReconnectDelay(10_000, () => 0);
    expect([0, 0, 0, 0, 0, 0].map((held) => delay.next(held))).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect([5000, 0, 10].map((held) => delay.next(held))).toEqual([1000, 2000, 4000]);
  });

  it('with 0 tries at once, yet is no busy loop', () => {
    const delay = new ReconnectDelay(0, () => 0.9);
    expect([0, 0, 0, 2000, 0].map((held) => delay.next(held))).toEqual([0, 50, 50, 0, 50]);
  });
});

describe('ReconnectDelay by chance', () => {
  const delays = (maxMs: number, random: () => number, count: number): number[] => {
    const delay = new ReconnectDelay(maxMs, random);
    return Array.from({ length: count }, () => delay.next(0));
  };

  it('takes up to a fifth off every pause, as devices do', () => {
    expect(delays(10_000, () => 0.5, 6)).toEqual([900, 1800, 3600, 7200, 9000, 9000]);
  });

  it('never waits longer than the maximum, nor less than four fifths of the pause or 50 ms', () => {
    const chance = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600_000 }), chance, (maxMs, random) => {
        const given = delays(maxMs, () => random.next().value as number, 25);
        given.forEach((ms, index) => {
          const pause = Math.min(1000 * 2 ** index, maxMs);
          expect(ms).toBeLessThanOrEqual(Math.max(50, pause));
          expect(ms).toBeGreaterThanOrEqual(Math.max(50, Math.round(0.8 * pause)));
        });
      }),
    );
  });

  it('brings gateways that lost their broker in the same moment back at different times', () => {
    const gateways = Array.from({ length: 20 }, (_none, index) => delays(600_000, () => index / 20, 5));
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(new Set(gateways.map((given) => given[attempt])).size).toBe(20);
    }
  });
});

describe('EarlyCuts', () => {
  const lost = new DeviceError('LINK_LOST', 'the broker closed the connection');
  const cut = (cuts: EarlyCuts, heldMs = 1000, isCut = true): boolean => cuts.lost(lost, heldMs, isCut) !== lost;

  it('are told from the third in a row on', () => {
    const cuts = new EarlyCuts('twin');
    expect([1, 2, 3, 4].map(() => cut(cuts))).toEqual([false, false, true, true]);
    expect(cuts.areRepeated).toBe(true);
  });

  it.each([
    ['one that held for 20 s', (cuts: EarlyCuts) => cut(cuts, 20_000)],
    ['one that was lost for a known reason', (cuts: EarlyCuts) => cut(cuts, 1000, false)],
    ['a broker that was not there', (cuts: EarlyCuts) => cuts.unreached()],
  ])('start over after %s', (_what, happens) => {
    const cuts = new EarlyCuts('twin');
    for (let time = 0; time < 3; time++) cut(cuts);
    happens(cuts);
    expect([cuts.areRepeated, cut(cuts), cut(cuts), cut(cuts)]).toEqual([false, false, false, true]);
  });
});

describe('PingWatchdog', () => {
  const start = (
    pingTimeoutMs = 1000,
  ): { clock: FakeClock; watchdog: PingWatchdog; count: { pings: number; lost: number } } => {
    const clock = new FakeClock();
    const count = { pings: 0, lost: 0 };
    const watchdog = new PingWatchdog({
      clock,
      keepAliveMs: 10_000,
      pingTimeoutMs,
      ping: () => count.pings++,
      lost: () => count.lost++,
    });
    return { clock, watchdog, count };
  };

  it('pings after silence in either direction, not while both sides talk', async () => {
    const { clock, watchdog, count } = start();
    for (let second = 0; second < 30; second++) {
      await clock.advance(1000);
      watchdog.sent();
      watchdog.received();
    }
    expect(count).toEqual({ pings: 0, lost: 0 });
    for (let second = 0; second < 11; second++) {
      await clock.advance(1000);
      watchdog.sent();
    }
    expect(count.pings).toBe(1);
    watchdog.stop();
  });

  it('declares the link lost after the ping timeout, and not before', async () => {
    const { clock, count } = start();
    await clock.advance(10_999);
    expect(count).toEqual({ pings: 1, lost: 0 });
    await clock.advance(2);
    expect(count).toEqual({ pings: 1, lost: 1 });
    await clock.advance(100_000);
    expect(count.lost).toBe(1);
    expect(clock.pending).toEqual([]);
  });

  it('goes on after an answer, even one in the same millisecond', async () => {
    const { clock, watchdog, count } = start();
    await clock.advance(10_000);
    watchdog.received();
    await clock.advance(1000);
    expect(count).toEqual({ pings: 1, lost: 0 });
    await clock.advance(9000);
    expect(count.pings).toBe(2);
    watchdog.stop();
    expect(clock.pending).toEqual([]);
  });

  it('pings each keepAlive after the last packet sent, however long it waits for an answer', async () => {
    const { clock, watchdog, count } = start(25_000);
    await clock.advance(10_000);
    watchdog.received();
    await clock.advance(10_000);
    expect(count).toEqual({ pings: 2, lost: 0 });
    watchdog.received();
    await clock.advance(4000);
    watchdog.sent();
    watchdog.received();
    await clock.advance(9999);
    expect(count.pings).toBe(2);
    await clock.advance(1);
    expect(count.pings).toBe(3);
    watchdog.stop();
    expect(clock.pending).toEqual([]);
  });

  it('pings on while an answer is overdue, and counts the ping timeout from the first that was not answered', async () => {
    const { clock, count } = start(25_000);
    await clock.advance(34_999);
    expect(count).toEqual({ pings: 3, lost: 0 });
    await clock.advance(2);
    expect(count).toEqual({ pings: 3, lost: 1 });
    expect(clock.pending).toEqual([]);
  });

  it('never declares it lost with a ping timeout of 0', async () => {
    const { clock, watchdog, count } = start(0);
    await clock.advance(45_000);
    expect(count.lost).toBe(0);
    expect(count.pings).toBeGreaterThanOrEqual(4);
    watchdog.stop();
  });
});
