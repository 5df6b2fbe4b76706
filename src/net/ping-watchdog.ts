import type { Clock, TimerHandle } from '../base/ports';

export interface PingWatchdogOptions {
  readonly clock: Clock;
  /** A ping goes out after so much silence in either direction. */
  readonly keepAliveMs: number;
  /** The link is lost when nothing at all arrives for so long after a ping; 0: never. */
  readonly pingTimeoutMs: number;
  readonly ping: () => void;
  readonly lost: () => void;
}

/**
 * Keeps a link alive and notices when it is dead. MQTT.js itself notices only after 1.5 x keep-alive, and has no setting for it.
 * Any packet counts as an answer: behind a backlog a PINGRESP may be late although the link is well.
 */
export class PingWatchdog {
  private lastSent: number;
  private lastReceived: number;
  private answered = true;
  private timer: TimerHandle;

  constructor(private readonly options: PingWatchdogOptions) {
    this.lastSent = this.lastReceived = options.clock.now();
    this.waitForSilence();
  }

  sent(): void {
    this.lastSent = this.options.clock.now();
  }

  received(): void {
    this.lastReceived = this.options.clock.now();
    this.answered = true;
  }

  stop(): void {
    this.options.clock.clearTimeout(this.timer);
  }

  private waitForSilence(): void {
    const { clock, keepAliveMs } = this.options;
    const due = Math.min(this.lastSent, this.lastReceived) + keepAliveMs;
    this.timer = clock.setTimeout(
      () => {
        if (Math.min(this.lastSent, this.lastReceived) + keepAliveMs > clock.now()) this.waitForSilence();
        else this.ping();
      },
      Math.max(1, due - clock.now()),
    );
  }

  private ping(): void {
    const { clock, keepAliveMs, pingTimeoutMs } = this.options;
    this.lastSent = clock.now();
    this.answered = false;
    this.options.ping();
    if (pingTimeoutMs === 0) {
      this.timer = clock.setTimeout(() => this.waitForSilence(), keepAliveMs);
      return;
    }
    this.timer = clock.setTimeout(() => {
      // After a pause of the whole process timers run before sockets are read: look once more before giving up.
      this.timer = clock.setTimeout(
        () => {
          if (this.answered) this.waitForSilence();
          else this.options.lost();
        },
        this.answered ? 0 : 1,
      );
    }, pingTimeoutMs);
  }
}
