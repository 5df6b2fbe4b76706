import type { DeviceError } from '../../../base/errors';
import type { ModbusRequest } from '../pdu/request';

/**
 * How a connection ended. `idle`: the peer closed it while nothing was in flight, as gateways do after some seconds, or just
 * when a request after a rest was on its way;
 * `after-answer`: the peer closed it behind its first answer, and a request was on its way already, as devices do that close
 * after each answer; `broken`: anything else.
 */
export type Ending = 'idle' | 'after-answer' | 'broken';

/** Called once with the bytes read (none for a write), or with what went wrong. */
export type Settle = (error: DeviceError | undefined, bytes: Uint8Array) => void;

/** Where requests go. */
export interface Link {
  /** Most requests it bears at a time; 1 where answers come strictly in turn. */
  readonly maxInFlight: number;
  /** Calls `settle` once, unless the returned function gives the request up before. */
  send(unit: number, request: ModbusRequest, settle: Settle): () => void;
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
