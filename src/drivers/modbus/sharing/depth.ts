import { AutoDepth } from './auto-depth';
import type { Sharer } from './job';

/**
 * How many requests may be in flight on a link: what the most modest of its users bears, `auto` standing for what the peer turns out
 * to answer (AutoDepth), and one as soon as it shows that it answers no request beside another.
 */
export class Depth {
  readonly auto = new AutoDepth();
  /** `trying`: a request is sent once more, alone, to see whether it is only those beside others that get no answer. */
  private oneByOne: 'no' | 'trying' | 'yes' = 'no';

  /** Where the depth is ours to find: a request that was silent beside others was silent alone, too. */
  hasAcquitted = false;

  get isOne(): boolean {
    return this.oneByOne === 'yes';
  }

  get isTrying(): boolean {
    return this.oneByOne === 'trying';
  }

  /** One, for good. */
  fallBack(): void {
    this.oneByOne = 'yes';
  }

  try(): void {
    if (!this.isOne) this.oneByOne = 'trying';
  }

  stopTrying(): void {
    if (this.isTrying) this.oneByOne = 'no';
  }

  of(sharers: Iterable<Sharer>, most: number): number {
    if (this.oneByOne !== 'no') return 1;
    let depth = most;
    for (const { pipelining } of sharers) {
      depth = Math.min(depth, pipelining === 'auto' ? this.auto.current : pipelining);
    }
    return depth;
  }
}
