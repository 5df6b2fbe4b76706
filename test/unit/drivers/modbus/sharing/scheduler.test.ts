import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Job, type Sharer } from '../../../../../src/drivers/modbus/sharing/job.ts';
import type { Link, Settle } from '../../../../../src/drivers/modbus/sharing/link.ts';
import { OVERDUE_MS, Scheduler } from '../../../../../src/drivers/modbus/sharing/scheduler.ts';
import { MAX_IN_FLIGHT, TransactionIds } from '../../../../../src/drivers/modbus/framing/transaction-ids.ts';
import { FakeClock } from '../../../../support/fakes/fake-clock.ts';
import { never } from '../../../../support/modbus/modbus-device.ts';

interface Sent {
  readonly unit: number;
  readonly offset: number;
  readonly settle: Settle;
  isOver?: boolean;
}

/** Does `act`, which settles `outcome`, once what `outcome` has sent is on its way. */
async function settleWith<T>(outcome: Promise<T>, act: () => void): Promise<T> {
  act();
  return outcome;
}

function setUp(): {
  clock: FakeClock;
  scheduler: Scheduler;
  sent: Sent[];
  ask: (sharer: Sharer, offset?: number) => Job;
} {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const link: Link = {
    maxInFlight: 127,
    received: 0,
    strays: 0,
    isSpent: false,
    ending: undefined,
    isInTurn: false,
    isLossy: false,
    restMs: 0,
    instead: undefined,
    askBefore: () => undefined,
    sendUnanswered: () => Promise.resolve(),
    send: (unit, { offset }, settle) => {
      const one: Sent = { unit, offset, settle };
      sent.push(one);
      return () => (one.isOver = true);
    },
  };
  const scheduler = new Scheduler(clock, {
    onUnanswered: () => undefined,
    mayBeDeaf: () => false,
    onWanted: () => undefined,
    onOneAtATime: () => undefined,
  });
  scheduler.start(link);
  const ask = (sharer: Sharer, offset = 0): Job => {
    const job = new Job(sharer, { function: 3, offset, quantity: 1 }, { timeoutMs: 3000, signal: never() });
    job.answer.catch(() => undefined);
    scheduler.submit(job);
    return job;
  };
  return { clock, scheduler, sent, ask };
}

describe('Scheduler', () => {
  it('sends nothing beside an overdue request where one at a time is what a device bears, and still takes its answer', async () => {
    const { clock, scheduler, sent, ask } = setUp();
    const [slow, quick]: Sharer[] = [
      { unit: 1, pipelining: 1 },
      { unit: 2, pipelining: 1 },
    ];
    scheduler.add(slow!);
    scheduler.add(quick!);
    const late = ask(slow!);
    ask(slow!);
    ask(quick!);
    await clock.advance(3 * OVERDUE_MS - 1);
    expect(sent.map(({ unit }) => unit)).toEqual([1]); // serial gateways drop the older of two
    sent[0]!.settle(undefined, Uint8Array.of(0, 7));
    expect(await late.answer).toEqual(Uint8Array.of(0, 7));
    expect(sent.map(({ unit }) => unit)).toEqual([1, 2]);
    sent[1]!.settle(undefined, Uint8Array.of(0, 8));
    expect(sent.map(({ unit }) => unit)).toEqual([1, 2, 1]);
  });

  it('leaves room for others where several are allowed, and gives an overdue unit no more', async () => {
    const { clock, scheduler, sent, ask } = setUp();
    const [slow, quick]: Sharer[] = [
      { unit: 1, pipelining: 4 },
      { unit: 2, pipelining: 4 },
    ];
    scheduler.add(slow!);
    scheduler.add(quick!);
    const late = ask(slow!);
    for (let count = 0; count < 5; count++) ask(slow!);
    expect(sent.map(({ unit }) => unit)).toEqual([1, 1, 1]);
    await clock.advance(OVERDUE_MS);
    ask(quick!);
    ask(quick!);
    expect(sent.map(({ unit }) => unit)).toEqual([1, 1, 1, 2]);
    sent[1]!.settle(undefined, Uint8Array.of(0, 7));
    sent[2]!.settle(undefined, Uint8Array.of(0, 7));
    expect(sent.map(({ unit }) => unit)).toEqual([1, 1, 1, 2, 2]); // and not the slow unit's fourth
    sent[0]!.settle(undefined, Uint8Array.of(0, 7));
    expect(await late.answer).toEqual(Uint8Array.of(0, 7));
    expect(sent.map(({ unit }) => unit)).toEqual([1, 1, 1, 2, 2, 1, 1]);
  });

  it('never has more in flight than the most modest device bears, whatever is asked, answered or not', async () => {
    const step = fc.tuple(fc.constantFrom('ask', 'ask', 'answer', 'wait'), fc.nat(3));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), async (pipelining, steps) => {
        const { clock, scheduler, sent, ask } = setUp();
        const sharers: Sharer[] = [1, 2, 3].map((unit) => ({ unit, pipelining }));
        for (const sharer of sharers) scheduler.add(sharer);
        const open = (): Sent[] => sent.filter(({ isOver }) => isOver !== true);
        for (const [kind, place] of steps) {
          if (kind === 'ask') ask(sharers[place % 3]!);
          else if (kind === 'wait') await clock.advance(1100);
          else if (open().length > 0) {
            const one = open()[place % open().length]!;
            one.isOver = true;
            one.settle(undefined, Uint8Array.of(0, 1));
          }
          expect(open().length).toBeLessThanOrEqual(pipelining);
        }
      }),
    );
  });

  it('leaves a silent unit alone for a pause that doubles, and leaves no timer behind', async () => {
    const { clock, scheduler, sent, ask } = setUp();
    const dead: Sharer = { unit: 9, pipelining: 1 };
    scheduler.add(dead);
    const attempts = async (forMs: number): Promise<number> => {
      const before = sent.length;
      for (let passed = 0; passed < forMs; passed += 500) {
        ask(dead);
        await clock.advance(500);
      }
      return sent.length - before;
    };
    expect(await attempts(60_000)).toBeLessThanOrEqual(8); // 3 s each, then pauses of 1, 2, 4, 8, 16 s
    await clock.advance(60_000);
    expect(clock.pending).toEqual([]);
  });

  describe('asks for what was answered last before anything else of a unit that was silent', () => {
    const [own, other]: Sharer[] = [
      { unit: 1, pipelining: 1 },
      { unit: 2, pipelining: 1 },
    ];
    const answer = (one: Sent | undefined): void => one?.settle(undefined, Uint8Array.of(0, 7));
    const offsets = (sent: readonly Sent[]): string[] => sent.map(({ unit, offset }) => `${unit}/${offset}`);

    it('and goes on with what waits where that is answered, however often it happens', async () => {
      const { clock, scheduler, sent, ask } = setUp();
      scheduler.add(own!);
      ask(own!, 7);
      answer(sent[0]);
      const silent = [10, 11, 12].map((offset) => ask(own!, offset));
      for (let count = 0; count < 3; count++) {
        await clock.advance(3000);
        await expect(silent[count]!.answer).rejects.toMatchObject({ code: 'TIMEOUT' });
        if (count < 2) answer(sent.at(-1));
      }
      expect(offsets(sent)).toEqual(['1/7', '1/10', '1/7', '1/11', '1/7', '1/12']);
      expect(scheduler.isSilent(1)).toBe(false);
      expect(await settleWith(scheduler.isThere(own!, 3000), () => answer(sent.at(-1)))).toBe(true);
    });

    it('and takes the unit for silent where that is not answered either, after two answer times', async () => {
      const { clock, scheduler, sent, ask } = setUp();
      scheduler.add(own!);
      scheduler.add(other!);
      ask(own!, 7);
      answer(sent[0]);
      const waiting = [10, 11, 12].map((offset) => ask(own!, offset));
      await clock.advance(6000);
      for (const { answer: outcome } of waiting) await expect(outcome).rejects.toMatchObject({ code: 'TIMEOUT' });
      expect(offsets(sent)).toEqual(['1/7', '1/10', '1/7']);
      expect(scheduler.isSilent(1)).toBe(true);
      expect(await scheduler.isThere(own!, 3000)).toBe(false);
    });

    it('and counts several that were in flight together once, and not at all where others were answered meanwhile', async () => {
      const { clock, scheduler, sent, ask } = setUp();
      const wide: Sharer = { unit: 1, pipelining: 4 };
      scheduler.add(wide);
      ask(wide, 7);
      answer(sent[0]);
      [10, 11, 12].forEach((offset) => ask(wide, offset));
      await clock.advance(3000);
      expect(scheduler.isSilent(1)).toBe(false);
      expect(scheduler.isAnswering(1)).toBe(false);
      expect(await settleWith(scheduler.isThere(wide, 3000), () => answer(sent.at(-1)))).toBe(true);
      [20, 21].forEach((offset) => ask(wide, offset));
      answer(sent.at(-1));
      await clock.advance(6000); // once beside the other, and once alone
      expect(scheduler.isSilent(1)).toBe(false);
    });
  });

  it('fails everything when the link stops', async () => {
    const { clock, scheduler, ask } = setUp();
    const sharer: Sharer = { unit: 1, pipelining: 1 };
    scheduler.add(sharer);
    const jobs = [ask(sharer), ask(sharer)];
    scheduler.stop({ code: 'LINK_LOST' } as never);
    for (const job of jobs) await expect(job.answer).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(clock.pending).toEqual([]);
  });
});

describe('TransactionIds', () => {
  it('never gives out an id that is in use or was given up lately', () => {
    // Few are given up and answers come in any order, so that both kinds are still there after 256 others.
    const step = fc.tuple(fc.constantFrom('take', 'take', 'take', 'answer', 'answer', 'abandon'), fc.nat());
    fc.assert(
      fc.property(fc.array(step, { minLength: 1000, maxLength: 2000 }), (steps) => {
        const ids = new TransactionIds(256);
        const used: number[] = [];
        const abandoned: number[] = [];
        for (const [kind, place] of steps) {
          if (kind === 'take' && used.length < MAX_IN_FLIGHT) {
            const id = ids.take();
            expect(used).not.toContain(id);
            expect(abandoned.slice(-100)).not.toContain(id);
            used.push(id);
          } else {
            const [id] = used.splice(place % used.length, 1);
            if (id === undefined) continue;
            if (kind === 'abandon') {
              ids.abandon(id);
              abandoned.push(id);
            } else ids.release(id);
          }
        }
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });
});
