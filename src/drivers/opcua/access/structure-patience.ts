import type { Variant } from 'node-opcua-client';
import { pause } from '../../../base/waiting';
import { mayHoldStructures } from '../library/structures';
import type { UaLink } from './link';

/** What a sync or a write waits for the type of a structure that is not known yet, ms; others of the same request wait with it. */
export const STRUCTURE_PATIENCE_MS = 500;

/** Decodes the structures of the variants. Answers those of which a type is still being learned after `patienceMs`. */
export async function decodeStructures(
  { ua, clock }: Pick<UaLink, 'ua' | 'clock'>,
  variants: readonly Variant[],
  signal: AbortSignal,
  patienceMs = STRUCTURE_PATIENCE_MS,
): Promise<ReadonlySet<Variant>> {
  if (!variants.some(mayHoldStructures)) return new Set();
  return patiently(clock, patienceMs, signal, (patience) => ua.structures.complete(variants, patience));
}

/** `work` with a signal that is aborted after `ms`, and with `signal`. */
export async function patiently<T>(
  clock: UaLink['clock'],
  ms: number,
  signal: AbortSignal,
  work: (patience: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ms === Infinity) return work(signal);
  const late = new AbortController();
  const done = new AbortController();
  void pause(clock, ms, AbortSignal.any([signal, done.signal])).then(() => late.abort());
  try {
    return await work(late.signal);
  } finally {
    done.abort();
  }
}
