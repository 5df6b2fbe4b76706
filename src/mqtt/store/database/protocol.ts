import type { Contents, Repair } from './database';
import type { FaultKind } from './fault';

/** What the thread of the databases is asked for: `store` is one of those that it has open, `id` comes back with the answer. */
export type StoreRequest = { readonly id: number; readonly store: number } & StoreCall;

export type StoreCall =
  /** Answers `Contents`. */
  | { readonly call: 'open'; readonly file: string; readonly syncEveryMs: number | 'commit' }
  /** Answers nothing, once all of it is in the database. `isRetry`: the one before has failed. */
  | { readonly call: 'commit'; readonly batch: Uint8Array<ArrayBuffer>; readonly isRetry: boolean }
  /** Answers `Rows`. */
  | { readonly call: 'page'; readonly after: number }
  | { readonly call: 'close' };

export type StoreReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly fault: FaultInfo }
  /** Unasked. */
  | { readonly store: number; readonly repair: Repair };

export interface FaultInfo {
  readonly kind: FaultKind;
  readonly message: string;
  /** Of `damaged`: what is left, after it was repaired. */
  readonly contents?: Contents | undefined;
}
