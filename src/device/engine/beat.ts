import type { Clock, TimerHandle } from '../../base/ports';

/** Calls back at a steady interval, whatever the callback starts. Stopped until `start`. */
export class Beat {
  private timer: TimerHandle;

  constructor(
    private readonly clock: Clock,
    private readonly onBeat: () => void,
  ) {}

  /** The first beat comes after `firstMs`, the others `intervalMs` after the one before. */
  start(firstMs: number, intervalMs: number): void {
    this.stop();
    this.timer = this.clock.setTimeout(() => {
      this.start(intervalMs, intervalMs);
      this.onBeat();
    }, firstMs);
  }

  stop(): void {
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
