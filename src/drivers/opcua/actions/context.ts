import { unlessAborted } from '../../../base/waiting';
import type { UaLink } from '../access/link';
import { toOpcUaError } from '../library/status-codes';
import { instantOf } from '../values/times';

/** What an action works with: the link it was asked on, and until when the answer is of use. */
export interface ActionContext extends UaLink {
  readonly signal: AbortSignal;
}

/**
 * The answer of the server to one request. `what` says what is being done.
 * @throws DeviceError when the request as a whole is refused, the link is lost, or the signal is aborted
 */
export async function ask<T>({ signal }: ActionContext, what: string, request: () => Promise<T>): Promise<T> {
  if (signal.aborted) return unlessAborted(new Promise<never>(() => undefined), signal, what);
  try {
    return await unlessAborted(request(), signal, what);
  } catch (error) {
    throw toOpcUaError(error, what);
  }
}

/** `items` in lists of at most `size`. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

/** Where the server goes on, when there is more than it answered; node-opcua's types hide that it may be null. */
export function pointOf(result: { readonly continuationPoint: Buffer }): Buffer | undefined {
  const point = result.continuationPoint as Buffer | null | undefined;
  return point === null || point === undefined || point.length === 0 ? undefined : point;
}

/** ISO text of a time a server gave; undefined where it gave none (null, or the year 1601 or 9999 that stands for it). */
export function isoTime(time: Date | null | undefined): string | undefined {
  const ms = instantOf(time);
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
