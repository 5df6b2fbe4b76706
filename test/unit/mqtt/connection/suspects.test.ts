import { describe, expect, it } from 'vitest';
import { OutgoingMessage } from '../../../../src/mqtt/connection/outbox/message-queue';
import { Suspects } from '../../../../src/mqtt/connection/outbox/suspects';
import { FakeClock } from '../../../support/fakes/fake-clock';

const message = (size: number, topic = 'plant/a', qos: 0 | 1 = 1, retained = false): OutgoingMessage =>
  new OutgoingMessage(topic, 'x'.repeat(size), qos, retained, () => undefined);

/** Lost on `suspect` so often, each time with the broker there again at once. */
function lose(suspects: Suspects, suspect: OutgoingMessage, times: number): void {
  for (let time = 0; time < times; time++) {
    const isTrial = suspects.has(suspect);
    suspects.lost({ how: 'ended' }, isTrial ? suspect : undefined, isTrial ? [] : [suspect]);
    suspects.confirm();
  }
}

const isRefused = (suspects: Suspects, given: OutgoingMessage): boolean => suspects.refusalOf(given) !== undefined;

describe('Suspects', () => {
  it('suspect a message after two lost connections, and refuse it after five', () => {
    const suspects = new Suspects(new FakeClock());
    const large = message(100);
    const seen = [1, 2, 3, 4, 5].map(() => {
      lose(suspects, large, 1);
      return [suspects.has(large), isRefused(suspects, large)];
    });
    expect(seen).toEqual([
      [false, false],
      [true, false],
      [true, false],
      [true, false],
      [true, true],
    ]);
  });

  it('have the next of the same kind tried alone, and refuse the kind after the second: from that size on', () => {
    const suspects = new Suspects(new FakeClock());
    lose(suspects, message(100), 5);
    const next = message(200);
    expect([suspects.has(next), isRefused(suspects, next)]).toEqual([true, false]);
    lose(suspects, next, 2);
    expect(isRefused(suspects, next)).toBe(true);
    expect([100, 99].map((size) => isRefused(suspects, message(size)))).toEqual([true, false]);
    expect(suspects.refusalOf(message(5000))?.message).toContain('5015 bytes');
    expect(isRefused(suspects, message(100, 'plant/b'))).toBe(false);
    expect(isRefused(suspects, message(100, 'plant/a', 1, true))).toBe(false);
  });

  it('count at QoS 0, where nothing is sent again, each message for its kind', () => {
    const suspects = new Suspects(new FakeClock());
    for (let index = 0; index < 4; index++) lose(suspects, message(100 + index, 'plant/a', 0), 1);
    expect(isRefused(suspects, message(100, 'plant/a', 0))).toBe(false);
    lose(suspects, message(100, 'plant/a', 0), 1);
    expect([100, 99].map((size) => isRefused(suspects, message(size, 'plant/a', 0)))).toEqual([true, false]);
  });

  it('forget a kind of which one came through, but not because of a smaller one', () => {
    const suspects = new Suspects(new FakeClock());
    lose(suspects, message(100), 2);
    suspects.proven(message(99));
    expect(suspects.has(message(100))).toBe(true);
    suspects.proven(message(100));
    expect(suspects.has(message(100))).toBe(false);
  });

  it('count no loss after which the broker cannot be reached', () => {
    const suspects = new Suspects(new FakeClock());
    const only = message(1);
    for (let time = 0; time < 20; time++) {
      suspects.lost({ how: 'ended' }, undefined, [only]);
      suspects.dismiss();
      suspects.confirm();
    }
    expect(suspects.has(only)).toBe(false);
  });

  it.each([0, 1] as const)('have one of a refused kind tried again after an hour, QoS %i', async (qos) => {
    const clock = new FakeClock();
    const suspects = new Suspects(clock);
    for (let index = 0; index < 2; index++) lose(suspects, message(1, 'plant/a', qos), 5);
    await clock.advance(3_599_999);
    expect(isRefused(suspects, message(1, 'plant/a', qos))).toBe(true);
    await clock.advance(1);
    const next = message(1, 'plant/a', qos);
    expect([isRefused(suspects, next), suspects.has(next)]).toEqual([false, true]);
    lose(suspects, next, qos === 0 ? 1 : 2);
    expect(isRefused(suspects, message(1, 'plant/a', qos))).toBe(true);
  });

  it('remember a thousand kinds at most', () => {
    const suspects = new Suspects(new FakeClock());
    for (let index = 0; index < 1100; index++) lose(suspects, message(1, `plant/${index}`), 2);
    expect([suspects.has(message(1, 'plant/99')), suspects.has(message(1, 'plant/100'))]).toEqual([false, true]);
  });
});
