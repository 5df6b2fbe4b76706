import { whenAborted } from './abort-listeners';
import { DeviceError, ErrorCode } from './errors';
import type { Clock, TimerHandle } from './ports';

/** This side gave up waiting; says nothing about the state of the link. */
export class DeadlineError extends DeviceError {
  constructor(message: string) {
    super(ErrorCode.TIMEOUT, message);
  }
}

/** A wait is looked at this often, or every quarter of a second where that is less often. */
const SLICES = 8;
const LEAST_SLICE_MS = 250;

/**
 * Calls `expired` once `ms` have passed in which an answer could have been seen; answers how to call it off. While the event loop
 * stands still (a large flow starts, the machine sleeps) nobody reads a socket, and its timers run before what has come is read:
 * of a pause at most twice the time between two looks counts. A clock that is set meanwhile changes nothing.
 */
export function expireAfter(clock: Clock, ms: number, expired: () => void): () => void {
  let timer: TimerHandle;
  const sliceMs = Math.max(LEAST_SLICE_MS, ms / SLICES);
  const wait = (restMs: number): void => {
    const startedAt = clock.now();
    const ownMs = Math.min(restMs, sliceMs);
    timer = clock.setTimeout(() => {
      const passedMs = Math.min(Math.max(clock.now() - startedAt, ownMs), 2 * ownMs);
      // After a pause of any length what has come in is read before anybody gives up.
      if (passedMs < restMs) wait(restMs - passedMs);
      else if (passedMs > ownMs) wait(1);
      else expired();
    }, ownMs);
  };
  wait(ms);
  return () => clock.clearTimeout(timer);
}

export interface DeadlineOptions {
  readonly clock: Clock;
  readonly ms: number;
  /** Ends the wait early; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** The text of the DeadlineError. */
  readonly message: string;
}

/**
 * Runs `action` and settles with its outcome, but after `ms` at the latest: then the signal it was given is aborted and the
 * promise rejects with a DeadlineError, whether or not `action` obeys. An `action` that throws at once counts as rejected,
 * and what comes from it after the promise has settled is ignored.
 */
export function withDeadline<T>(options: DeadlineOptions, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const { signal, stop } = limit(options, reject);
    if (signal.aborted) return;
    const outcome = new Promise<T>((take) => take(action(signal)));
    outcome.then(
      (value) => {
        stop();
        resolve(value);
      },
      (error: unknown) => {
        stop();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

/**
 * A signal that is aborted after `ms` with a DeadlineError, or with `signal` and its reason, for who can make something of
 * what has come by then. `stop` must be called once it is no longer needed: it leaves no timer and no listener.
 */
export function timeLimit(options: DeadlineOptions): TimeLimit {
  return limit(options, () => undefined);
}

interface TimeLimit {
  readonly signal: AbortSignal;
  readonly stop: () => void;
}

/**
 * `onGivenUp` is called before the signal is aborted. It is no listener of the signal: what a listener holds is kept for as long
 * as the signal, which only a collection of the whole heap finds to be garbage (abort-listeners.ts).
 */
function limit({ clock, ms, signal, message }: DeadlineOptions, onGivenUp: (reason: Error) => void): TimeLimit {
  const controller = new AbortController();
  const giveUp = (reason: Error): void => {
    stop();
    onGivenUp(reason);
    controller.abort(reason);
  };
  const callOff = expireAfter(clock, ms, () => giveUp(new DeadlineError(message)));
  const stopListening = signal && whenAborted(signal, () => giveUp(reasonOf(signal)));
  const stop = (): void => {
    callOff();
    stopListening?.();
  };
  if (signal?.aborted === true) giveUp(reasonOf(signal));
  return { signal: controller.signal, stop };
}

/** Why a signal was aborted, as an Error. */
function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new DeviceError(ErrorCode.CLOSED, 'the operation was cancelled');
}
