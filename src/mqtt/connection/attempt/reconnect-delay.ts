import { Backoff } from '../../../base/backoff';

/** Even "at once" leaves the machine and the broker room to breathe. */
const SHORTEST_MS = 50;
/** A connection that held this long counts as a success; one that breaks sooner goes on backing off. */
const STABLE_MS = 1000;

/**
 * How long to wait before the next connection attempt: 1 s, 2 s, 4 s ... up to the configured maximum, each shortened by
 * up to a fifth by chance, so that the gateways of a site do not all come back to their broker in the same moment.
 */
export class ReconnectDelay {
  private readonly backoff: Backoff;
  private hasFailed = false;

  /** `maxMs` 0: at once, but never a busy loop. `random` is uniform in [0, 1). */
  constructor(
    private readonly maxMs: number,
    random: () => number,
  ) {
    this.backoff = new Backoff(random, maxMs);
  }

  /** In ms. After a connection that held for `heldMs` (0: never came to be). */
  next(heldMs: number): number {
    if (heldMs >= STABLE_MS) {
      this.backoff.reset();
      this.hasFailed = false;
    }
    const isFirst = !this.hasFailed;
    this.hasFailed = true;
    if (this.maxMs === 0) return isFirst ? 0 : SHORTEST_MS;
    return Math.max(SHORTEST_MS, this.backoff.next());
  }
}
