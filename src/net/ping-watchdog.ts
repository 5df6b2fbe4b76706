import { expireAfter } from '../base/deadline';
import type { Clock, TimerHandle } from '../base/ports';

export interface PingWatchdogOptions {
  readonly clock: Clock;
  /** A ping goes out after so much silence in either direction, and in any case so long after the last packet sent. */
  readonly keepAliveMs: number;
  /** The link is lost when nothing at all arrives for so long after a ping; 0: never. May be longer than `keepAliveMs`. */
  readonly pingTimeoutMs: number;
  readonly ping: () => void;
  readonly lost: () => void;
}

/**
 * Keeps a link alive and notices when it is dead. MQTT.js itself notices only after 1.5 x keep-alive, and has no setting for it.
 * Any packet counts as an answer: behind a backlog a PINGRESP may be late although the link is well.
 *
 * Asking and waiting for the answer have a timer each: the other side counts the keep-alive from the last packet it got (MQTT 3.1.1,
 * 3.1.2.10), whatever this side still waits for.
 */
export class PingWatchdog {
  private lastSent: number;
  private lastReceived: number;
  /** A ping has been sent, and nothing has come since. */
  private isAsked = false;
  private pingTimer: TimerHandle;
  private callOffAnswer = (): void => undefined;

  constructor(private readonly options: PingWatchdogOptions) {
    this.lastSent = this.lastReceived = options.clock.now();
    this.waitForSilence();
  }

  sent(): void {
    this.lastSent = this.options.clock.now();
  }

  received(): void {
    this.lastReceived = this.options.clock.now();
    if (!this.isAsked) return;
    this.isAsked = false;
    this.callOffAnswer();
  }

  stop(): void {
    this.options.clock.clearTimeout(this.pingTimer);
    this.callOffAnswer();
  }

  private get due(): number {
    const silentSince = this.isAsked ? this.lastSent : Math.min(this.lastSent, this.lastReceived);
    return silentSince + this.options.keepAliveMs;
  }

  private waitForSilence(): void {
    const { clock } = this.options;
    this.pingTimer = clock.setTimeout(
      () => {
        if (this.due <= clock.now()) this.ping();
        this.waitForSilence();
      },
      Math.max(1, this.due - clock.now()),
    );
  }

  private ping(): void {
    this.sent();
    if (!this.isAsked) this.waitForAnswer();
    this.options.ping();
  }

  private waitForAnswer(): void {
    const { clock, pingTimeoutMs } = this.options;
    this.isAsked = true;
    if (pingTimeoutMs === 0) return;
    this.callOffAnswer = expireAfter(clock, pingTimeoutMs, () => {
      this.stop();
      this.options.lost();
    });
  }
}
