import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../src/base/errors.ts';
import { RequestQueue } from '../../../src/base/request-queue.ts';
import { FakeClock } from '../../support/fakes/fake-clock.ts';

const DEPTH = 3;
const MAX_WAIT_MS = 1000;

function bench() {
  const clock = new FakeClock();
  const queue = new RequestQueue<number, string>({
    clock,
    depth: DEPTH,
    maxWaitMs: MAX_WAIT_MS,
    onExpired: () => new DeviceError('LINK_LOST', 'no link'),
  });
  return { clock, queue };
}

type Step =
  | { readonly do: 'add'; readonly key?: string }
  | { readonly do: 'take'; readonly count: number }
  | { readonly do: 'link'; readonly up: boolean }
  | { readonly do: 'clear' }
  | { readonly do: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ do: 'add' as const }),
  fc.constantFrom('a', 'b').map((key) => ({ do: 'add' as const, key })),
  fc.integer({ min: 1, max: 2 }).map((count) => ({ do: 'take' as const, count })),
  fc.boolean().map((up) => ({ do: 'link' as const, up })),
  fc.constant({ do: 'clear' as const }),
  fc.constantFrom(1, 400, MAX_WAIT_MS).map((ms) => ({ do: 'wait' as const, ms })),
);

interface Waiting {
  readonly item: number;
  readonly key: string | undefined;
  readonly since: number;
}

describe('RequestQueue', () => {
  it('behaves like a list, whatever happens: every request settles once, and in the way that befits it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { clock, queue } = bench();
        const outcomes = new Map<number, string>();
        const expected = new Map<number, string>();
        let model: Waiting[] = [];
        let isUp = false;
        let next = 0;
        const end = (how: string, gone: readonly Waiting[]): void => {
          for (const { item } of gone) expected.set(item, how);
          model = model.filter((waiting) => !gone.includes(waiting));
        };
        for (const action of steps) {
          if (action.do === 'add') {
            const item = next++;
            queue.add(item, action.key).then(
              (result) => outcomes.set(item, result),
              (error: unknown) => outcomes.set(item, (error as DeviceError).code),
            );
            const before = model.filter(({ key }) => key !== undefined && key === action.key);
            if (before.length === 0 && model.length >= DEPTH) expected.set(item, 'QUEUE_FULL');
            else {
              end('REPLACED', before);
              model.push({ item, key: action.key, since: clock.now() });
            }
          } else if (action.do === 'take') {
            const taken = queue.take(action.count);
            expect(taken.map(({ item }) => item)).toEqual(model.slice(0, action.count).map(({ item }) => item));
            for (const { resolve } of taken) resolve('answered');
            end('answered', model.slice(0, action.count));
          } else if (action.do === 'link') {
            queue.setLinkUp(action.up);
            isUp = action.up;
          } else if (action.do === 'clear') {
            queue.clear(new DeviceError('CLOSED', 'closed'));
            end('CLOSED', model);
          } else await clock.advance(action.ms);
          await clock.settle();
          if (!isUp)
            end(
              'LINK_LOST',
              model.filter(({ since }) => since + MAX_WAIT_MS <= clock.now()),
            );
          expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
          expect(queue.size).toBe(model.length);
          if (isUp) expect(clock.pending).toEqual([]);
        }
        queue.clear(new DeviceError('CLOSED', 'closed'));
        await clock.settle();
        expect(outcomes.size).toBe(next);
        expect(clock.pending).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
