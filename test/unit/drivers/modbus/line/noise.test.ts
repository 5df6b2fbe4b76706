import { describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../../src/base/errors.ts';
import { Transport, type TransportUser } from '../../../../../src/drivers/modbus/sharing/transport.ts';
import { FakeClock } from '../../../../support/fakes/fake-clock.ts';
import { isLong } from '../../../../support/long.ts';
import { fakeLineRoute, rtuBytes, type Answer } from '../../../../support/modbus/fake-line.ts';
import { never } from '../../../../support/modbus/modbus-device.ts';

const FRAMES = isLong ? 100_000 : 10_000;
const UNITS = [1, 2, 3, 4];
const TIMEOUT_MS = 100;

/** The same numbers each time, all bits as good as the others. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const userOf = (unit: number): TransportUser => ({
  unit,
  pipelining: 1,
  intervalMs: 1000,
  habits: {},
  connectTimeoutMs: 1000,
  connectDelayMs: 0,
  requestPauseMs: 0,
  idleCloseMs: 0,
  lenient: false,
  settings: '',
  onLearned: () => undefined,
  onLost: () => undefined,
});

/**
 * A line with all that goes wrong on one: noise in front, behind and in the middle, broken and truncated frames, answers that are
 * lost, late or come twice, and other units that talk in between. Each answer says which request it is for.
 */
describe('a noisy line', () => {
  it(`never gives a wrong value in ${FRAMES} requests, and is well again as soon as the noise is over`, async () => {
    const random = seeded(12_345);
    const pick = (count: number): number => Math.floor(random() * count);
    const noise = (): Buffer => Buffer.from(Array.from({ length: 1 + pick(20) }, () => pick(256)));
    let isNoisy = true;
    let sent = 0;
    /** Answers in order: a unit that is late is late for all that follows. */
    const freeAt = new Map<number, number>();
    const clock = new FakeClock();
    const answer: Answer = (unit, pdu) => {
      sent += 1;
      const [code = 0, quantity] = [pdu[0], pdu.readUInt16BE(3)];
      const offset = pdu.readUInt16BE(1);
      // Every register is a stamp of the request: its offset and the number of the request, so that no two answers are alike.
      const words = Array.from({ length: quantity }, (_, index) => ((offset + index) * 31 + sent) & 0xffff);
      stamps.set(`${unit}/${sent}`, words);
      current = { unit, sent };
      const bits = code <= 2;
      const data = bits
        ? Array.from({ length: Math.ceil(quantity / 8) }, () => sent & 0xff)
        : words.flatMap((word) => [word >> 8, word & 0xff]);
      const good = rtuBytes(unit, [code, data.length, ...data]);
      const start = Math.max(clock.now() + 1, freeAt.get(unit) ?? 0);
      const at = (ms: number, bytes: Buffer): [number, Buffer] => {
        const when = start + ms;
        freeAt.set(unit, when);
        return [when - clock.now(), bytes];
      };
      if (!isNoisy) return [at(3, good)];
      switch (pick(14)) {
        case 0:
          return []; // lost
        case 1:
          return [at(3, noise())];
        case 2:
          return [at(2, noise()), at(3, good)];
        case 3:
          return [at(3, good), at(4, noise())];
        case 4:
          return [at(3, good.subarray(0, 1 + pick(good.length - 1)))]; // truncated
        case 5: {
          const broken = Buffer.from(good);
          broken[pick(broken.length)]! ^= 1 << pick(8);
          return [at(3, broken)];
        }
        case 6:
          return [at(TIMEOUT_MS + pick(150), good)]; // late
        case 7:
          return [
            at(3, rtuBytes(unit === 4 ? 1 : unit + 1, [code, data.length, ...data.map((byte) => byte ^ 0xff)])),
            at(5, good),
          ];
        case 8: {
          const cut = 1 + pick(good.length - 1);
          return [at(3, good.subarray(0, cut)), at(20, good.subarray(cut))];
        }
        case 9:
          return [at(3, rtuBytes(unit, [code | 0x80, 4]))];
        default:
          return [at(3, good)];
      }
    };
    const stamps = new Map<string, number[]>();
    let current = { unit: 0, sent: 0 };
    const route = fakeLineRoute(clock, answer);
    const transport = new Transport(route, clock);
    const users = UNITS.map(userOf);
    for (const user of users) transport.add(user);
    await transport.connect(1000, never());

    const tally = { good: 0, wrong: 0, failed: 0 };
    const ask = async (): Promise<void> => {
      const user = users[pick(users.length)]!;
      const request = { function: 3, offset: pick(4), quantity: 1 + pick(3) } as const;
      const outcome = transport.request(user, request, { timeoutMs: TIMEOUT_MS, signal: never() }).then(
        (bytes) => [...bytes],
        (error: unknown) => (error as DeviceError).code,
      );
      let settled: number[] | string | undefined;
      void outcome.then((what) => (settled = what));
      while (settled === undefined) await clock.advance(1);
      if (typeof settled === 'string') {
        tally.failed++;
        await clock.advance(50);
        return;
      }
      // What was sent last on the line is the request itself: nothing else has gone out since.
      const words = stamps.get(`${user.unit}/${current.sent}`);
      const bytes = words?.slice(0, request.quantity).flatMap((word) => [word >> 8, word & 0xff]);
      if (current.unit === user.unit && JSON.stringify(bytes) === JSON.stringify(settled)) tally.good++;
      else tally.wrong++;
      stamps.clear();
    };
    while (sent < FRAMES) await ask();
    expect(tally.wrong).toBe(0);
    expect(tally.good).toBeGreaterThan(FRAMES / 4);
    expect(tally.failed).toBeGreaterThan(FRAMES / 20);
    expect(route.lines).toHaveLength(1); // nothing of it was a reason to open the port again

    isNoisy = false;
    await clock.advance(60_000);
    const before = { ...tally };
    for (let count = 0; count < 100; count++) await ask();
    // Each unit may have one question open from the noise; after that all is well.
    expect(tally.failed - before.failed).toBeLessThanOrEqual(UNITS.length);
    expect(tally.wrong).toBe(0);
    await transport.close();
  }, 600_000);
});
