/**
 * What the library needs from its surroundings. Node-RED, a plain program or a test supply them.
 */

/** Time, injected so that tests need not wait. All times and delays are in milliseconds. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** Opaque: whatever the clock's `setTimeout` returned. */
export type TimerHandle = unknown;

/** One line a call; the caller sees to it that nothing secret is in it and that repeats are counted, not repeated. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface Ports {
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1); injected so that jitter can be tested. */
  readonly random: () => number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => {
    clearTimeout(handle as NodeJS.Timeout);
  },
};
