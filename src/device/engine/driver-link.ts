import type { Backoff } from '../../base/backoff';
import type { DriverCalls } from './driver-calls';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Clock, TimerHandle } from '../../base/ports';
import type { Property } from '../property';

/** What the user wants. `none`: nothing yet. `closed` is final. */
export type Wish = 'none' | 'connected' | 'disconnected' | 'closed';

/** What is the case. */
type Fact = 'down' | 'connecting' | 'up' | 'closing';

export interface LinkHooks {
  /** The link is made: bring the device into service. Rejects when the link turned out not to be usable. */
  readonly bringUp: (signal: AbortSignal) => Promise<void>;
  /** The link was made, tried or in use, and is gone for this reason. */
  readonly onDown: (reason: DeviceError) => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: DeviceError) => void;
}

/**
 * Keeps a driver connected as long as that is wished, for ever, with growing pauses between attempts.
 *
 * Wish and fact are separate, and `reconcile` alone decides what to do about a difference. Each attempt has a signal of its
 * own (its generation): once that is aborted, nothing that still comes from the attempt or its link has any effect.
 */
export class DriverLink<P extends Property> {
  private wished: Wish = 'none';
  private fact: Fact = 'down';
  private generation: AbortController | undefined;
  private retryTimer: TimerHandle;
  private readonly connectWaiters: Waiter[] = [];
  private readonly downWaiters: (() => void)[] = [];

  constructor(
    private readonly calls: DriverCalls<P>,
    private readonly clock: Clock,
    private readonly backoff: Backoff,
    private readonly hooks: LinkHooks,
  ) {}

  get wish(): Wish {
    return this.wished;
  }

  /** Starts connecting without anyone waiting for it. */
  start(): void {
    if (this.wished === 'closed') return;
    this.wished = 'connected';
    this.reconcile();
  }

  /** The outcome of the attempt under way, or of one made at once (a pause between attempts is cut short). */
  connect(): Promise<void> {
    if (this.wished === 'closed') return Promise.reject(closedError());
    this.wished = 'connected';
    if (this.fact === 'up' && this.isReady) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      this.connectWaiters.push({ resolve, reject });
      this.clearRetry();
      this.reconcile();
    });
  }

  /** Ends the link and all retries; settles once the driver is closed, or its time for that is over. */
  async end(wish: 'disconnected' | 'closed'): Promise<void> {
    const isFirstClose = wish === 'closed' && this.wished !== 'closed';
    if (this.wished !== 'closed') this.wished = wish;
    this.reconcile();
    // Also who came while the link before was still being closed: no attempt will follow that could tell them anything.
    this.failWaiters(this.endReason());
    if (this.fact === 'down') {
      if (isFirstClose) await this.calls.close(); // a driver may hold something although it was never connected
      return;
    }
    await new Promise<void>((resolve) => this.downWaiters.push(resolve));
  }

  /** The link of this signal's generation is gone. Reports of earlier generations change nothing. */
  lose(signal: AbortSignal | undefined, error: DeviceError): void {
    if (signal !== undefined && signal === this.generation?.signal) void this.takeDown(error);
  }

  /** The driver told that its link is gone. */
  loseCurrent(error: DeviceError): void {
    this.lose(this.generation?.signal, error);
  }

  private isReady = false;

  private reconcile(): void {
    const wanted = this.wished === 'connected';
    if (this.fact === 'down') {
      if (!wanted) this.clearRetry();
      else if (this.retryTimer === undefined) void this.attempt();
    } else if (this.fact !== 'closing' && !wanted) {
      void this.takeDown(this.endReason());
    }
  }

  private async attempt(): Promise<void> {
    const generation = new AbortController();
    const { signal } = generation;
    this.generation = generation;
    this.fact = 'connecting';
    try {
      await this.calls.connect(signal);
      signal.throwIfAborted();
      this.fact = 'up';
      await this.hooks.bringUp(signal);
      signal.throwIfAborted();
      this.isReady = true;
      this.backoff.reset();
      for (const waiter of this.connectWaiters.splice(0)) waiter.resolve();
    } catch (error) {
      this.lose(signal, toDeviceError(error, ErrorCode.CONNECT_FAILED));
    }
  }

  private async takeDown(reason: DeviceError): Promise<void> {
    const generation = this.generation;
    this.generation = undefined;
    this.fact = 'closing';
    this.isReady = false;
    generation?.abort(reason);
    this.hooks.onDown(reason);
    this.failWaiters(reason);
    await this.calls.close();
    this.fact = 'down';
    for (const settle of this.downWaiters.splice(0)) settle();
    if (this.wished === 'connected' && this.connectWaiters.length === 0) this.retryLater();
    else this.reconcile();
  }

  private retryLater(): void {
    this.retryTimer = this.clock.setTimeout(() => {
      this.retryTimer = undefined;
      this.reconcile();
    }, this.backoff.next());
  }

  private clearRetry(): void {
    this.clock.clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
  }

  private failWaiters(reason: DeviceError): void {
    for (const waiter of this.connectWaiters.splice(0)) waiter.reject(reason);
  }

  private endReason(): DeviceError {
    return this.wished === 'closed' ? closedError() : disconnectedError();
  }
}

export const closedError = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the device was closed');
export const disconnectedError = (): DeviceError =>
  new DeviceError(ErrorCode.CLOSED, 'the device is disconnected on request');
