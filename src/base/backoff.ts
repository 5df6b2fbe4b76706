/** How much of a delay the jitter may take off: who lost the same server does not come back in the same moment as all others. */
const JITTER = 0.2;

const FIRST_MS = 1000;

/** Waiting times between attempts: 1 s, 2 s, 4 s ... up to `maxMs`, each shortened by up to a fifth by chance. In ms. */
export class Backoff {
  private step: number;

  /** `random` is uniform in [0, 1). `maxMs`: default 60 s; no delay is longer, the first one included. */
  constructor(
    private readonly random: () => number,
    private readonly maxMs = 60_000,
  ) {
    this.step = this.first;
  }

  next(): number {
    const delay = this.step;
    this.step = Math.min(delay * 2, this.maxMs);
    return Math.round(delay * (1 - JITTER * this.random()));
  }

  reset(): void {
    this.step = this.first;
  }

  private get first(): number {
    return Math.min(FIRST_MS, this.maxMs);
  }
}
