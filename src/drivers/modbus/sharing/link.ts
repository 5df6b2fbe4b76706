import type { DeviceError } from '../../../base/errors';
import type { ModbusRequest, ReadRequest } from '../pdu/request';

/**
 * How a connection ended. `idle`: the peer closed it while nothing was in flight, as gateways do after some seconds, or just
 * when a request after a rest was on its way;
 * `after-answer`: the peer closed it behind its first answer, and a request was on its way already, as devices do that close
 * after each answer; `broken`: anything else.
 */
export type Ending = 'idle' | 'after-answer' | 'broken';

/** Called once with the bytes read (none for a write), or with what went wrong. */
export type Settle = (error: DeviceError | undefined, bytes: Uint8Array) => void;

/** What came in place of an answer: that of another unit or request, or bytes that are no frame. */
export type Instead = { readonly kind: 'stray'; readonly unit: number } | { readonly kind: 'noise' };

/** Where requests go. */
export interface Link {
  /** Answers belong to requests by their order alone, as on a serial line. */
  readonly isInTurn: boolean;
  /** What is sent, and what is answered, may be lost on the way. */
  readonly isLossy: boolean;
  /** Most requests it bears at a time; 1 where answers come strictly in turn. */
  readonly maxInFlight: number;
  /**
   * Calls `settle` once, unless the returned function gives the request up before. `anyDoes`: only that the unit answers counts,
   * so that a late answer to an earlier request does as well.
   */
  send(unit: number, request: ModbusRequest, settle: Settle, anyDoes?: boolean): () => void;
  /** So long nothing may be sent; ms. */
  readonly restMs: number;
  /** What to ask a unit first, so that no late answer of it can pass for that to `request`. */
  askBefore(unit: number, request: ModbusRequest): ReadRequest | undefined;
  /** What came in place of the answer to the request that was sent last, where answers come in turn. */
  readonly instead: Instead | undefined;
  /** Sends what nobody answers; resolves when the operating system has taken it, rejects when the connection is gone. */
  sendUnanswered(unit: number, request: ModbusRequest): Promise<void>;
  /** Answers received so far. */
  readonly received: number;
  /** How many of them belong to no request of ours, not even to one that was given up. */
  readonly strays: number;
  /** It bears no request any more. */
  readonly isSpent: boolean;
  /** How it ended, if it has. */
  readonly ending: Ending | undefined;
}
