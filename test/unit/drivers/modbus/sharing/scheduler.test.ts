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
  readonly settle: Settle;
  isOver?: boolean;
}

function setUp(): { clock: FakeClock; scheduler: Scheduler; sent: Sent[]; ask: (sharer: Sharer) => Job } {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const link: Link = {
    maxInFlight: 127,
    received: 0,
    strays: 0,
    isSpent: false,
    ending: undefined,
    send: (unit, _, settle) => {
      const one: Sent = { unit, settle };
      sent.push(one);
      return () => (one.isOver = true);
    },
  };
  const scheduler = new Scheduler(clock, {
    onUnanswered: () => undefined,
    onWanted: () => undefined,
    onOneAtATime: () => undefined,
  });
  scheduler.start(link);
  const ask = (sharer: Sharer): Job => {
    const job = new Job(sharer, { function: 3, offset: 0, quantity: 1 }, { timeoutMs: 3000, signal: never() });
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
