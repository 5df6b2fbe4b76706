import { type DeviceError, ErrorCode, toDeviceError } from './errors';
import type { Clock, TimerHandle } from './ports';

/** What is the case. `ending`: what the last attempt left is being taken down. */
export type KeepUpFact = 'down' | 'starting' | 'up' | 'ending';

export interface KeepUpOptions {
  readonly clock: Clock;
  /**
   * Makes it; resolves once it is up, rejects when that failed. Its signal is aborted as soon as the attempt, or what came of
   * it, is given up or lost: from then on nothing it does has any effect. One attempt at a time.
   */
  readonly attempt: (signal: AbortSignal) => Promise<void>;
  /** How long to wait before the next attempt, in ms; `heldMs`: how long it was up, undefined if it never was. */
  readonly pause: (heldMs: number | undefined) => number;
  /** Takes down whatever the last attempt left, also one that failed. The next attempt waits for it. What it throws is ignored. */
  readonly takeDown?: (reason: DeviceError) => Promise<void> | undefined;
  readonly onUp?: () => void;
  /** Once for each attempt: it failed, or what it made is gone, for this reason. Also when that was wished. */
  readonly onDown?: (reason: DeviceError) => void;
  /** A hook has thrown: a fault of its owner, which must not stop the keeping up. */
  readonly onFault?: (error: unknown) => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: DeviceError) => void;
}

/**
 * Keeps something up as long as that is wished, for ever, with pauses between attempts: a connection, a listener.
 *
 * Wish and fact are separate, and `reconcile` alone decides what to do about a difference. Each attempt has a signal of its
 * own (its generation): once that is aborted, nothing that still comes from the attempt has any effect. A pause is the
 * only timer, and there is none unless it is wished.
 */
export class KeepUp {
  private wished = false;
  private state: KeepUpFact = 'down';
  private generation: AbortController | undefined;
  private upSince = 0;
  private timer: TimerHandle;
  /** The next attempt is to follow without a pause. */
  private isHurried = false;
  private readonly waiters: Waiter[] = [];
  private readonly endings: (() => void)[] = [];

  constructor(private readonly options: KeepUpOptions) {}

  get isWished(): boolean {
    return this.wished;
  }

  get fact(): KeepUpFact {
    return this.state;
  }

  /** The generation's, from the attempt on until it is given up or lost. */
  get signal(): AbortSignal | undefined {
    return this.generation?.signal;
  }

  /** Wishes it up. A pause goes on. */
  start(): void {
    this.wished = true;
    this.reconcile();
  }

  /** Wishes it up, and settles with the outcome of the attempt under way, else of one made at once. Attempts go on. */
  bringUp(): Promise<void> {
    this.wished = true;
    if (this.state === 'up') return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
      this.hurry();
    });
  }

  /** Cuts a pause short; does nothing where there is none, or no wish. */
  retryNow(): void {
    if (this.wished) this.hurry();
  }

  /** Takes it down for `reason` and makes it anew at once. Settles with the outcome. */
  restart(reason: DeviceError): Promise<void> {
    this.wished = true;
    if (this.state === 'starting' || this.state === 'up') {
      this.isHurried = true;
      this.end(reason);
    }
    return this.bringUp();
  }

  /** No longer wished: takes it down for `reason`, and tells it those who wait. Settles once it is down. Never rejects. */
  stop(reason: DeviceError): Promise<void> {
    this.wished = false;
    this.isHurried = false;
    this.clearPause();
    if (this.state === 'starting' || this.state === 'up') this.end(reason);
    // Also who came while it was still being taken down: no attempt will follow that could tell them anything.
    this.failWaiters(reason);
    if (this.state === 'down') return Promise.resolve();
    return new Promise((resolve) => this.endings.push(resolve));
  }

  /** What the attempt with this signal made, or tries to make, is lost. Reports of earlier generations change nothing. */
  lose(signal: AbortSignal | undefined, reason: DeviceError): void {
    if (signal !== undefined && signal === this.generation?.signal) this.end(reason);
  }

  private reconcile(): void {
    if (this.wished && this.state === 'down' && this.timer === undefined) void this.attempt();
  }

  private hurry(): void {
    this.clearPause();
    if (this.state === 'ending') this.isHurried = true;
    this.reconcile();
  }

  private async attempt(): Promise<void> {
    const generation = new AbortController();
    const { signal } = generation;
    this.generation = generation;
    this.state = 'starting';
    this.isHurried = false;
    try {
      await this.options.attempt(signal);
      signal.throwIfAborted();
      this.state = 'up';
      this.upSince = this.options.clock.now();
    } catch (error) {
      this.lose(signal, toDeviceError(error, ErrorCode.CONNECT_FAILED));
      return;
    }
    for (const { resolve } of this.waiters.splice(0)) resolve();
    this.guard(() => this.options.onUp?.());
  }

  private end(reason: DeviceError): void {
    const { generation, options } = this;
    const heldMs = this.state === 'up' ? options.clock.now() - this.upSince : undefined;
    this.generation = undefined;
    this.state = 'ending';
    generation?.abort(reason);
    this.guard(() => options.onDown?.(reason));
    this.failWaiters(reason);
    const ended = this.guard(() => options.takeDown?.(reason));
    if (ended === undefined) this.land(heldMs);
    else void ended.catch(() => undefined).then(() => this.land(heldMs));
  }

  private land(heldMs: number | undefined): void {
    this.state = 'down';
    for (const settle of this.endings.splice(0)) settle();
    if (this.wished && !this.isHurried) {
      this.timer = this.options.clock.setTimeout(() => {
        this.timer = undefined;
        this.reconcile();
      }, this.options.pause(heldMs));
    }
    this.reconcile();
  }

  private clearPause(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private failWaiters(reason: DeviceError): void {
    for (const { reject } of this.waiters.splice(0)) reject(reason);
  }

  private guard<T>(hook: () => T): T | undefined {
    try {
      return hook();
    } catch (error) {
      this.options.onFault?.(error);
      return undefined;
    }
  }
}
