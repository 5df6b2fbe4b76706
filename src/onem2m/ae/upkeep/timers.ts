import { MAX_TIMER_MS } from '../../../base/duration';
import type { Clock, TimerHandle } from '../../../base/ports';

/** Named timers with one owner: setting one again replaces it, and `clearAll` leaves none. */
export class Timers<Name extends string> {
  private readonly handles = new Map<Name, TimerHandle>();

  constructor(private readonly clock: Clock) {}

  /** `delayMs` beyond what a timer can hold (nearly 25 days) is cut to that. */
  set(name: Name, delayMs: number, callback: () => void): void {
    this.clear(name);
    const handle = this.clock.setTimeout(
      () => {
        this.handles.delete(name);
        callback();
      },
      Math.min(Math.max(0, delayMs), MAX_TIMER_MS),
    );
    this.handles.set(name, handle);
  }

  isSet(name: Name): boolean {
    return this.handles.has(name);
  }

  clear(name: Name): void {
    if (!this.handles.has(name)) return;
    this.clock.clearTimeout(this.handles.get(name));
    this.handles.delete(name);
  }

  clearAll(): void {
    for (const name of [...this.handles.keys()]) this.clear(name);
  }
}
