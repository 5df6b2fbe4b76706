/** Most requests that are ever in flight where nobody has said how many. */
const MOST = 16;
/** So many answers in a row, each beside as many others as there may be, and the depth doubles. */
const ANSWERS_PER_STEP = 4;
/** Twice the depth, and answers that take so much longer: the peer answers one after the other, and nothing is gained. */
const NO_GAIN = 1.8;
/** What the machine itself may add to an answer; ms. */
const SLACK_MS = 1;

/**
 * How many requests may be in flight where that is left to us (`pipelining: auto`): one at first, twice as many as long as the peer
 * answers all in full and in time, up to 16. Where answers take longer in proportion, it stays with the fewer.
 */
export class AutoDepth {
  private depth = 1;
  private isSettled = false;
  private answers = 0;
  private totalMs = 0;
  /** Mean time of an answer at half the depth. */
  private meanBefore: number | undefined;

  get current(): number {
    return this.depth;
  }

  /** An answer that came `ms` after its request, which was sent as the `place`-th of those in flight. */
  answered(ms: number, place: number): void {
    if (this.isSettled || place < this.depth) return;
    this.answers += 1;
    this.totalMs += ms;
    if (this.answers >= ANSWERS_PER_STEP) this.step(this.totalMs / this.answers);
  }

  /** An answer that was no good: it does not count, and neither do those before it. */
  startAnew(): void {
    this.answers = 0;
    this.totalMs = 0;
  }

  private step(meanMs: number): void {
    const { meanBefore } = this;
    this.startAnew();
    if (meanBefore !== undefined && meanMs > meanBefore * NO_GAIN + SLACK_MS) {
      this.depth /= 2;
      this.isSettled = true;
      return;
    }
    this.meanBefore = meanMs;
    if (this.depth >= MOST) this.isSettled = true;
    else this.depth *= 2;
  }
}
