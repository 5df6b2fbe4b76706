import type { DeviceError } from '../../../base/errors';
import type { BrokerLimits } from '../../client/broker-limits';
import type { OutgoingMessage } from './message-queue';

/** What the outbox needs of a live connection. */
export interface Wire {
  readonly limits: BrokerLimits;
  /** Whether writing on should wait until `Outbox.drained` is called. */
  readonly isCongested: boolean;
  /** A packet identifier that is free in this session; undefined where all are in use. */
  reserveId(): number | undefined;
  /**
   * Writes a PUBLISH, at QoS 1 and 2 under the message's packet identifier; `isAgain`: with DUP.
   * `done` is called at QoS 1 and 2, once, when acknowledged or refused, and not after the wire has been detached.
   */
  publish(message: OutgoingMessage, isAgain: boolean, done: (error?: DeviceError) => void): void;
  /** Writes a PUBREL again; the answer comes through `Outbox.completed`. */
  release(packetId: number): void;
  /** Asks the broker for a sign of life; it answers after all that was written before. Not called once the wire is detached. */
  ping(answered: () => void): void;
  /** No longer interested in the answer to this identifier. */
  forget(packetId: number): void;
}
