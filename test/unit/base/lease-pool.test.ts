import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeasePool, perClock, type Lease } from '../../../src/base/lease-pool.ts';
import { FakeClock, flushMicrotasks } from '../../support/fakes/fake-clock.ts';

/** A resource that knows what has become of it; its closing settles when told to. */
class Resource {
  closeCalls = 0;
  isClosed = false;
  formerClosed: boolean;
  finish: (error?: Error) => void = () => undefined;

  constructor(
    readonly key: string,
    readonly former: Promise<void> | undefined,
  ) {
    this.formerClosed = former === undefined;
    void former?.then(() => (this.formerClosed = true));
  }

  close(): Promise<void> {
    this.closeCalls += 1;
    return new Promise((resolve, reject) => {
      this.finish = (error) => {
        this.isClosed = true;
        if (error === undefined) resolve();
        else reject(error);
      };
    });
  }
}

const KEYS = ['a', 'b'] as const;
const KEEP_MS = 1000;
const MOST = 3;

type Step =
  | { readonly do: 'acquire'; readonly key: string }
  | { readonly do: 'release' | 'retire' | 'finish' | 'fail'; readonly which: number }
  | { readonly do: 'closeAll' }
  | { readonly do: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...KEYS, 'c', 'd').map((key) => ({ do: 'acquire' as const, key })) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'release' as const,
        'release' as const,
        'retire' as const,
        'finish' as const,
        'fail' as const,
      ),
      which: fc.nat(7),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'closeAll' as const }) },
  { weight: 2, arbitrary: fc.constantFrom(1, KEEP_MS / 2, KEEP_MS).map((ms) => ({ do: 'wait' as const, ms })) },
);

interface Held {
  readonly lease: Lease<Resource>;
  isReleased: boolean;
  readonly settled: { of: string | undefined };
}

/** What a resource ought to be, told from the steps alone. */
interface Expected {
  leases: number;
  isRetired: boolean;
  isClosing: boolean;
  idleSince: number | undefined;
}

describe('LeasePool', () => {
  it.each([false, true])('behaves like its model, whatever is done to it (idle ones kept: %s)', async (keeps) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new FakeClock();
        const pool = new LeasePool<Resource>({
          close: (resource) => resource.close(),
          ...(keeps ? { idle: { clock, keepMs: KEEP_MS, most: MOST } } : {}),
        });
        const model = new Map<Resource, Expected>();
        const held: Held[] = [];
        const predecessors = new Map<Resource, readonly Resource[]>();
        const isHandedOut = (expected: Expected): boolean => !expected.isRetired && !expected.isClosing;
        const liveOf = (key: string): Resource | undefined =>
          [...model].find(([resource, expected]) => resource.key === key && isHandedOut(expected))?.[0];
        const expectClosing = (expected: Expected): void => {
          expected.isClosing = true;
          expected.idleSince = undefined;
        };

        for (const action of steps) {
          if (action.do === 'acquire') {
            const before = liveOf(action.key);
            const closing = [...model].flatMap(([resource, { isClosing }]) =>
              resource.key === action.key && isClosing && !resource.isClosed ? [resource] : [],
            );
            if (before === undefined && keeps) {
              const open = [...model].filter(([, { isClosing }]) => !isClosing);
              const idle = open.filter(([, { leases }]) => leases === 0);
              for (const [, expected] of idle.slice(0, Math.max(0, open.length + 1 - MOST))) expectClosing(expected);
            }
            let made: Resource | undefined;
            const lease = pool.acquire(action.key, (former) => (made = new Resource(action.key, former)));
            expect(made === undefined).toBe(before !== undefined);
            if (before !== undefined) expect(lease.value).toBe(before);
            else expect(lease.value.former !== undefined).toBe(closing.length > 0);
            if (before === undefined) predecessors.set(lease.value, closing);
            const fresh = { leases: 0, isRetired: false, isClosing: false, idleSince: undefined };
            const expected = model.get(lease.value) ?? fresh;
            model.set(lease.value, expected);
            expected.leases += 1;
            expected.idleSince = undefined;
            held.push({ lease, isReleased: false, settled: { of: undefined } });
          } else if (action.do === 'release') {
            const share = held[action.which % Math.max(1, held.length)];
            if (share === undefined) continue;
            const expected = model.get(share.lease.value)!;
            const promise = share.lease.release();
            expect(share.lease.release()).toBe(promise);
            promise.then(
              () => (share.settled.of = 'closed'),
              () => (share.settled.of = 'failed'),
            );
            if (!share.isReleased) {
              expected.leases -= 1;
              if (expected.leases === 0 && !expected.isClosing) {
                if (keeps && !expected.isRetired) expected.idleSince = clock.now();
                else expectClosing(expected);
              }
            }
            share.isReleased = true;
          } else if (action.do === 'retire') {
            const share = held[action.which % Math.max(1, held.length)];
            if (share === undefined || share.isReleased) continue;
            share.lease.retire();
            model.get(share.lease.value)!.isRetired = true;
          } else if (action.do === 'closeAll') {
            void pool.closeAll();
            for (const expected of model.values()) expectClosing(expected);
          } else if (action.do !== 'wait') {
            const closing = [...model.keys()].filter(({ closeCalls, isClosed }) => closeCalls > 0 && !isClosed);
            closing[action.which % Math.max(1, closing.length)]?.finish(
              action.do === 'fail' ? new Error('cannot close') : undefined,
            );
          } else {
            await clock.advance(action.ms);
            for (const expected of model.values()) {
              if (expected.idleSince !== undefined && clock.now() - expected.idleSince >= KEEP_MS)
                expectClosing(expected);
            }
          }
          await flushMicrotasks();
          for (const [resource, expected] of model) expect(resource.closeCalls).toBe(expected.isClosing ? 1 : 0);
          for (const key of KEYS) expect(pool.find(key)).toBe(liveOf(key));
          expect(new Set(pool.values())).toEqual(new Set([...model].filter(([, e]) => isHandedOut(e)).map(([r]) => r)));
          for (const [resource, before] of predecessors) {
            expect(resource.formerClosed).toBe(before.every(({ isClosed }) => isClosed));
          }
        }

        const all = pool.closeAll();
        for (const resource of model.keys()) resource.finish();
        await all;
        for (const share of held) await share.lease.release().catch(() => undefined);
        for (const resource of model.keys()) expect([resource.closeCalls, resource.isClosed]).toEqual([1, true]);
        expect(pool.values()).toEqual([]);
        expect(clock.pending).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps nothing of what could not be made', () => {
    const pool = new LeasePool<Resource>({ close: (resource) => resource.close() });
    const refuse = (): never => {
      throw new Error('no such server');
    };
    expect(() => pool.acquire('a', refuse)).toThrow('no such server');
    expect(pool.find('a')).toBeUndefined();
    expect(pool.acquire('a', (former) => new Resource('a', former)).value.former).toBeUndefined();
  });

  it('lets a successor wait for all that are still being closed, not only for the last', async () => {
    const pool = new LeasePool<Resource>({ close: (resource) => resource.close() });
    const make = (former: Promise<void> | undefined): Resource => new Resource('a', former);
    const [first, second] = [1, 2].map(() => {
      const lease = pool.acquire('a', make);
      void lease.release();
      return lease.value;
    });
    second!.finish();
    await flushMicrotasks();
    const third = pool.acquire('a', make).value;
    await flushMicrotasks();
    expect(third.formerClosed).toBe(false);
    first!.finish();
    await third.former;
  });

  it('tells the last who releases that closing failed, and lets the next one begin all the same', async () => {
    const pool = new LeasePool<Resource>({ close: (resource) => resource.close() });
    const make = (former: Promise<void> | undefined): Resource => new Resource('a', former);
    const first = pool.acquire('a', make);
    const second = pool.acquire('a', make);
    await second.release();
    const released = first.release();
    const next = pool.acquire('a', make);
    first.value.finish(new Error('broken'));
    await expect(released).rejects.toThrow('broken');
    await expect(next.value.former).resolves.toBeUndefined();
  });

  it('tells it also when close throws at once', async () => {
    const pool = new LeasePool<string>({
      close: () => {
        throw new Error('thrown');
      },
    });
    await expect(pool.acquire('a', () => 'x').release()).rejects.toThrow('thrown');
    await expect(pool.closeAll()).resolves.toBeUndefined();
  });
});

it('there is one of something for each clock', () => {
  const poolOf = perClock(() => new LeasePool<string>({ close: () => undefined }));
  const clock = new FakeClock();
  expect(poolOf(clock)).toBe(poolOf(clock));
  expect(poolOf(new FakeClock())).not.toBe(poolOf(clock));
});
