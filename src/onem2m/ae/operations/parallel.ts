import { ErrorCode, toDeviceError, type DeviceError } from '../../../base/errors';
import { throwIfGivenUp } from './context';

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: DeviceError };

/** `work` on each item, at most `limit` at a time; outcomes in the order of the items. Rejects only where `signal` gives it up. */
export async function settleAll<I, T>(
  items: readonly I[],
  limit: number,
  signal: AbortSignal | undefined,
  work: (item: I) => Promise<T>,
): Promise<Outcome<T>[]> {
  const outcomes: Outcome<T>[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      throwIfGivenUp(signal);
      outcomes[index] = await settle(() => work(item));
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  throwIfGivenUp(signal);
  return outcomes;
}

export async function settle<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: toDeviceError(error, ErrorCode.BAD_RESPONSE) };
  }
}
