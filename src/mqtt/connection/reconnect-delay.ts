/** The first wait; each further one is twice as long. */
const FIRST_MS = 1000;
/** Even "at once" leaves the machine and the broker room to breathe. */
const SHORTEST_MS = 50;
/** A connection that held this long counts as a success; one that breaks sooner goes on backing off. */
const STABLE_MS = 1000;

/** How long to wait before the next connection attempt: 1 s, 2 s, 4 s ... up to the configured maximum. */
export class ReconnectDelay {
  private failures = 0;

  /** `maxMs` 0: at once, but never a busy loop. */
  constructor(private readonly maxMs: number) {}

  /** After a connection that held for `heldMs` (0: never came to be). */
  next(heldMs: number): number {
    if (heldMs >= STABLE_MS) this.failures = 0;
    const failures = this.failures++;
    if (this.maxMs === 0) return failures === 0 ? 0 : SHORTEST_MS;
    return Math.max(SHORTEST_MS, Math.min(FIRST_MS * 2 ** Math.min(failures, 30), this.maxMs));
  }
}
