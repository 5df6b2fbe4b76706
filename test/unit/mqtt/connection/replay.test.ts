import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Precedence } from '../../../../src/base/broker-connection';
import { OutgoingMessage } from '../../../../src/mqtt/connection/outbox/message-queue';
import { ReplayBudget } from '../../../../src/mqtt/connection/outbox/replay-budget';
import { WaitingLine, type WaitingLineOptions } from '../../../../src/mqtt/connection/outbox/waiting-line';
import { FakeClock } from '../../../support/fakes/fake-clock';

const precedences = fc.constantFrom<Precedence | undefined>(undefined, 'first', 'inOrder', 'newestFirst');

function messageOf(topic: string, precedence: Precedence | undefined, qos: 0 | 1 | 2 = 0): OutgoingMessage {
  const message = new OutgoingMessage(topic, 'x', qos, true, () => undefined);
  message.precedence = precedence;
  return message;
}

const fails = (): never => {
  throw new Error('nothing of this should happen');
};
const IN_MEMORY = { page: undefined, restore: fails, onProblem: fails, onLost: fails };

/** A line on a clock that the test turns, and all that may leave it. */
function lineOf(rate: number, more: Partial<WaitingLineOptions> = {}) {
  const clock = new FakeClock();
  const left: { message: OutgoingMessage; at: number; isRetained: boolean }[] = [];
  let isConnected = false;
  const pump = (): void => {
    for (let next = isConnected ? line.next() : undefined; next !== undefined; next = line.next()) {
      next.fit({ maximumQos: 2, keepsRetained: true } as Parameters<OutgoingMessage['fit']>[0]);
      left.push({ message: next, at: clock.now(), isRetained: next.sentRetained });
      line.shift();
    }
  };
  const line = new WaitingLine({ clock, rate, onReady: pump, ...IN_MEMORY, ...more });
  const connect = (): void => {
    isConnected = true;
    line.replay();
    pump();
  };
  const disconnect = (): void => {
    isConnected = false;
    line.pause();
  };
  const push = (message: OutgoingMessage): void => {
    line.push(message);
    pump();
  };
  return { clock, line, left, connect, disconnect, push };
}

type Step =
  | { readonly kind: 'push'; readonly topic: string; readonly precedence: Precedence | undefined; readonly qos: 0 | 1 }
  | { readonly kind: 'connect' | 'disconnect' }
  | { readonly kind: 'wait'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('push' as const),
        topic: fc.constantFrom('a', 'b', 'c'),
        precedence: precedences,
        qos: fc.constantFrom<0 | 1>(0, 1),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('connect' as const, 'disconnect' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3000 }) }) },
  ),
  { maxLength: 80 },
);

/** What is pushed, in order. A topic belongs to one device, and so has one precedence and QoS. */
async function play(rate: number, plan: readonly Step[]) {
  const bench = lineOf(rate);
  const pushed: OutgoingMessage[] = [];
  const ofTopic = new Map<string, { precedence: Precedence | undefined; qos: 0 | 1 }>();
  for (const step of plan) {
    if (step.kind === 'connect') bench.connect();
    else if (step.kind === 'disconnect') bench.disconnect();
    else if ('ms' in step) await bench.clock.advance(step.ms);
    else if ('topic' in step) {
      const { precedence, qos } = ofTopic.get(step.topic) ?? step;
      ofTopic.set(step.topic, { precedence, qos });
      const message = messageOf(step.topic, precedence, qos);
      message.key = pushed.push(message);
      bench.push(message);
    }
  }
  bench.connect();
  await bench.clock.advance(2000 + (pushed.length * 1000) / rate);
  return { ...bench, pushed };
}

describe('what waits for a broker', () => {
  it('leaves once each, whatever comes and goes, and no timer is left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), steps, async (rate, plan) => {
        const { left, pushed, line, clock } = await play(rate, plan);
        expect(line.size).toBe(0);
        expect(left.map(({ message }) => message.key).sort((a, b) => a - b)).toEqual(pushed.map(({ key }) => key));
        line.takeAll();
        expect(clock.pending).toEqual([]);
      }),
    );
  });

  it('leaves in order where it is no value, whatever the topic', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), steps, async (rate, plan) => {
        const { left } = await play(rate, plan);
        const keys = left.map(({ message }) => message).filter(({ precedence }) => precedence === undefined);
        expect(keys.map(({ key }) => key)).toEqual(keys.map(({ key }) => key).sort((a, b) => a - b));
      }),
    );
  });

  it('leaves in order, topic by topic, unless newer values are to go first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), steps, async (rate, plan) => {
        const { left } = await play(rate, plan);
        for (const topic of ['a', 'b', 'c']) {
          const ofTopic = left.map(({ message }) => message).filter((message) => message.topic === topic);
          if (ofTopic[0]?.precedence === 'newestFirst') continue;
          const keys = ofTopic.map(({ key }) => key);
          expect(keys).toEqual([...keys].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('leaves as what the broker keeps the newest value of each topic', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), steps, async (rate, plan) => {
        const { left, pushed } = await play(rate, plan);
        for (const topic of ['a', 'b', 'c']) {
          const newest = pushed.findLast((message) => message.topic === topic);
          const kept = left.findLast(({ message, isRetained }) => message.topic === topic && isRetained);
          expect(kept?.message.key).toBe(newest?.key);
        }
      }),
    );
  });

  it('leaves a backlog no faster than its rate, however many new values come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 50 }),
        fc.constantFrom<Precedence>('inOrder', 'newestFirst'),
        async (rate, waiting, every, precedence) => {
          const { clock, connect, push, left, line } = lineOf(rate);
          for (let index = 0; index < waiting; index++) push(messageOf('a', precedence));
          connect();
          const begin = clock.now();
          let fresh = 0;
          while (line.size > 0) {
            await clock.advance(10);
            if (every > 0 && fresh < 1000 && (clock.now() / 10) % every < 1) {
              push(messageOf('a', precedence));
              fresh++;
            }
          }
          for (const [index, { at }] of left.entries()) {
            expect(index + 1 - fresh).toBeLessThanOrEqual(1 + ((at - begin + 1) * rate) / 1000);
          }
          // It has not taken much longer than it had to.
          expect(clock.now() - begin).toBeLessThanOrEqual((waiting * 1000) / rate + 1000 / rate + 100);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets new values and everything else leave before a backlog, if so wished, and availability before all', () => {
    const { left, connect, push } = lineOf(1);
    for (let index = 0; index < 3; index++) push(messageOf(`old ${index}`, 'newestFirst'));
    connect();
    push(messageOf('new', 'newestFirst'));
    push(messageOf('result', undefined));
    expect(left.map(({ message }) => message.topic)).toEqual(['old 0', 'new', 'result']);
    push(messageOf('availability', 'first'));
    expect(left.at(-1)?.message.topic).toBe('availability');
  });

  it('does not wait where nothing is a value of a series, or the rate is without bound', () => {
    for (const [rate, precedence] of [
      [1, undefined],
      [0, 'inOrder'],
    ] as const) {
      const { left, connect, push } = lineOf(rate);
      for (let index = 0; index < 300; index++) push(messageOf('a', precedence));
      connect();
      expect(left).toHaveLength(300);
    }
  });

  it('leaves at once when the connection is closed', () => {
    const { left, connect, push, line, clock } = lineOf(1);
    for (let index = 0; index < 300; index++) push(messageOf('a', 'inOrder'));
    connect();
    expect(left).toHaveLength(1);
    line.hurry();
    expect(left).toHaveLength(300);
    expect(clock.pending).toEqual([]);
  });
});

describe('what waits in a store', () => {
  it.each(['inOrder', 'newestFirst'] as const)(
    'leaves once each though others have left before it (%s)',
    async (precedence) => {
      const stored = new Map<number, OutgoingMessage>();
      // As of a file: copies, without regard to who else has the message.
      const page: WaitingLineOptions['page'] = (after) => {
        const behind = [...stored.values()].filter(({ key }) => key > after);
        const messages = behind
          .slice(0, 290)
          .map((message) => Object.assign(messageOf(message.topic, message.precedence, 1), { key: message.key }));
        const readTo = messages.at(-1)?.key ?? after;
        return Promise.resolve({ messages, readTo, isLast: messages.length === behind.length });
      };
      const restore: WaitingLineOptions['restore'] = ({ key, topic, precedence: known }) =>
        Object.assign(messageOf(topic, known, 1), { key, hasOwner: false });
      const { clock, left, connect, push, line } = lineOf(2000, { page, restore });
      let last = 0;
      const store = (topic: string, wish: Precedence | undefined): void => {
        const message = Object.assign(messageOf(topic, wish, 1), { key: ++last });
        stored.set(last, message);
        push(message);
        if (last % 3 === 0) line.disown(message);
      };
      for (let index = 0; index < 5000; index++) store('a', precedence);
      connect();
      for (let round = 0; line.size > 0; round++) {
        await clock.advance(20);
        // They are answered some time later.
        if (round % 10 === 9) for (const { message } of left) stored.delete(message.key);
        if (round < 100)
          for (let index = 0; index < 5; index++)
            store(index === 0 ? 'other' : 'a', index === 0 ? undefined : precedence);
      }
      const keys = left.map(({ message }) => message.key);
      expect(keys).toHaveLength(last);
      expect(new Set(keys).size).toBe(last);
      if (precedence === 'inOrder') {
        const ofValues = left.filter(({ message }) => message.topic === 'a').map(({ message }) => message.key);
        expect(ofValues).toEqual([...ofValues].sort((a, b) => a - b));
      } else {
        expect(left.findLast(({ message, isRetained }) => message.topic === 'a' && isRetained)?.message.key).toBe(last);
      }
    },
  );
});

describe('the budget of a replay', () => {
  it('saves up no more than a tenth of a second, where the broker is slow', () => {
    const budget = new ReplayBudget(100);
    budget.start(0);
    let sent = 0;
    for (; budget.waitMs(60_000) === 0; sent++) budget.take(60_000);
    expect(sent).toBe(11);
  });
});
