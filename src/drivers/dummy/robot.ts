import type { Clock, Ports, TimerHandle } from '../../base/ports';
import { type GenerateContext, generateValue } from './generate';
import type { DummyModel } from './model';
import type { DummyProperty } from './property';

/** How often properties that only notify have something new (Octopus' DummyProtocolDevice). */
const NOTIFY_MS = 2000;

/** Ad-hoc properties may have any name; beyond this many the robot forgets the oldest. */
const MAX_REMEMBERED = 10_000;

/**
 * A robot whose properties have generated values. A value that was written stays; a property that is frozen keeps the
 * first one. `NotifyOnly` properties are notified every 2 s.
 */
export class Robot implements DummyModel {
  private readonly memory = new Map<string, unknown>();
  private readonly subscriptions = new Set<TimedNotifier>();
  private context: GenerateContext | undefined;

  constructor(private readonly ports: Pick<Ports, 'clock' | 'random'>) {}

  start(): void {
    // Values are generated when they are asked for.
  }

  stop(): void {
    for (const subscription of this.subscriptions) subscription.stop();
    this.subscriptions.clear();
  }

  read(property: DummyProperty, now: number): unknown {
    const written = this.memory.get(property.name);
    return written === undefined ? generateValue(property, property.name, this.contextAt(now)) : written;
  }

  write(property: DummyProperty, value: unknown): void {
    this.remember(property.name, value);
  }

  subscribe(properties: readonly DummyProperty[], notify: (changed: readonly DummyProperty[]) => void): () => void {
    const notifying = properties.filter((property) => property.accessMode === 'NotifyOnly');
    if (notifying.length === 0) return () => undefined;
    const subscription = new TimedNotifier(this.ports.clock, () => notify(notifying));
    this.subscriptions.add(subscription);
    return () => {
      subscription.stop();
      this.subscriptions.delete(subscription);
    };
  }

  /** One for all that is read at the same time. */
  private contextAt(now: number): GenerateContext {
    if (this.context?.now === now) return this.context;
    this.context = {
      now,
      random: this.ports.random,
      recall: (path) => this.memory.get(path),
      keep: (path, value) => this.remember(path, value),
    };
    return this.context;
  }

  private remember(path: string, value: unknown): void {
    const oldest = this.memory.keys().next();
    if (this.memory.size >= MAX_REMEMBERED && !this.memory.has(path) && oldest.done !== true) {
      this.memory.delete(oldest.value);
    }
    this.memory.set(path, value);
  }
}

class TimedNotifier {
  private timer: TimerHandle;

  constructor(
    private readonly clock: Clock,
    private readonly notify: () => void,
  ) {
    this.schedule();
  }

  stop(): void {
    this.clock.clearTimeout(this.timer);
  }

  private schedule(): void {
    this.timer = this.clock.setTimeout(() => {
      this.schedule();
      this.notify();
    }, NOTIFY_MS);
  }
}
