import { DeviceError, ErrorCode, toDeviceError } from './errors';
import type { Clock } from './ports';

/** Resolves after `ms`, or at once when `signal` is aborted. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, ms);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/**
 * Settles like `promise`, or rejects as soon as `signal` is aborted, as `abortError` says. What `promise` does then is of no
 * interest any more.
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, what?: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = (): void => signal.removeEventListener('abort', onAbort);
    const onAbort = (): void => reject(abortError(signal, what));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(stopListening);
  });
}

/** Why a signal was aborted: its reason if that is a DeviceError, else CLOSED, with `what` was given up or the reason's text. */
export function abortError(signal: AbortSignal, what?: string): DeviceError {
  const reason: unknown = signal.reason;
  if (reason instanceof DeviceError || what === undefined) return toDeviceError(reason, ErrorCode.CLOSED);
  return new DeviceError(ErrorCode.CLOSED, `${what}: given up`);
}
