import { expireAfter } from '../../../base/deadline';
import type { ClientSession } from 'node-opcua-client';
import type { EventEmitter } from 'node:events';
import { settlesWithin } from '../../../base/settle-within';
import { abortError, pause, unlessAborted } from '../../../base/waiting';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Clock, Logger, Ports } from '../../../base/ports';
import type { OperationLimits } from './session-info';
import type { Orphans } from './session-orphans';
import { prepareConnecting, SessionLink, type LinkContext } from './session-link';
import type { SessionOptions } from './session-options';
import type { StructureTypes } from '../library/structures';
import { isTransient } from '../library/status-codes';

/** Pause between attempts to get a lost session back: an outage is never followed by a long wait. ms */
const RETRY_MS = 500;
/** The same while the server says that it has no session left: asking more often only keeps it busy. ms */
const RETRY_FULL_MS = 5000;
/** What closing spends at most on connecting once more, for sessions that a loss has left at the server. ms */
const ORPHANS_MS = 800;
/** What `ready` waits for a recovery, as a share of the time-out; the rest is left for the caller to tell the reason. */
const WAIT_SHARE = 0.8;

/** A session that works. After a loss there is a new one: nothing of the old one (NodeId indexes, subscriptions) holds. */
export interface UaSession {
  readonly session: ClientSession;
  readonly operationLimits: OperationLimits;
  readonly structures: StructureTypes;
  /** The server's namespace URIs by index, as they were when this session began. */
  namespaces(): readonly string[];
  /** 1 for the first session, one more for each after it. */
  readonly generation: number;
}

export type SessionEvents = EventEmitter<{ lost: [DeviceError]; restored: [] }>;

/** The session of all nodes with the same options: one attempt at a time, and new ones by itself after a loss. */
export class SharedSession {
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly users = new Set<SessionEvents>();
  private readonly ending = new AbortController();
  private link: SessionLink | undefined;
  private current: UaSession | undefined;
  private attempt: Promise<UaSession> | undefined;
  /** Settles when there is a session again or no hope for one; undefined while none was lost. */
  private recovery: Promise<void> | undefined;
  private lastError: DeviceError | undefined;
  private generation = 0;

  /** `before` is waited for ahead of the first attempt. */
  constructor(
    private readonly options: SessionOptions,
    { clock, log }: Ports,
    private readonly orphans: Orphans,
    private before: Promise<void> = Promise.resolve(),
  ) {
    this.clock = clock;
    this.log = log;
  }

  add(user: SessionEvents): void {
    this.users.add(user);
  }

  remove(user: SessionEvents): void {
    this.users.delete(user);
  }

  async ready(signal: AbortSignal): Promise<UaSession> {
    if (signal.aborted) throw abortError(signal, this.what);
    if (this.current !== undefined) return this.current;
    if (this.recovery !== undefined) return this.waitForRecovery(this.recovery, signal);
    return unlessAborted(this.connect(), signal, this.what);
  }

  /** Ends everything under way; settles within 5 s. */
  async close(): Promise<void> {
    this.ending.abort(new DeviceError(ErrorCode.CLOSED, 'the session was closed'));
    this.current = undefined;
    await Promise.allSettled([this.attempt, this.recovery, this.before]);
    const link = this.link;
    this.link = undefined;
    await link?.close();
    if (this.orphans.list().length > 0) await this.closeOrphans();
  }

  /** Nobody connects any more who would close them on the way in. */
  private async closeOrphans(): Promise<void> {
    const late = new AbortController();
    const timer = this.clock.setTimeout(() => late.abort(), ORPHANS_MS);
    await settlesWithin(2 * ORPHANS_MS, SessionLink.closeOrphans(this.contextUntil(late.signal)));
    this.clock.clearTimeout(timer);
  }

  private contextUntil(signal: AbortSignal): LinkContext {
    const { options, clock, log, orphans } = this;
    return { options, clock, log, orphans, signal };
  }

  private connect(): Promise<UaSession> {
    this.attempt ??= this.open().finally(() => (this.attempt = undefined));
    return this.attempt;
  }

  private async open(): Promise<UaSession> {
    const { timeoutMs } = this.options;
    const late = new AbortController();
    const error = new DeviceError(ErrorCode.TIMEOUT, `${this.what}: no answer in ${timeoutMs} ms`);
    await this.before;
    await prepareConnecting(this.options, this.log);
    const callOff = expireAfter(this.clock, timeoutMs, () => late.abort(error));
    try {
      const signal = AbortSignal.any([this.ending.signal, late.signal]);
      return this.begin(await SessionLink.open(this.contextUntil(signal)));
    } finally {
      callOff();
    }
  }

  private begin(link: SessionLink): UaSession {
    this.link = link;
    this.generation += 1;
    const { namespaces, operationLimits } = link.info;
    const { session, structures } = link;
    this.current = { session, structures, operationLimits, namespaces: () => namespaces, generation: this.generation };
    link.onLost = (error) => this.lose(link, error);
    if (this.generation > 1) for (const user of [...this.users]) user.emit('restored');
    return this.current;
  }

  private lose(link: SessionLink, error: DeviceError): void {
    if (this.link !== link || this.ending.signal.aborted) return;
    this.link = undefined;
    this.current = undefined;
    this.lastError = error;
    this.before = link.abandon();
    this.recovery = this.recover().finally(() => (this.recovery = undefined));
    for (const user of [...this.users]) user.emit('lost', error);
  }

  /** Until there is a session again, or until the reason is one that only a person can remove. Never rejects. */
  private async recover(): Promise<void> {
    while (!this.ending.signal.aborted) {
      try {
        await this.connect();
        return;
      } catch (cause) {
        this.lastError = toDeviceError(cause, ErrorCode.CONNECT_FAILED);
        if (!isTransient(this.lastError)) return;
        const isFull = this.lastError.code === 'OPCUA_BadTooManySessions';
        await pause(this.clock, isFull ? RETRY_FULL_MS : RETRY_MS, this.ending.signal);
      }
    }
  }

  private async waitForRecovery(recovery: Promise<void>, signal: AbortSignal): Promise<UaSession> {
    const late = new AbortController();
    const callOff = expireAfter(this.clock, this.options.timeoutMs * WAIT_SHARE, () => late.abort());
    try {
      await unlessAborted(recovery, AbortSignal.any([signal, late.signal]), this.what).catch(() => undefined);
    } finally {
      callOff();
    }
    if (signal.aborted) throw abortError(signal, this.what);
    if (this.current !== undefined) return this.current;
    throw this.lastError ?? new DeviceError(ErrorCode.CLOSED, `${this.what}: the session was closed`);
  }

  private get what(): string {
    return `cannot connect to ${this.options.endpoint}`;
  }
}
