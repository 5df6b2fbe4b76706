import type { Clock, TimerHandle } from './ports';

/** A share in a pooled resource. */
export interface Lease<T> {
  readonly value: T;
  /**
   * The resource is of no use any more: nobody gets it from now on, and the next `acquire` of its key makes another. Whoever
   * has a lease of it keeps it until releasing it.
   */
  retire(): void;
  /**
   * Gives the share back. With the last one the resource is closed, now or after the time for which the pool keeps it idle,
   * and the promise settles as the closing does, but not before those of the same key that were closed earlier. May be
   * called more than once; each call answers the same promise.
   */
  release(): Promise<void>;
}

export interface LeasePoolOptions<T> {
  /** Called once for each resource, after its last lease. What it throws or rejects with, the last `release` rejects with. */
  readonly close: (value: T) => Promise<void> | void;
  /** Resources without a lease are kept for `keepMs`, but the oldest are closed when there would be more than `most` in all. */
  readonly idle?: { readonly clock: Clock; readonly keepMs: number; readonly most: number };
}

interface Entry<T> {
  readonly key: string;
  readonly value: T;
  leases: number;
  isRetired: boolean;
  idleTimer?: TimerHandle;
  closing?: Promise<void>;
}

/**
 * Resources by key, each shared by all who ask for it at the same time, and closed with its last user: a connection to a
 * server that many devices use, a session with the same options. One that is retired or closing is not handed out.
 */
export class LeasePool<T> {
  /** What is handed out, by key; in the order in which it was made. */
  private readonly live = new Map<string, Entry<T>>();
  /** All that is not closed yet, the retired ones too. */
  private readonly open = new Set<Entry<T>>();
  /** When the last one of a key that is being closed will be, and all before it. Never rejects. */
  private readonly closings = new Map<string, Promise<void>>();

  constructor(private readonly options: LeasePoolOptions<T>) {}

  /**
   * A share in the resource of `key`, which `create` makes if there is none. `former` settles when its predecessor is
   * closed, if one is closing now: who must not meet it waits for that. What `create` throws is thrown, and nothing kept.
   */
  acquire(key: string, create: (former: Promise<void> | undefined) => T): Lease<T> {
    const entry = this.live.get(key) ?? this.make(key, create);
    this.stopIdling(entry);
    entry.leases += 1;
    let released: Promise<void> | undefined;
    return {
      value: entry.value,
      retire: () => this.retire(entry),
      release: () => (released ??= this.leave(entry)),
    };
  }

  /** What `acquire` would share, without a lease. */
  find(key: string): T | undefined {
    return this.live.get(key)?.value;
  }

  /** All that is handed out now; none that is retired or closing. */
  values(): T[] {
    return Array.from(this.live.values(), ({ value }) => value);
  }

  /** Closes everything, also what has leases; settles when all is closed, whatever became of it. The pool can be used again. */
  async closeAll(): Promise<void> {
    for (const entry of [...this.open]) this.close(entry).catch(() => undefined);
    await Promise.all(this.closings.values());
  }

  private make(key: string, create: (former: Promise<void> | undefined) => T): Entry<T> {
    const { idle } = this.options;
    if (idle !== undefined) this.makeRoom(idle.most);
    const entry: Entry<T> = { key, value: create(this.closings.get(key)), leases: 0, isRetired: false };
    this.open.add(entry);
    this.live.set(key, entry);
    return entry;
  }

  private makeRoom(most: number): void {
    const idling = [...this.open].filter(({ leases }) => leases === 0);
    const tooMany = Math.max(0, this.open.size + 1 - most);
    for (const entry of idling.slice(0, tooMany)) this.close(entry).catch(() => undefined);
  }

  private leave(entry: Entry<T>): Promise<void> {
    entry.leases -= 1;
    if (entry.closing !== undefined) return entry.closing;
    if (entry.leases > 0) return Promise.resolve();
    const { idle } = this.options;
    if (idle === undefined || entry.isRetired) return this.close(entry);
    entry.idleTimer = idle.clock.setTimeout(() => {
      this.close(entry).catch(() => undefined);
    }, idle.keepMs);
    return Promise.resolve();
  }

  private retire(entry: Entry<T>): void {
    entry.isRetired = true;
    if (this.live.get(entry.key) === entry) this.live.delete(entry.key);
  }

  private close(entry: Entry<T>): Promise<void> {
    entry.closing ??= this.end(entry);
    return entry.closing;
  }

  private end(entry: Entry<T>): Promise<void> {
    const { key, value } = entry;
    this.retire(entry);
    this.stopIdling(entry);
    this.open.delete(entry);
    const before = this.closings.get(key);
    const closed = new Promise<void>((resolve) => resolve(this.options.close(value)));
    const all = Promise.allSettled([before, closed]).then(() => {
      if (this.closings.get(key) === all) this.closings.delete(key);
    });
    this.closings.set(key, all);
    return all.then(() => closed);
  }

  private stopIdling(entry: Entry<T>): void {
    if (entry.idleTimer === undefined) return;
    this.options.idle?.clock.clearTimeout(entry.idleTimer);
    delete entry.idleTimer;
  }
}

/** One of something for each clock: what is shared in a process must share the clock, and only tests have more than one. */
export function perClock<T extends object>(make: () => T): (clock: Clock) => T {
  const known = new WeakMap<Clock, T>();
  return (clock) => {
    const value = known.get(clock) ?? make();
    known.set(clock, value);
    return value;
  };
}
