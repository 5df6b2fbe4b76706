import type { RequestMembers, RequestPrimitive, ResponsePrimitive } from '../primitive/primitives';

/** A request as an operation drafts it; the client adds `rqi`, `fr` and `rvi` where absent. */
export interface RequestDraft extends RequestMembers {
  readonly rqi?: string;
}

/** A request and what came of it. */
export interface Exchange {
  readonly request: RequestPrimitive;
  /** Any status code; see `throwIfRefused` in status-codes.ts. Of a non-blocking request: the final result. */
  readonly response: ResponsePrimitive;
  readonly durationMs: number;
}

/** What the operations of an AE work with. */
export interface Requester {
  /** The AE-ID; `C` or `S` before it is assigned. */
  readonly originator: string;
  /**
   * A target as a flow gives it (`msg.topic`, `resources[].path`), as an address. `measurements` is below the AE; what begins with the
   * CSEBase's name, `-/`, `/cse/...` or `//sp/...` is an address already; `~/cse/...` and `_/sp/...` are how HTTP paths write those.
   * Empty: the AE itself. `msg.onem2m.to` is an exact address and never comes here.
   */
  resolve(target: string): string;
  /**
   * Settles exactly once: with the answer, or a DeviceError: TIMEOUT (it may have taken effect), LINK_LOST (it has not),
   * BAD_VALUE, BAD_RESPONSE, QUEUE_FULL, CONFIG, CLOSED. `patienceMs`: what it may take longer than other requests.
   */
  exchange(draft: RequestDraft, signal?: AbortSignal, patienceMs?: number): Promise<Exchange>;
}
