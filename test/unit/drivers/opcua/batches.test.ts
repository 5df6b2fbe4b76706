import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { Batches } from '../../../../src/drivers/opcua/library/batches.ts';

const never = (): AbortSignal => new AbortController().signal;
const double = (items: number[]): Promise<number[]> => Promise.resolve(items.map((item) => 2 * item));

describe('batches of a service', () => {
  it('answer every item in order and never ask for more than the limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (items, limit) => {
          const sizes: number[] = [];
          const outcomes = await new Batches(limit, 'read').run(items, never(), (batch) => {
            sizes.push(batch.length);
            return double(batch);
          });
          expect(outcomes).toEqual(items.map((item) => ({ ok: true, answer: 2 * item })));
          expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(limit);
          expect(sizes).toHaveLength(Math.ceil(items.length / limit));
        },
      ),
    );
  });

  it('get smaller for good once the server says that they are too large', async () => {
    const batches = new Batches(1000, 'read');
    const sizes: number[] = [];
    const call = (batch: number[]): Promise<number[]> => {
      sizes.push(batch.length);
      return batch.length > 30 ? Promise.reject(new Error('serviceResult = BadTooManyOperations')) : double(batch);
    };
    const items = Array.from({ length: 100 }, (_, index) => index);
    expect(await batches.run(items, never(), call)).toHaveLength(100);
    expect(sizes).toEqual([100, 50, 25, 25, 25, 25]);
    sizes.length = 0;
    await batches.run(items, never(), call);
    expect(sizes).toEqual([25, 25, 25, 25]);
  });

  it('leave out one item that is too large by itself, and stay as large as they were for the others', async () => {
    const batches = new Batches(1000, 'read');
    const items = Array.from({ length: 64 }, (_, index) => index);
    for (let sync = 0; sync < 2; sync += 1) {
      const sizes: number[] = [];
      const outcomes = await batches.run(items, never(), (batch) => {
        sizes.push(batch.length);
        return batch.includes(20) ? Promise.reject(new Error('serviceResult = BadTcpMessageTooLarge')) : double(batch);
      });
      expect(outcomes.flatMap((outcome, index) => (outcome.ok ? [] : [[index, outcome.error.code]]))).toEqual([
        [20, 'OPCUA_BadTcpMessageTooLarge'],
      ]);
      expect(sizes[0]).toBe(64);
      expect(sizes.length).toBeLessThan(2 * Math.log2(64) + 2);
    }
  });

  it('tell a refusal of the whole request for each of its items', async () => {
    const outcomes = await new Batches(2, 'write').run([1, 2, 3], never(), (batch) =>
      batch.includes(3) ? double(batch) : Promise.reject(new Error('BadServiceUnsupported')),
    );
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.answer : outcome.error.code))).toEqual([
      'OPCUA_BadServiceUnsupported',
      'OPCUA_BadServiceUnsupported',
      6,
    ]);
  });

  it('tell items without an answer', async () => {
    const outcomes = await new Batches(5, 'read').run([1, 2], never(), () => Promise.resolve([1]));
    expect(outcomes[1]).toMatchObject({ ok: false, error: { code: 'BAD_RESPONSE' } });
  });

  it('reject when the link is lost, and when nobody wants them any more', async () => {
    const lost = new Batches(5, 'read').run([1], never(), () => Promise.reject(new Error('BadConnectionClosed')));
    await expect(lost).rejects.toMatchObject({ code: 'LINK_LOST' });
    const controller = new AbortController();
    const waiting = new Batches(5, 'read').run([1], controller.signal, () => new Promise<number[]>(() => undefined));
    controller.abort(new DeviceError('CLOSED', 'over'));
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED', message: 'over' });
  });
});
