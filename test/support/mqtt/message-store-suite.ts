import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageStore, StoredMessage, StoredRun, StoreStatus } from '../../../src/mqtt/store/message-store';

export interface StoreUnderTest {
  /** A store on the same place each time it is called in one test; in memory: an empty one. */
  readonly make: () => MessageStore | Promise<MessageStore>;
  /** Called once a test, after the last store of it is closed. */
  readonly dispose?: () => void | Promise<void>;
  /** Whether what was put is there when it is opened again. */
  readonly isDurable: boolean;
}

type Action =
  | ({ readonly kind: 'put' } & Pick<StoredMessage, 'qos' | 'precedence' | 'topic' | 'payload'>)
  | { readonly kind: 'send' | 'release' | 'remove'; readonly at: number }
  | { readonly kind: 'reopen' };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      qos: fc.constantFrom(1 as const, 2 as const),
      precedence: fc.constantFrom(undefined, 'first' as const, 'inOrder' as const, 'newestFirst' as const),
      topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      payload: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 50 }),
        fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('send' as const, 'release' as const, 'remove' as const),
      at: fc.nat(20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

const EMPTY: StoredRun = { messages: [], more: 0, lastKey: 0 };

/** Bytes are bytes: a store may give text back as such. */
const plain = (message: StoredMessage): object => ({
  ...message,
  payload: Buffer.from(message.payload).toString('hex'),
});

const statusOf = (messages: readonly StoredMessage[]): StoreStatus => ({
  messages: messages.length,
  bytes: messages.reduce((sum, one) => sum + Buffer.byteLength(one.topic) + Buffer.byteLength(one.payload), 0),
  ...(messages[0] !== undefined && { oldestAt: messages[0].acceptedAt }),
});

/** What any store of messages must do, whatever it stands on. */
export function describeMessageStore(
  name: string,
  start: () => StoreUnderTest | Promise<StoreUnderTest>,
  runs = 50,
): void {
  describe(`${name}, as a store of messages`, () => {
    const message = (key: number, given: Partial<StoredMessage> = {}): StoredMessage => ({
      key,
      topic: 'plant/line',
      payload: '23.5',
      qos: 1,
      retained: false,
      acceptedAt: 1_700_000_000_000 + key,
      packetId: undefined,
      isReleased: false,
      ...given,
    });

    it('is empty at first, and knows nothing of a key that was never put', async () => {
      const { make, dispose } = await start();
      const store = await make();
      expect((await store.open()) ?? EMPTY).toEqual(EMPTY);
      store.remove(7);
      expect(store.status).toEqual({ messages: 0, bytes: 0 });
      await store.close();
      await dispose?.();
    });

    it('counts the bytes of topics and payloads, and tells the age of the oldest', async () => {
      const { make, dispose } = await start();
      const store = await make();
      await store.open();
      await store.put(message(1, { topic: 'ü', payload: Buffer.from([0, 255, 1]) }));
      await store.put(message(2));
      expect(store.status).toEqual({ messages: 2, bytes: 2 + 3 + 10 + 4, oldestAt: 1_700_000_000_001 });
      store.remove(1);
      expect(store.status).toEqual({ messages: 1, bytes: 14, oldestAt: 1_700_000_000_002 });
      await store.close();
      await dispose?.();
    });

    it('has what was put and not removed, in order, as a plain list would', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
          const { make, dispose, isDurable } = await start();
          let store = await make();
          await store.open();
          let model: StoredMessage[] = [];
          let key = 0;
          for (const step of actions) {
            if (step.kind === 'put') {
              const { qos, precedence, topic, payload } = step;
              const put = message(++key, { qos, precedence, topic, payload });
              await store.put(put);
              model.push(put);
            } else if (step.kind === 'reopen') {
              await store.close();
              store = await make();
              const { messages: there } = (await store.open()) ?? EMPTY;
              if (!isDurable) model = [];
              const sentFirst = [...model].sort(
                (a, b) => Number(a.packetId === undefined) - Number(b.packetId === undefined),
              );
              expect(there.map(plain)).toEqual(sentFirst.map(plain));
            } else {
              const known = model[step.at];
              if (known === undefined) continue;
              if (step.kind === 'remove') {
                store.remove(known.key);
                model = model.filter((one) => one !== known);
              } else {
                const packetId = (known.key % 65_535) + 1;
                const changed = { ...known, packetId, isReleased: step.kind === 'release' && known.qos === 2 };
                await store.update(changed);
                model = model.map((one) => (one === known ? changed : one));
              }
            }
            expect(store.status).toEqual(statusOf(model));
          }
          await store.close();
          await dispose?.();
        }),
        { numRuns: runs },
      );
    });
  });
}
