import { DeviceError, ErrorCode } from './errors';
import type { Clock } from './ports';

/** This side gave up waiting; says nothing about the state of the link. */
export class DeadlineError extends DeviceError {
  constructor(message: string) {
    super(ErrorCode.TIMEOUT, message);
  }
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
  const { clock, ms, signal, message } = options;
  return new Promise<T>((resolve, reject) => {
    const controller = new AbortController();
    const stopWaiting = (): void => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const giveUp = (reason: Error): void => {
      stopWaiting();
      controller.abort(reason);
      reject(reason);
    };
    const onAbort = (): void => giveUp(reasonOf(signal));
    const timer = clock.setTimeout(() => giveUp(new DeadlineError(message)), ms);
    if (signal?.aborted === true) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });

    const outcome = new Promise<T>((take) => take(action(controller.signal)));
    outcome.then(
      (value) => {
        stopWaiting();
        resolve(value);
      },
      (error: unknown) => {
        stopWaiting();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

/** Why a signal was aborted, as an Error. */
function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new DeviceError(ErrorCode.CLOSED, 'the operation was cancelled');
}
