/** modbus-serial keeps one record for each id for good, so few are used; it does not read ids above 16 bits. */
const ID_COUNT = 256;
/** Ids kept out of use because their answer may still come. */
const MAX_ABANDONED = 128;

/** Most requests that can be in flight on one connection. */
export const MAX_IN_FLIGHT = ID_COUNT - MAX_ABANDONED - 1;

/**
 * Transaction ids of one connection, used in turn. The id of a request that was given up is left out until its answer has
 * come after all, or until more than 128 others were given up since: a late answer must not pass for that of a new request.
 */
export class TransactionIds {
  private readonly used = new Set<number>();
  private readonly abandoned = new Set<number>();
  private last = 0;

  /** The next free id, 0-255. At most MAX_IN_FLIGHT may be in use. */
  take(): number {
    do this.last = (this.last + 1) % ID_COUNT;
    while (this.used.has(this.last) || this.abandoned.has(this.last));
    this.used.add(this.last);
    return this.last;
  }

  /** The answer is here. */
  release(id: number): void {
    this.used.delete(id);
    this.abandoned.delete(id);
  }

  /** Nobody waits for the answer any more. */
  abandon(id: number): void {
    this.used.delete(id);
    this.abandoned.add(id);
    const [oldest] = this.abandoned;
    if (this.abandoned.size > MAX_ABANDONED && oldest !== undefined) this.abandoned.delete(oldest);
  }
}
