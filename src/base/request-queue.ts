import { DeviceError, ErrorCode } from './errors';
import type { Clock, TimerHandle } from './ports';

/** A request that waits for its turn. Whoever takes it settles it, exactly once. */
export interface Pending<T, R> {
  readonly item: T;
  readonly queuedAt: number;
  readonly resolve: (result: R) => void;
  readonly reject: (error: DeviceError) => void;
}

export interface RequestQueueOptions {
  readonly clock: Clock;
  /** How many requests may wait; more are refused with QUEUE_FULL. */
  readonly depth: number;
  /** How long a request may wait while the link is down, in ms. */
  readonly maxWaitMs: number;
  /** What a request that waited too long is told. */
  readonly onExpired: () => DeviceError;
}

/**
 * Requests in the order they came, each of which settles: taken and answered, replaced by a newer one with the same key,
 * refused because the queue is full, expired because the link stayed down (an old command must not reach the device hours
 * later), or dropped on close. Starts with the link down.
 */
export class RequestQueue<T, R> {
  private readonly waiting = new Map<string | symbol, Pending<T, R>>();
  private linkUp = false;
  private timer: TimerHandle;

  constructor(private readonly options: RequestQueueOptions) {}

  get size(): number {
    return this.waiting.size;
  }

  /** Queues `item`; one with the same `key` that still waits is rejected with REPLACED and the new one goes to the end. */
  add(item: T, key?: string): Promise<R> {
    const slot = key ?? Symbol('no key');
    const replaced = this.waiting.get(slot);
    if (replaced === undefined && this.waiting.size >= this.options.depth) {
      const message = `${this.options.depth} requests are waiting already; this one was not queued`;
      return Promise.reject(new DeviceError(ErrorCode.QUEUE_FULL, message));
    }
    return new Promise<R>((resolve, reject) => {
      this.waiting.delete(slot);
      this.waiting.set(slot, { item, queuedAt: this.options.clock.now(), resolve, reject });
      replaced?.reject(new DeviceError(ErrorCode.REPLACED, 'a newer request for the same property took its place'));
      this.watch();
    });
  }

  /** Takes the oldest requests out, at most `count`. */
  take(count: number): Pending<T, R>[] {
    if (this.waiting.size === 0) return [];
    const taken = [...this.waiting].slice(0, count);
    for (const [slot] of taken) this.waiting.delete(slot);
    return taken.map(([, pending]) => pending);
  }

  /** While the link is up requests do not expire: their turn comes. */
  setLinkUp(up: boolean): void {
    this.linkUp = up;
    this.watch();
  }

  /** Rejects all that wait. */
  clear(error: DeviceError): void {
    for (const pending of this.take(this.waiting.size)) pending.reject(error);
    this.watch();
  }

  /** Keeps one timer, for the oldest request, and only while the link is down. */
  private watch(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    const oldest = this.waiting.values().next().value;
    if (this.linkUp || oldest === undefined) return;
    const dueIn = oldest.queuedAt + this.options.maxWaitMs - this.options.clock.now();
    this.timer = this.options.clock.setTimeout(() => this.expire(), Math.max(0, dueIn));
  }

  private expire(): void {
    const limit = this.options.clock.now() - this.options.maxWaitMs;
    for (const [slot, pending] of this.waiting) {
      if (pending.queuedAt > limit) break;
      this.waiting.delete(slot);
      pending.reject(this.options.onExpired());
    }
    this.watch();
  }
}
