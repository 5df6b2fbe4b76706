import { withDeadline } from '../../base/deadline';
import type { Driver, Reading, Subscription, Write, WriteResult } from '../driver';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import { formatDuration } from '../../base/duration';
import type { Clock } from '../../base/ports';
import type { Property } from '../property';

/** A driver's close may take 5 s; the engine's own close has to fit into that, so it waits a little less. */
const CLOSE_DEADLINE_MS = 4500;

/**
 * A driver's verbs as the engine may rely on them: each settles within the timeout or once the signal is aborted, rejects
 * only with a DeviceError, and answers exactly one result per property asked for, in order, whatever the driver does.
 */
export class DriverCalls<P extends Property> {
  private attempts = 0;
  private readonly within: string;

  constructor(
    private readonly driver: Driver<P>,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {
    this.within = `within ${formatDuration(timeoutMs)}`;
  }

  /** Rejects with TIMEOUT, with what the driver said, or with the signal's reason. */
  async connect(signal: AbortSignal): Promise<void> {
    const attempt = ++this.attempts;
    try {
      await this.bounded('connect', signal, async (inner) => {
        await this.driver.connect(inner);
        // Made too late, when nobody waits any more: without this, nobody would ever close the link.
        if (inner.aborted && attempt === this.attempts) await this.close();
      });
    } catch (error) {
      throw toDeviceError(error, ErrorCode.CONNECT_FAILED);
    }
  }

  async read(properties: readonly P[], signal: AbortSignal): Promise<Reading[]> {
    if (properties.length === 0) return [];
    const readings = await this.bounded('read', signal, (inner) => this.driver.read(properties, inner)).catch(
      linkError,
    );
    const found = matchByName<Reading>(properties, readings);
    return found === readings
      ? readings
      : properties.map((property, index) => found[index] ?? this.noReading(property));
  }

  async write(writes: readonly Write<P>[], signal: AbortSignal): Promise<WriteResult[]> {
    if (writes.length === 0) return [];
    const properties = writes.map((write) => write.property);
    const results = await this.bounded('write', signal, (inner) => this.driver.write(writes, inner)).catch(linkError);
    const found = matchByName<WriteResult>(properties, results);
    return properties.map(({ name }, index) => found[index] ?? { name, error: noAnswer(name) });
  }

  /** Undefined where the driver does not notify. */
  async subscribe(
    properties: readonly P[],
    sink: (readings: Reading[]) => void,
    signal: AbortSignal,
  ): Promise<Subscription | undefined> {
    const { driver } = this;
    if (driver.subscribe === undefined || properties.length === 0) return undefined;
    return this.bounded('subscribe', signal, async (inner) => {
      const subscription = await driver.subscribe?.(properties, sink);
      if (inner.aborted) await subscription?.end();
      return subscription;
    });
  }

  /** Rejects with CONFIG where the driver has no actions of its own, with TIMEOUT, or with what the driver said. */
  async perform(action: string, message: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown> {
    const { driver } = this;
    if (driver.perform === undefined) {
      throw new DeviceError(ErrorCode.CONFIG, `this kind of device has no action "${action}"`);
    }
    return this.bounded(action, signal, (inner) => Promise.resolve(driver.perform?.(action, message, inner))).catch(
      (error: unknown) => {
        throw toDeviceError(error, ErrorCode.BAD_RESPONSE);
      },
    );
  }

  /** Settles within 4.5 s and never rejects: what a driver cannot close is lost to us anyway. */
  async close(): Promise<void> {
    const options = { clock: this.clock, ms: CLOSE_DEADLINE_MS, message: 'the driver did not close in time' };
    await withDeadline(options, () => this.driver.close()).catch(() => undefined);
  }

  private bounded<T>(verb: string, signal: AbortSignal, action: (inner: AbortSignal) => Promise<T>): Promise<T> {
    const message = `no answer to ${verb} ${this.within}`;
    return withDeadline({ clock: this.clock, ms: this.timeoutMs, signal, message }, action);
  }

  private noReading(property: P): Reading {
    const { name } = property;
    return { name, value: undefined, quality: 'bad', error: noAnswer(name), updatedAt: this.clock.now() };
  }
}

/** A driver rejects a read or write only when the link is lost. */
function linkError(error: unknown): never {
  throw toDeviceError(error, ErrorCode.LINK_LOST);
}

const noAnswer = (name: string): DeviceError =>
  new DeviceError(ErrorCode.BAD_RESPONSE, `the driver answered nothing for "${name}"`);

const isInOrder = (properties: readonly Property[], answers: readonly unknown[]): boolean =>
  answers.length === properties.length &&
  properties.every(({ name }, index) => (answers[index] as { name?: unknown } | null | undefined)?.name === name);

/** The answers in the order of the properties: by position where the names agree, else by name, else undefined. */
function matchByName<A extends { readonly name: string }>(
  properties: readonly Property[],
  answers: unknown,
): (A | undefined)[] {
  const given: unknown[] = Array.isArray(answers) ? answers : [];
  if (isInOrder(properties, given)) return given as A[];
  const list = given.filter(
    (answer: unknown) => typeof answer === 'object' && answer !== null && 'name' in answer,
  ) as A[];
  const byName = new Map(list.map((answer) => [answer.name, answer]));
  return properties.map(({ name }) => byName.get(name));
}
