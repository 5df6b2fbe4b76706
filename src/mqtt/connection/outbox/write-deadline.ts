import type { Clock, TimerHandle } from '../../../base/ports';

export interface WriteDeadlineOptions {
  readonly clock: Clock;
  /** How long a message may take; 0: for ever. */
  readonly ms: number;
  /** When the oldest message on its way was sent; undefined where there is none. */
  readonly oldest: () => number | undefined;
  /** Gives up what was sent at `limit` or before. */
  readonly expire: (limit: number) => void;
}

/** One timer for all messages on their way: it waits for the oldest, and is set anew only when it has fired. */
export class WriteDeadline {
  private timer: TimerHandle;

  constructor(private readonly options: WriteDeadlineOptions) {}

  arm(): void {
    const { clock, ms, oldest, expire } = this.options;
    if (this.timer !== undefined || ms === 0) return;
    const sentAt = oldest();
    if (sentAt === undefined) return;
    this.timer = clock.setTimeout(
      () => {
        this.timer = undefined;
        expire(clock.now() - ms);
      },
      Math.max(1, sentAt + ms - clock.now()),
    );
  }

  disarm(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
