/** Names of the requests in flight on one connection. */
export interface RequestIds {
  /** One that no request in flight has. */
  take(): number;
  /** The answer is here. */
  release(id: number): void;
  /** Nobody waits for the answer any more. */
  abandon(id: number): void;
  /** A request had it lately: is in flight, or was given up. */
  isKnown(id: number): boolean;
}

/** Ids kept out of use because their answer may still come. */
const MAX_ABANDONED = 128;

/** Most requests that can be in flight on one connection. */
export const MAX_IN_FLIGHT = 127;

/**
 * Transaction ids of one connection, used in turn. The id of a request that was given up is left out until its answer has
 * come after all, or until more than 128 others were given up since: a late answer must not pass for that of a new request.
 */
export class TransactionIds implements RequestIds {
  private readonly used = new Set<number>();
  private readonly abandoned = new Set<number>();
  private last = 0;

  /** `count`: how many ids there are, at least 256. */
  constructor(private readonly count = 65_536) {}

  /** The next free id, from 0 up to but not including the count. At most MAX_IN_FLIGHT may be in use. */
  take(): number {
    do this.last = (this.last + 1) % this.count;
    while (this.used.has(this.last) || this.abandoned.has(this.last));
    this.used.add(this.last);
    return this.last;
  }

  release(id: number): void {
    this.used.delete(id);
    this.abandoned.delete(id);
  }

  isKnown(id: number): boolean {
    return this.used.has(id) || this.abandoned.has(id);
  }

  abandon(id: number): void {
    this.used.delete(id);
    this.abandoned.add(id);
    const [oldest] = this.abandoned;
    if (this.abandoned.size > MAX_ABANDONED && oldest !== undefined) this.abandoned.delete(oldest);
  }
}

/** Where answers come in turn there is one request, and it needs no name. */
export const NO_IDS: RequestIds = {
  take: () => 0,
  release: () => undefined,
  abandon: () => undefined,
  isKnown: () => true,
};
