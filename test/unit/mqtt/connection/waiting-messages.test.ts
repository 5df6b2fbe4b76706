import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/base/ports';
import { OutgoingMessage } from '../../../../src/mqtt/connection/outbox/message-queue';
import { restored } from '../../../../src/mqtt/connection/outbox/store-clerk';
import { WaitingMessages } from '../../../../src/mqtt/connection/outbox/waiting-messages';
import type { StoredMessage, StoredPage } from '../../../../src/mqtt/store/message-store';

/** What a store on disk would have, page by page; each page comes when the test says so. */
class PagedStore {
  readonly rows = new Map<number, StoredMessage>();
  private readonly asked: (() => void)[] = [];
  private reads = 0;

  constructor(private readonly pageSize: number) {}

  put(message: OutgoingMessage): void {
    const { key, topic, payload, qos, retained, acceptedAt } = message;
    this.rows.set(key, { key, topic, payload, qos, retained, acceptedAt, packetId: undefined, isReleased: false });
  }

  /** Read when it is asked for, or when it is answered: what comes in between may be in it or not. */
  page(after: number): Promise<StoredPage> {
    const read = (): StoredPage => {
      const all = [...this.rows.values()].filter(({ key }) => key > after);
      const messages = all.slice(0, this.pageSize);
      return { messages, readTo: messages.at(-1)?.key ?? after, isLast: all.length <= this.pageSize };
    };
    const early = this.reads++ % 2 === 0 ? read() : undefined;
    return new Promise((resolve) => {
      this.asked.push(() => {
        const { messages, ...rest } = early ?? read();
        resolve({ ...rest, messages: messages.filter(({ key }) => this.rows.has(key)) });
      });
    });
  }

  get isAsked(): boolean {
    return this.asked.length > 0;
  }

  async answer(): Promise<void> {
    this.asked.shift()?.();
    await new Promise(setImmediate);
  }
}

type Step =
  | { readonly kind: 'push'; readonly count: number; readonly qos: 0 | 1 | 2; readonly isOwned: boolean }
  | { readonly kind: 'shift'; readonly count: number }
  | { readonly kind: 'remove'; readonly at: number }
  | { readonly kind: 'answer' };

/** So many are in memory. */
const FULL: Step = { kind: 'push', count: 2000, qos: 1, isOwned: false };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('push' as const),
    count: fc.constantFrom(1, 2, 30, 600),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    isOwned: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('shift' as const), count: fc.constantFrom(1, 2, 30, 700, 1500) }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer' as const) }) },
);

describe('messages that wait, most of them in a store', () => {
  it('leave in the order in which they came, each once and whole, with their owners', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30, size: 'max' }),
        fc.constantFrom(1, 50, 700, 5000),
        async (steps, pageSize) => {
          const store = new PagedStore(pageSize);
          const lost: string[] = [];
          const waiting = new WaitingMessages({
            clock: systemClock,
            page: (after) => store.page(after),
            restore: restored,
            onReady: () => undefined,
            onProblem: (error) => lost.push(error.message),
            onLost: (messages) => lost.push(...messages.map(({ topic }) => topic)),
          });
          let model: OutgoingMessage[] = [];
          const payloads = new Map<string, string>();
          let key = 0;
          const shift = (): void => {
            const { first } = waiting;
            if (first === undefined) return;
            const expected = model.shift();
            expect(first.topic).toBe(expected?.topic);
            expect(first.payload.toString()).toBe(payloads.get(first.topic));
            if (expected?.hasOwner) expect(first).toBe(expected);
            waiting.shift();
            store.rows.delete(first.key);
          };
          for (const one of [FULL, ...steps]) {
            if (one.kind === 'push') {
              for (let count = 0; count < one.count; count++) {
                const topic = `t${payloads.size}`;
                payloads.set(topic, `payload of ${topic}`);
                const message = new OutgoingMessage(topic, `payload of ${topic}`, one.qos, false, () => undefined);
                message.hasOwner = one.isOwned || one.qos === 0;
                if (one.qos > 0) {
                  message.key = ++key;
                  store.put(message);
                }
                model.push(message);
                waiting.push(message);
              }
            } else if (one.kind === 'shift') {
              for (let count = 0; count < one.count; count++) shift();
            } else if (one.kind === 'answer') {
              await store.answer();
            } else {
              const chosen = model[Math.floor(one.at * (model.length - 1))];
              if (chosen?.hasOwner !== true) continue;
              model = model.filter((other) => other !== chosen);
              // The key of one with QoS 0 is that of the message before.
              if (chosen.qos > 0) store.rows.delete(chosen.key);
              expect(waiting.remove(chosen)).toBe(true);
            }
            expect(waiting.size).toBe(model.length);
          }
          while (model.length > 0) {
            if (waiting.first === undefined) {
              expect(store.isAsked).toBe(true);
              await store.answer();
            } else shift();
          }
          expect([waiting.size, lost]).toEqual([0, []]);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  it('tells who waits for what the store has lost, and goes on with the rest', async () => {
    const store = new PagedStore(500);
    const lost: string[] = [];
    const waiting = new WaitingMessages({
      clock: systemClock,
      page: (after) => store.page(after),
      restore: restored,
      onReady: () => undefined,
      onProblem: () => undefined,
      onLost: (messages) => lost.push(...messages.map(({ topic }) => topic)),
    });
    for (let key = 1; key <= 2100; key++) {
      const message = new OutgoingMessage(`t${key}`, 'x', 1, false, () => undefined);
      message.key = key;
      store.put(message);
      waiting.push(message);
    }
    store.rows.delete(2050);
    const topics: (string | undefined)[] = [];
    while (waiting.size > 0) {
      if (waiting.first === undefined) await store.answer();
      else {
        topics.push(waiting.first.topic);
        waiting.shift();
      }
    }
    expect([topics.length, lost]).toEqual([2099, ['t2050']]);
  });
});
