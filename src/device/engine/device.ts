import { EventEmitter } from 'node:events';
import { ActionQueue } from './action-queue';
import { Backoff } from '../../base/backoff';
import type { Driver, DriverMessage, Reading, WriteResult } from '../driver';
import { DriverCalls } from './driver-calls';
import { closedError, disconnectedError, DriverLink } from './driver-link';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { DeviceConfig } from '../kind';
import type { Ports } from '../../base/ports';
import { hasOperations } from '../config/property-value';
import { ProblemTracker } from '../../base/problem-tracker';
import { isReadable, type Property } from '../property';
import { errorInfo, PropertyStore } from './property-store';
import {
  badReading,
  checkDesired,
  checkRead,
  checkWrite,
  findTarget,
  toUserReading,
  unknownProperty,
} from './requests';
import { RequestQueue } from '../../base/request-queue';
import { Snapshot } from './device-snapshot';
import { Reporting, type SyncReport } from './reporting';
import { Session, type ReadCause, type ReadRequest, type WriteRequest } from './session';
import type { DeviceIdentity } from '../../base/identity';
import type { ErrorInfo } from '../../base/errors';
import type { DeviceState } from '../../base/device-state';
import type { DeviceSnapshot } from '../snapshot';

export interface DeviceOptions<P extends Property = Property> {
  readonly identity: DeviceIdentity;
  readonly config: DeviceConfig<P>;
  readonly driver: Driver<P>;
  readonly ports: Ports;
  /** Writes that may wait, for their turn or for the link; also the bound for reads and for actions. Default 1000. */
  readonly writeQueueDepth?: number;
}

/**
 * The life of a device: connects its driver, for ever if need be, syncs its properties, serves reads and writes, and knows
 * the last state of everything.
 *
 * - `state`: the state, or the error that explains it, changed.
 * - `sync`: readings came (also those without a change).
 * - `problem`: an error, once per distinct error however often it repeats.
 * - `message`: something that is no property came from the device (an event, an alarm).
 */
export class Device<P extends Property = Property> {
  readonly events = new EventEmitter<{
    state: [DeviceSnapshot];
    sync: [SyncReport];
    problem: [DeviceError];
    message: [DriverMessage];
  }>();

  private readonly declared: ReadonlyMap<string, P>;
  private readonly hasOperations: boolean;
  private readonly store: PropertyStore;
  private readonly reporting = new Reporting();
  private readonly problems: ProblemTracker;
  private readonly writes: RequestQueue<WriteRequest<P>, WriteResult>;
  private readonly reads: RequestQueue<ReadRequest<P>, readonly Reading[]>;
  private readonly actions: ActionQueue<P>;
  private readonly link: DriverLink<P>;
  private readonly calls: DriverCalls<P>;
  private session: Session<P> | undefined;
  /** The first sync on the present link is done. */
  private inService = false;
  private lastError: ErrorInfo | undefined;
  private linkError: ErrorInfo | undefined;
  private lastSync: number | undefined;
  private missedBeats = 0;
  private toldState = '';
  private closing: Promise<void> | undefined;

  constructor(private readonly options: DeviceOptions<P>) {
    const { config, driver, ports, writeQueueDepth = 1000 } = options;
    const { clock, log, random } = ports;
    this.hasOperations = config.properties.some(hasOperations);
    this.declared = new Map(config.properties.map((property) => [property.name, property]));
    this.store = new PropertyStore(config.properties);
    this.problems = new ProblemTracker(clock, log, (problem) => this.tell(() => this.events.emit('problem', problem)));
    const queue = { clock, depth: writeQueueDepth, maxWaitMs: config.timeoutMs, onExpired: () => this.downError() };
    this.writes = new RequestQueue(queue);
    this.reads = new RequestQueue(queue);
    this.calls = new DriverCalls(driver, clock, config.timeoutMs);
    this.actions = new ActionQueue(this.calls, queue);
    this.link = new DriverLink(this.calls, clock, new Backoff(random, driver.maxRetryDelayMs), {
      bringUp: (signal) => this.bringUp(signal),
      onDown: (reason) => this.onDown(reason),
    });
    driver.events.on('lost', this.onLost);
    driver.messages?.on('message', this.onMessage);
  }

  /** Wishes the device connected; returns at once. The first connect is retried like any other. */
  start(): void {
    this.link.start();
    this.tellState();
  }

  snapshot(): DeviceSnapshot {
    const { lastError, lastSync, missedBeats } = this;
    const { identity: device, driver } = this.options;
    const known = { device, state: this.state(), lastError, lastSync, missedBeats, link: driver.link };
    return new Snapshot(known, this.store.states);
  }

  /**
   * Wishes the device connected. Settles with the outcome of the attempt under way, else of one made at once: resolves after
   * the first sync, rejects with what went wrong (CLOSED after `close` and when `disconnect` comes in between). Attempts go on.
   */
  connect(): Promise<void> {
    const outcome = this.link.connect();
    this.tellState();
    return outcome;
  }

  /** Ends the link, polling and retries until `connect`. What waits or is under way is told CLOSED. Settles within 5 s. */
  async disconnect(): Promise<void> {
    if (this.link.wish === 'closed') return this.closing;
    await this.endLink('disconnected');
  }

  /**
   * Reads now. Answers one reading per name, in order; a property that cannot be read is a bad reading. `adHoc` are
   * definitions that are not in the table: their readings are not merged into the snapshot.
   * Without `names`: the ad-hoc properties, if any were given, else all readable ones. NotifyOnly properties answer what
   * was last notified. Waits for the link at most the device's timeout; rejects with LINK_LOST, TIMEOUT, CLOSED, QUEUE_FULL.
   */
  async read(names?: readonly string[], adHoc: readonly P[] = []): Promise<Reading[]> {
    const now = this.options.ports.clock.now();
    const answers = new Map<string, Reading>();
    const own: P[] = [];
    const foreign: P[] = [];
    const wanted = names ?? this.allReadable(adHoc);
    for (const name of new Set(wanted)) {
      const target = findTarget(name, this.declared, adHoc);
      const refusal = target === undefined ? unknownProperty(name) : checkRead(target.property);
      if (target === undefined || refusal !== undefined) {
        answers.set(name, badReading(name, refusal ?? unknownProperty(name), now));
      } else if (target.property.accessMode === 'NotifyOnly') answers.set(name, this.lastKnown(name, now));
      else (target.declared ? own : foreign).push(target.property);
    }
    const [merged, converted] = await Promise.all([this.request(own, true), this.request(foreign, false)]);
    for (const reading of merged) answers.set(reading.name, reading);
    converted.forEach((reading, index) => {
      const property = foreign[index];
      if (property !== undefined) answers.set(property.name, toUserReading(property, reading));
    });
    return wanted.map((name) => answers.get(name) ?? badReading(name, unknownProperty(name), now));
  }

  /**
   * Writes values given in the user's unit; `adHoc` as for `read`. All are checked before anything is sent. Answers one
   * result per name, in the order of `values`, and never rejects: a result without `error` is a write that the device
   * confirmed; else the code says why not (UNKNOWN_PROPERTY, READ_ONLY, BAD_VALUE, QUEUE_FULL, REPLACED, LINK_LOST, TIMEOUT,
   * CLOSED, or the protocol's own). While the link is down a write waits for it at most the device's timeout.
   */
  write(values: Readonly<Record<string, unknown>>, adHoc: readonly P[] = []): Promise<WriteResult[]> {
    const results = Object.entries(values).map(async ([name, value]): Promise<WriteResult> => {
      const target = findTarget(name, this.declared, adHoc);
      if (target === undefined) return { name, error: unknownProperty(name) };
      const checked = checkWrite(target.property, value);
      if (checked instanceof DeviceError) return { name, error: checked };
      const refusal = this.endedError();
      if (refusal !== undefined) return { name, error: refusal };
      const request = { ...checked, declared: target.declared };
      try {
        return await this.writes.add(request, target.declared ? name : undefined);
      } catch (error) {
        return { name, error: toDeviceError(error, ErrorCode.LINK_LOST) };
      }
    });
    this.session?.wake();
    return Promise.all(results);
  }

  /**
   * An action of the protocol's own (DeviceKind.actions): answers what the driver answered. Waits for the link, and then for
   * the answer, at most the device's timeout each. Rejects with what the driver said, or with BAD_MESSAGE,
   * LINK_LOST, TIMEOUT, CLOSED, QUEUE_FULL.
   */
  async perform(action: string, message: Readonly<Record<string, unknown>>): Promise<unknown> {
    const refusal = this.endedError();
    if (refusal !== undefined) throw refusal;
    return this.actions.add(action, message);
  }

  /** Ends everything for good; settles within 5 s even when the driver does not. What waits or is under way is told CLOSED. */
  close(): Promise<void> {
    this.closing ??= this.endLink('closed').finally(() => {
      this.options.driver.events.off('lost', this.onLost);
      this.options.driver.messages?.off('message', this.onMessage);
    });
    return this.closing;
  }

  private async endLink(wish: 'disconnected' | 'closed'): Promise<void> {
    const ended = this.link.end(wish);
    const reason = wish === 'closed' ? closedError() : disconnectedError();
    this.writes.clear(reason);
    this.reads.clear(reason);
    this.actions.clear(reason);
    this.lastError = undefined;
    this.linkError = undefined;
    this.problems.report('link', []);
    this.tellState();
    await ended;
  }

  private readonly onLost = (error: unknown): void => {
    this.link.loseCurrent(toDeviceError(error, ErrorCode.LINK_LOST));
  };

  private readonly onMessage = (message: DriverMessage): void => {
    if (this.link.wish === 'connected') this.tell(() => this.events.emit('message', message));
  };

  private async bringUp(signal: AbortSignal): Promise<void> {
    const { config, ports } = this.options;
    const { writes, refused } = checkDesired(config.properties);
    const session = new Session<P>(
      {
        properties: config.properties,
        syncIntervalMs: config.syncIntervalMs,
        clock: ports.clock,
        random: ports.random,
        calls: this.calls,
        writes: this.writes,
        reads: this.reads,
        desired: writes,
        onReadings: (cause, readings) => this.onReadings(cause, readings),
        onDesired: (results) => this.reportDesired([...refused, ...results]),
        onSubscribed: (error) => this.problems.report('subscribe', error === undefined ? [] : [{ error }]),
        onMissedBeat: () => (this.missedBeats += 1),
        onLost: (lostSignal, error) => this.link.lose(lostSignal, error),
      },
      signal,
    );
    this.session = session;
    this.writes.setLinkUp(true);
    this.reads.setLinkUp(true);
    this.actions.setLinkUp(signal);
    if (writes.length === 0) this.reportDesired(refused);
    await session.bringUp();
  }

  private onDown(reason: DeviceError): void {
    this.session = undefined;
    this.inService = false;
    this.reporting.restart();
    this.writes.setLinkUp(false);
    this.reads.setLinkUp(false);
    this.actions.setLinkDown();
    const info = errorInfo(reason);
    this.store.markBad(info);
    if (this.link.wish !== 'connected') return; // asked for: `endLink` tells it
    this.linkError = info;
    this.lastError = info;
    this.problems.report('link', [{ error: reason }]);
    this.tellState();
  }

  private onReadings(cause: ReadCause, readings: readonly Reading[]): readonly Reading[] {
    const converted = this.hasOperations ? readings.map((reading) => this.toUser(reading)) : readings;
    const changed = this.store.merge(converted);
    const isDue = this.reporting.accept(cause, changed, (name) => this.session?.isPaced(name) === true);
    if (cause === 'sync') this.onSynced();
    this.judge();
    const report: SyncReport = { snapshot: this.snapshot(), changed, cause, isDue };
    this.tell(() => this.events.emit('sync', report));
    return converted;
  }

  private toUser(reading: Reading): Reading {
    const property = this.declared.get(reading.name);
    return property === undefined ? reading : toUserReading(property, reading);
  }

  private onSynced(): void {
    this.lastSync = this.options.ports.clock.now();
    this.inService = true;
    this.linkError = undefined;
    this.problems.report('link', []);
  }

  /** What the present readings mean for the device as a whole. */
  private judge(): void {
    if (!this.inService) return;
    const { bad } = this.store;
    this.lastError = bad[0]?.error;
    this.problems.report(
      'read',
      bad.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, error }])),
    );
    this.tellState();
  }

  private reportDesired(results: readonly WriteResult[]): void {
    const refused = results.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, error }]));
    this.problems.report(
      'desired',
      refused.map(({ name, error }) => ({
        name,
        error: { code: error.code, message: `desired value refused: ${errorInfo(error).message}` },
      })),
    );
  }

  private state(): DeviceState {
    switch (this.link.wish) {
      case 'none':
        return 'idle';
      case 'disconnected':
      case 'closed':
        return this.link.wish;
      case 'connected':
        if (this.inService) return this.store.hasBad ? 'degraded' : 'healthy';
        return this.linkError === undefined ? 'connecting' : 'unhealthy';
    }
  }

  private tellState(): void {
    const state = this.state();
    const told = `${state} ${this.lastError?.code ?? ''} ${this.lastError?.message ?? ''}`;
    if (told === this.toldState) return;
    this.toldState = told;
    const snapshot = this.snapshot();
    this.tell(() => this.events.emit('state', snapshot));
  }

  /** A listener that throws is a fault of its own; it must not stop the device. */
  private tell(emit: () => void): void {
    try {
      emit();
    } catch (error) {
      this.options.ports.log.error(
        `a listener of the device failed: ${toDeviceError(error, ErrorCode.CONFIG).message}`,
      );
    }
  }

  private async request(properties: readonly P[], merged: boolean): Promise<readonly Reading[]> {
    if (properties.length === 0) return [];
    const refusal = this.endedError();
    if (refusal !== undefined) throw refusal;
    const readings = this.reads.add({ properties, merged });
    this.session?.wake();
    return readings;
  }

  private allReadable(adHoc: readonly P[]): string[] {
    const properties = adHoc.length > 0 ? adHoc : this.options.config.properties.filter(isReadable);
    return properties.map((property) => property.name);
  }

  private lastKnown(name: string, now: number): Reading {
    const state = this.store.stateOf(name);
    if (state?.quality === undefined) return badReading(name, new DeviceError('NO_VALUE', 'not notified yet'), now);
    const { error, quality, updatedAt = now, ...known } = state;
    return {
      ...known,
      quality,
      updatedAt,
      ...(error === undefined ? {} : { error: new DeviceError(error.code, error.message) }),
    };
  }

  /** Why nothing may be asked of the device now, if so. */
  private endedError(): DeviceError | undefined {
    if (this.link.wish === 'closed') return closedError();
    return this.link.wish === 'disconnected' ? disconnectedError() : undefined;
  }

  private downError(): DeviceError {
    const why = this.linkError === undefined ? '' : `: ${this.linkError.message}`;
    return new DeviceError(ErrorCode.LINK_LOST, `no link to the device within the time allowed${why}`);
  }
}
