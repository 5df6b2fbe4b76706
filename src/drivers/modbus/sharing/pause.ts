import { whenAborted } from '../../../base/abort-listeners';
import { ErrorCode, toDeviceError } from '../../../base/errors';
import type { Clock } from '../../../base/ports';

/** Resolves after `ms`; rejects with the signal's reason once that is aborted, and leaves no timer then. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      clock.clearTimeout(timer);
      const { reason } = signal as { reason: unknown };
      reject(reason instanceof Error ? reason : toDeviceError(reason, ErrorCode.CLOSED));
    };
    const timer = clock.setTimeout(() => {
      stopListening();
      resolve();
    }, ms);
    const stopListening = whenAborted(signal, giveUp);
    if (signal.aborted) giveUp();
  });
}
