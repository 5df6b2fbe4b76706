/** Below this a pause is not worth a timer of its own; what could have left meanwhile leaves at once. */
const LOT_MS = 20;
/** How far behind its rate a replay catches up at once, where the broker was slow for a moment. */
const CATCH_UP_MS = 100;

/**
 * How many messages of a backlog may leave: so many a second, evenly, in lots of 20 ms (a generic cell rate algorithm, ITU-T I.371).
 * Pure: the time comes in.
 */
export class ReplayBudget {
  /** When the next one may leave; ms since the epoch. */
  private due = 0;
  /** So many may leave besides. */
  private granted = 0;
  private isUnbounded: boolean;

  /** `rate`: messages a second; 0: without bound. */
  constructor(private readonly rate: number) {
    this.isUnbounded = rate === 0;
  }

  /** A replay begins: nothing is saved up from before. */
  start(now: number): void {
    this.due = now;
    this.granted = 0;
  }

  /** From now on without bound. */
  hurry(): void {
    this.isUnbounded = true;
  }

  /** One more may leave: a message has come that must wait behind the others, and is to make the backlog no longer. */
  grant(): void {
    this.granted += 1;
  }

  /** Until the next one may leave, in ms; 0: now. */
  waitMs(now: number): number {
    if (this.isUnbounded || this.granted > 0 || this.due <= now) return 0;
    return Math.max(LOT_MS, Math.ceil(this.due - now));
  }

  /** One leaves. */
  take(now: number): void {
    if (this.granted > 0) this.granted -= 1;
    else if (!this.isUnbounded) this.due = Math.max(this.due, now - CATCH_UP_MS) + 1000 / this.rate;
  }
}
