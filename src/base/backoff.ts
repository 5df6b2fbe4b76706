/** How much of a delay the jitter may take off: devices that lost the same server do not all come back at once. */
const JITTER = 0.2;

const FIRST_MS = 1000;

/** Waiting times between attempts: 1 s, 2 s, 4 s ... up to 60 s, each shortened by up to a fifth by chance. In ms. */
export class Backoff {
  private step = FIRST_MS;

  /** `random` is uniform in [0, 1). */
  constructor(
    private readonly random: () => number,
    private readonly maxMs = 60_000,
  ) {}

  next(): number {
    const delay = this.step;
    this.step = Math.min(delay * 2, this.maxMs);
    return Math.round(delay * (1 - JITTER * this.random()));
  }

  reset(): void {
    this.step = FIRST_MS;
  }
}
