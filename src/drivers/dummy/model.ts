import type { DummyProperty } from './property';

/** The simulated thing behind the driver. Its timers run between `start` and `stop` only. */
export interface DummyModel {
  start(): void;
  /** Clears every timer and every subscription. What the device remembers stays. */
  stop(): void;
  /** `now` in ms since the epoch. Throws a DeviceError for a property the device has not. */
  read(property: DummyProperty, now: number): unknown;
  /** Throws a DeviceError for a value or property the device refuses. */
  write(property: DummyProperty, value: unknown): void;
  /** Tells `notify` which of `properties` have something new, until the returned function is called. */
  subscribe(properties: readonly DummyProperty[], notify: (changed: readonly DummyProperty[]) => void): () => void;
}
