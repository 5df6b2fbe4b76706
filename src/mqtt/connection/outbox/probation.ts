import type { Clock, TimerHandle } from '../../../base/ports';
import type { Wire } from './wire';

/** Far longer than a broker takes to answer, or to end the connection, when it has got a message. */
const QUIET_MS = 500;

/**
 * Whether a connection holds by itself: so long nothing suspected is sent, and then the broker answers a ping. Where brokers restart or
 * networks break over and over, connections end before that, and no message gets the blame.
 */
export class Probation {
  private hasHeld = false;
  private isUnderWay = false;
  private timer: TimerHandle;

  constructor(
    private readonly clock: Clock,
    private readonly onHeld: () => void,
  ) {}

  /** Where that is not known yet, `onHeld` follows. */
  isOver(wire: Wire): boolean {
    if (this.hasHeld || this.isUnderWay) return this.hasHeld;
    this.isUnderWay = true;
    this.timer = this.clock.setTimeout(() => {
      wire.ping(() => {
        this.hasHeld = true;
        this.onHeld();
      });
    }, QUIET_MS);
    return false;
  }

  /** The connection has ended. */
  reset(): void {
    this.clock.clearTimeout(this.timer);
    this.hasHeld = this.isUnderWay = false;
  }
}
