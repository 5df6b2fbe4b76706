import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import type { Driver, Write } from '../../../src/device/driver.ts';
import { DeviceError } from '../../../src/base/errors.ts';
import type { Property } from '../../../src/device/property.ts';
import { countHandles, expectNoNewHandles, within } from '../system/active-handles.ts';

/**
 * One driver and its running peer. The factory makes both afresh for each test; the optional parts are left out by
 * drivers that have no such thing, and the tests that need them then say so.
 */
export interface ContractSubject<P extends Property = Property> {
  /** Not yet connected; its peer is up. */
  readonly driver: Driver<P>;
  /** At least two properties that the peer serves. */
  readonly readable: readonly P[];
  /** The values of `readable`, in order, where the peer's are fixed. */
  readonly expected?: readonly unknown[];
  /** A property that the peer refuses while it serves the others. */
  readonly bad?: P;
  /** Writes that the peer accepts; the properties are readable and answer the value written. */
  readonly writes?: readonly Write<P>[];
  /** A write that the peer refuses. */
  readonly badWrite?: Write<P>;
  /** A driver whose peer is not there. */
  readonly unreachable?: () => Driver<P>;
  /** Takes the peer away, breaking its links. */
  readonly stopPeer?: () => Promise<void>;
  /** Brings it back at the same address. */
  readonly startPeer?: () => Promise<void>;
  /** From now on the peer accepts requests and answers none. */
  readonly silencePeer?: () => Promise<void>;
  /** It answers again, first what it has not answered while it was silent: then somebody else waits on the same link. */
  readonly resumePeer?: () => Promise<void>;
  /** Makes the peer notify a change of a property in `readable` (drivers with `subscribe`). */
  readonly notify?: () => Promise<void>;
  /** Stops the peer. */
  dispose(): Promise<void>;
}

/** How soon an aborted verb has to settle, and a lost link has to be noticed, in ms. */
const SOON_MS = 1500;
/** The contract's limit for `close`. */
const CLOSE_MS = 5000;

/** Puts a driver under the rules of src/device/driver.ts. */
export function describeDriverContract<P extends Property>(
  name: string,
  factory: () => Promise<ContractSubject<P>>,
): void {
  describe(`driver contract: ${name}`, () => {
    let subject: ContractSubject<P>;
    let driver: Driver<P>;
    let before: ReturnType<typeof countHandles>;
    let lost: DeviceError[];

    beforeEach(async () => {
      subject = await factory();
      driver = subject.driver;
      lost = [];
      driver.events.on('lost', (error) => lost.push(error));
      before = countHandles();
    });
    afterEach(async () => {
      await within(driver.close(), CLOSE_MS, 'close()');
      await subject.dispose();
    });

    const never = (): AbortSignal => new AbortController().signal;
    const connect = (): Promise<void> => driver.connect(never());
    const read = (...properties: readonly P[]) => driver.read(properties, never());

    describe('read', () => {
      it('answers one reading per property, in the order asked for', async () => {
        await connect();
        const asked = [...subject.readable].reverse();
        const readings = await read(...asked);
        expect(readings.map((reading) => reading.name)).toEqual(asked.map((property) => property.name));
        for (const reading of readings) {
          expect(reading).toMatchObject({ quality: expect.stringMatching(/^(good|uncertain)$/) });
          expect(reading.value).toBeDefined();
          expect(reading.error).toBeUndefined();
          expect(Math.abs(Date.now() - reading.updatedAt)).toBeLessThan(60_000);
        }
        if (subject.expected !== undefined) {
          expect(readings.map((reading) => reading.value)).toEqual([...subject.expected].reverse());
        }
      });

      it('answers nothing when asked for nothing', async () => {
        await connect();
        expect(await read()).toEqual([]);
      });

      it('tells a property the device refuses as a bad reading, beside the good ones', async (context) => {
        const bad = part(context, subject.bad, 'no property is refused by this peer');
        await connect();
        const readings = await read(subject.readable[0]!, bad, subject.readable[1]!);
        expect(readings.map((reading) => reading.quality)).toEqual(['good', 'bad', 'good']);
        expect(readings[1]?.value).toBeUndefined();
        expect(readings[1]?.error).toBeInstanceOf(DeviceError);
        expect(readings[1]?.error?.message).not.toBe('');
      });

      it('rejects with a DeviceError, and does not throw, before the first connect', async () => {
        expect(await failure(() => read(...subject.readable))).toBeInstanceOf(DeviceError);
      });
    });

    describe('write', () => {
      it('answers one result per write, in order, and the device has the values', async (context) => {
        const writes = part(context, subject.writes, 'nothing can be written to this peer');
        await connect();
        const results = await driver.write(writes, never());
        expect(results).toEqual(writes.map((write) => ({ name: write.property.name })));
        const readings = await read(...writes.map((write) => write.property));
        expect(readings.map((reading) => reading.value)).toEqual(writes.map((write) => write.value));
      });

      it('tells a refused write in its result and does the others', async (context) => {
        const writes = part(context, subject.writes, 'nothing can be written to this peer');
        const badWrite = part(context, subject.badWrite, 'no write is refused by this peer');
        await connect();
        const results = await driver.write([badWrite, ...writes], never());
        expect(results.map((result) => result.name)).toEqual([badWrite, ...writes].map((write) => write.property.name));
        expect(results[0]?.error).toBeInstanceOf(DeviceError);
        expect(results.slice(1).filter((result) => result.error !== undefined)).toEqual([]);
      });
    });

    describe('connect', () => {
      it('rejects with a DeviceError that says why when the peer is not there, and leaves nothing open', async (context) => {
        const unreachable = part(context, subject.unreachable, 'this peer is always reachable')();
        const handles = countHandles();
        const error = await failure(() => unreachable.connect(never()));
        expect(error).toBeInstanceOf(DeviceError);
        expect((error as DeviceError).message).not.toBe('');
        await within(unreachable.close(), CLOSE_MS, 'close() after a failed connect');
        await expectNoNewHandles(handles);
      });

      it('can be tried again after it failed', async (context) => {
        const stopPeer = part(context, subject.stopPeer, 'this peer cannot be stopped');
        const startPeer = part(context, subject.startPeer, 'this peer cannot be started again');
        await stopPeer();
        expect(await failure(connect)).toBeInstanceOf(DeviceError);
        await startPeer();
        await connect();
        expect((await read(...subject.readable)).every((reading) => reading.quality === 'good')).toBe(true);
      });

      it('works again after close', async () => {
        await connect();
        await driver.close();
        await connect();
        expect((await read(...subject.readable)).every((reading) => reading.quality === 'good')).toBe(true);
      });
    });

    describe('abort', () => {
      it('settles connect soon when the signal is aborted already', async () => {
        await within(
          failure(() => driver.connect(AbortSignal.abort()), true),
          SOON_MS,
          'the aborted connect',
        );
      });

      it('settles a read that the peer does not answer', async (context) => {
        const silencePeer = part(context, subject.silencePeer, 'this peer cannot be made silent');
        await connect();
        await silencePeer();
        const controller = new AbortController();
        const reading = failure(() => driver.read(subject.readable, controller.signal), true);
        setTimeout(() => controller.abort(), 50);
        await within(reading, SOON_MS, 'the aborted read');
      });
    });

    describe('an answer that comes too late', () => {
      it('is not taken for that of the next request', async (context) => {
        const silencePeer = part(context, subject.silencePeer, 'this peer cannot be made silent');
        const resumePeer = part(context, subject.resumePeer, 'this peer cannot answer late');
        const [first, second] = subject.readable;
        await connect();
        const [right] = await read(second!);
        await silencePeer();
        await failure(() => driver.read([first!], AbortSignal.timeout(50)), true);
        const next = driver.read([second!], AbortSignal.timeout(SOON_MS)).catch((error: unknown) => error);
        await resumePeer();
        const outcome = await next;
        // Whoever cannot tell them apart gives the link up.
        if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(DeviceError);
        else if (outcome[0].quality !== 'bad') expect(outcome[0].value).toEqual(right!.value);
      });
    });

    describe('a peer that goes away', () => {
      /** Keeps reading, as the engine does, until the driver has noticed. */
      async function waitForLost(): Promise<void> {
        const deadline = Date.now() + SOON_MS * 2;
        while (lost.length === 0 && Date.now() < deadline) {
          await failure(() => driver.read(subject.readable, AbortSignal.timeout(500)), true);
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
      }

      it('is told once, as `lost` with a DeviceError; reads then reject', async (context) => {
        const stopPeer = part(context, subject.stopPeer, 'this peer cannot be stopped');
        await connect();
        await stopPeer();
        await waitForLost();
        expect(await failure(() => read(...subject.readable))).toBeInstanceOf(DeviceError);
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(lost).toHaveLength(1);
        expect(lost[0]).toBeInstanceOf(DeviceError);
      });

      it('is served again after it came back and connect was called', async (context) => {
        const stopPeer = part(context, subject.stopPeer, 'this peer cannot be stopped');
        const startPeer = part(context, subject.startPeer, 'this peer cannot be started again');
        await connect();
        await stopPeer();
        await waitForLost();
        await startPeer();
        await connect();
        const readings = await read(...subject.readable);
        expect(readings.every((reading) => reading.quality === 'good')).toBe(true);
        expect(lost).toHaveLength(1);
      });
    });

    describe('close', () => {
      it('settles, leaves nothing open and may be called twice: never connected', async () => {
        await closeTwice();
      });

      it('settles, leaves nothing open and may be called twice: connected', async () => {
        await connect();
        await read(...subject.readable);
        await closeTwice();
        expect(lost).toEqual([]); // somebody closed it
      });

      it('settles, and settles the connect under way', async () => {
        const connecting = failure(connect, true);
        await closeTwice();
        await within(connecting, SOON_MS, 'connect during close');
        await closeTwice();
      });

      it('settles, and settles the read under way', async () => {
        await connect();
        const reading = failure(() => read(...subject.readable), true);
        await closeTwice();
        await within(reading, SOON_MS, 'read during close');
      });

      it('settles although the peer answers nothing any more', async (context) => {
        const silencePeer = part(context, subject.silencePeer, 'this peer cannot be made silent');
        await connect();
        await silencePeer();
        const reading = failure(() => read(...subject.readable), true);
        await closeTwice();
        await within(reading, SOON_MS, 'read during close');
      });

      it('settles after the link was lost', async (context) => {
        const stopPeer = part(context, subject.stopPeer, 'this peer cannot be stopped');
        await connect();
        await stopPeer();
        await closeTwice();
      });

      async function closeTwice(): Promise<void> {
        await within(Promise.all([driver.close(), driver.close()]), CLOSE_MS, 'close()');
        await within(driver.close(), CLOSE_MS, 'close() once more');
        await expectNoNewHandles(before);
      }
    });

    describe('subscribe', () => {
      it('hands readings to the sink until it is ended, and covers no more than was asked for', async (context) => {
        if (driver.subscribe === undefined) context.skip('this driver does not notify');
        const notify = part(context, subject.notify, 'this peer cannot be made to notify');
        await connect();
        const names: string[] = [];
        const subscription = await driver.subscribe!(subject.readable, (readings) => {
          names.push(...readings.map((reading) => reading.name));
        });
        await notify();
        await expect.poll(() => names.length, { timeout: SOON_MS }).toBeGreaterThan(0);
        const known = subject.readable.map((property) => property.name);
        expect(names.filter((received) => !known.includes(received))).toEqual([]);
        expect([...subscription.covered].filter((name) => !known.includes(name))).toEqual([]);
        await subscription.end();
        names.length = 0;
        await notify();
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(names).toEqual([]);
      });
    });
  });
}

/** The optional part of a subject; without it the test is skipped, saying why. */
function part<T>(context: TestContext, value: T | undefined, reason: string): T {
  if (value === undefined) return context.skip(reason);
  return value;
}

/** What `action` rejected with. It must not throw at once; where `maySucceed` is not set it must not resolve either. */
async function failure(action: () => Promise<unknown>, maySucceed = false): Promise<unknown> {
  const promise = action();
  try {
    await promise;
  } catch (error) {
    return error;
  }
  if (!maySucceed) throw new Error('should have been rejected');
  return undefined;
}
