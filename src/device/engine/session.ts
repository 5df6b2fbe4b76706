import { Beat } from './beat';
import { DeadlineError } from '../../base/deadline';
import type { Reading, Subscription, Write, WriteResult } from '../driver';
import type { DriverCalls } from './driver-calls';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Clock } from '../../base/ports';
import { isReadable, type AccessMode, type Property } from '../property';
import type { RequestQueue } from '../../base/request-queue';

/** Why readings came. */
export type ReadCause = 'sync' | 'notify' | 'read' | 'write';

/** What a flow asked to read; `merged` says whether the readings belong to the device's own properties. */
export interface ReadRequest<P extends Property> {
  readonly properties: readonly P[];
  readonly merged: boolean;
}

/** A write that was checked; `declared`: of one of the device's own properties. */
export interface WriteRequest<P extends Property> extends Write<P> {
  readonly declared: boolean;
}

/** What a session works on; it all outlives the session. */
export interface SessionContext<P extends Property> {
  readonly properties: readonly P[];
  readonly syncIntervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly calls: DriverCalls<P>;
  readonly writes: RequestQueue<WriteRequest<P>, WriteResult>;
  readonly reads: RequestQueue<ReadRequest<P>, readonly Reading[]>;
  /** The desired values that may be sent, already checked. */
  readonly desired: readonly Write<P>[];
  readonly onReadings: (cause: ReadCause, readings: readonly Reading[]) => readonly Reading[];
  readonly onDesired: (results: readonly WriteResult[]) => void;
  /** With the error when the driver's notifications cannot be had; the properties are polled all the same. */
  readonly onSubscribed: (error?: DeviceError) => void;
  readonly onMissedBeat: () => void;
  /** The link turned out to be lost. */
  readonly onLost: (signal: AbortSignal, error: DeviceError) => void;
}

/** How many queued writes are handed to the driver in one call. */
const WRITE_BATCH = 100;

/**
 * The work on one link, from the moment it is made until its signal is aborted: subscribes, writes the desired values,
 * syncs every `syncInterval`, and serves the writes and reads that flows ask for. One driver call at a time; in each round
 * every kind of work gets at most one turn, so that neither can starve the other. What the driver's subscription covers is
 * not polled as well: such a beat reads only the rest, and tells what was notified since.
 */
export class Session<P extends Property> {
  private readonly beat: Beat;
  /** Read once after connect; leaves the list with its first good reading. */
  private readonly readOnce: Set<string>;
  private readonly notifyOnly: ReadonlySet<string>;
  private polledList: { readonly properties: readonly P[]; readonly readOnce: number } | undefined;
  private readonly written = new Set<P>();
  private syncDue = true;
  /** The next sync reads what is notified too: there are no values yet, or it has to show whether the device still answers. */
  private syncsAll = true;
  private busy = true;
  private subscription: Subscription | undefined;

  constructor(
    private readonly context: SessionContext<P>,
    private readonly signal: AbortSignal,
  ) {
    this.beat = new Beat(context.clock, () => this.onBeat());
    const namesOf = (mode: AccessMode) =>
      context.properties.filter(({ accessMode }) => accessMode === mode).map(({ name }) => name);
    this.readOnce = new Set(namesOf('ReadOnce'));
    this.notifyOnly = new Set(namesOf('NotifyOnly'));
    signal.addEventListener('abort', () => this.end(), { once: true });
  }

  /** Up to and including the first sync. Rejects when the link is lost, or when nothing answers. */
  async bringUp(): Promise<void> {
    await this.subscribe();
    await this.writeDesired();
    await this.work();
    this.busy = false;
    const { syncIntervalMs, random } = this.context;
    // Devices that were deployed together must not all sync in the same millisecond for ever.
    this.beat.start(syncIntervalMs * (1 - random() / 2), syncIntervalMs);
    this.wake();
  }

  /** There is something to do. */
  wake(): void {
    if (this.busy || this.signal.aborted || !this.hasWork()) return;
    this.busy = true;
    this.work().then(
      () => {
        this.busy = false;
        this.wake();
      },
      (error: unknown) => this.context.onLost(this.signal, toDeviceError(error, ErrorCode.LINK_LOST)),
    );
  }

  /** Whether a property is notified in place of being polled. What is `NotifyOnly` would not be polled either. */
  isPaced(name: string): boolean {
    return this.subscription?.covered.has(name) === true && !this.notifyOnly.has(name);
  }

  private hasWork(): boolean {
    const { writes, reads } = this.context;
    return this.syncDue || this.written.size > 0 || writes.size > 0 || reads.size > 0;
  }

  private async work(): Promise<void> {
    while (this.hasWork()) {
      this.signal.throwIfAborted();
      // Most often there is a sync due and nothing else, and each wait for nothing takes a turn of its own.
      if (this.context.writes.size > 0) await this.sendWrites();
      if (this.context.reads.size > 0) await this.serveRead();
      if (this.written.size > 0) await this.readWritten();
      if (this.syncDue) await this.sync();
    }
  }

  private async sendWrites(): Promise<void> {
    const batch = this.context.writes.take(WRITE_BATCH);
    const outcome = await this.attempt(
      (signal) =>
        this.context.calls.write(
          batch.map(({ item }) => item),
          signal,
        ),
      (error) => batch.forEach(({ reject }) => reject(error)),
    );
    outcome?.forEach((result, index) => {
      const request = batch[index];
      if (request === undefined) return;
      const { property, declared } = request.item;
      if (result.error === undefined && declared && this.isPolled(property)) this.written.add(property);
      request.resolve(result);
    });
  }

  private async serveRead(): Promise<void> {
    const [request] = this.context.reads.take(1);
    if (request === undefined) return;
    const { properties, merged } = request.item;
    const readings = await this.attempt(
      (signal) => this.context.calls.read(properties, signal),
      (error) => request.reject(error),
    );
    if (readings === undefined) return;
    if (!merged) request.resolve(readings);
    else if (this.signal.aborted) request.reject(toDeviceError(this.signal.reason, ErrorCode.LINK_LOST));
    else request.resolve(this.merge('read', readings));
  }

  /** The new values of what was just written, without waiting for the next sync. */
  private async readWritten(): Promise<void> {
    const properties = [...this.written];
    this.written.clear();
    const readings = await this.attempt((signal) => this.context.calls.read(properties, signal));
    if (readings !== undefined && !this.signal.aborted) this.merge('write', readings);
  }

  private async sync(): Promise<void> {
    const covered = this.syncsAll ? undefined : this.subscription?.covered;
    const polled = this.polled();
    const properties = covered === undefined ? polled : polled.filter(({ name }) => !covered.has(name));
    const readings = await this.context.calls.read(properties, this.signal);
    this.signal.throwIfAborted();
    this.syncDue = false;
    this.syncsAll = false;
    const silence = nothingAnswered(readings);
    if (silence !== undefined) throw silence;
    this.merge('sync', readings);
  }

  /**
   * A call on behalf of a flow or another sync. Running into the deadline says nothing about the link, so the next sync, which
   * is made due at once, has to show whether the device still answers. Every other rejection means that the link is lost.
   */
  private async attempt<T>(
    call: (signal: AbortSignal) => Promise<T>,
    onError: (error: DeviceError) => void = () => undefined,
  ): Promise<T | undefined> {
    try {
      return await call(this.signal);
    } catch (error) {
      onError(toDeviceError(error, ErrorCode.LINK_LOST));
      if (!(error instanceof DeadlineError)) throw error;
      this.syncDue = true;
      this.syncsAll = true;
      return undefined;
    }
  }

  private merge(cause: ReadCause, readings: readonly Reading[]): readonly Reading[] {
    if (this.readOnce.size > 0) {
      for (const { name, quality } of readings) if (quality !== 'bad') this.readOnce.delete(name);
    }
    return this.context.onReadings(cause, readings);
  }

  /** In the order of the configuration; found anew only when a property that is read once was read. */
  private polled(): readonly P[] {
    if (this.polledList === undefined || this.polledList.readOnce !== this.readOnce.size) {
      const properties = this.context.properties.filter((property) => this.isPolled(property));
      this.polledList = { properties, readOnce: this.readOnce.size };
    }
    return this.polledList.properties;
  }

  private isPolled({ name, accessMode }: P): boolean {
    return accessMode === 'ReadWrite' || accessMode === 'ReadOnly' || this.readOnce.has(name);
  }

  private async writeDesired(): Promise<void> {
    const { desired, calls, onDesired } = this.context;
    if (desired.length === 0) return;
    try {
      onDesired(await calls.write(desired, this.signal));
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      onDesired(desired.map(({ property }) => ({ name: property.name, error })));
    }
  }

  private async subscribe(): Promise<void> {
    const { properties, calls, onSubscribed } = this.context;
    const notified = properties.filter((p) => isReadable(p) && p.accessMode !== 'ReadOnce');
    try {
      const sink = (readings: Reading[]): void => this.onNotified(readings);
      this.subscription = await calls.subscribe(notified, sink, this.signal);
      const missing = this.subscription === undefined && notified.some((p) => p.accessMode === 'NotifyOnly');
      onSubscribed(missing ? new DeviceError(ErrorCode.CONFIG, 'this kind of device does not notify') : undefined);
    } catch (error) {
      this.signal.throwIfAborted();
      onSubscribed(toDeviceError(error, ErrorCode.BAD_RESPONSE, 'cannot subscribe'));
    }
  }

  private onNotified(readings: unknown): void {
    if (this.signal.aborted || !Array.isArray(readings)) return;
    this.merge('notify', readings as Reading[]);
  }

  private onBeat(): void {
    if (this.syncDue) this.context.onMissedBeat();
    this.syncDue = true;
    this.wake();
  }

  private end(): void {
    this.beat.stop();
    void this.subscription?.end().catch(() => undefined); // the link closes anyway
  }
}

/**
 * The error of a device of which nothing at all answered in time: every property that was read timed out. A property that a
 * driver had no time for (DeadlineError) says nothing about the link.
 */
function nothingAnswered(readings: readonly Reading[]): DeviceError | undefined {
  const isSilent = ({ quality, error }: Reading): boolean =>
    quality === 'bad' && error?.code === ErrorCode.TIMEOUT && !(error instanceof DeadlineError);
  return readings.every(isSilent) ? readings[0]?.error : undefined;
}
