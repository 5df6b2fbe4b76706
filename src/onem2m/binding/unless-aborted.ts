import { ErrorCode, toDeviceError } from '../../base/errors';

/** Settles like `promise`, or rejects with the reason of the signal, whichever comes first. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(toDeviceError(signal.reason, ErrorCode.CLOSED));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
