import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Clock } from '../../../base/ports';

/**
 * `promise`, or a rejection as soon as `signal` is aborted: with its reason where that is a DeviceError, else CLOSED.
 * What `promise` does then is of no interest any more.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(abortError(signal, what));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export function abortError(signal: AbortSignal, what: string): DeviceError {
  if (signal.reason instanceof DeviceError) return signal.reason;
  return new DeviceError(ErrorCode.CLOSED, `${what}: given up`);
}

/** Whether `promise` settled within `ms`; its error is of no interest. */
export async function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

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
