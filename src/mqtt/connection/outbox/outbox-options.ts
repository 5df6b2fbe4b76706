import type { DeviceError } from '../../../base/errors';
import type { Clock } from '../../../base/ports';
import type { MessageStore } from '../../store/message-store';
import type { BrokerLimits } from '../../client/broker-limits';
import type { Reduction } from './message-queue';

export interface OutboxOptions {
  readonly clock: Clock;
  /** Messages kept while offline. */
  readonly depth: number;
  /** Values of a backlog a second (`WaitingLine`); 0, or absent: without bound. */
  readonly replayRate?: number | undefined;
  /** A message handed to the connection but not through after so many ms fails; 0: never. Does not run while offline. */
  readonly writeTimeoutMs: number;
  /** Has what is accepted at QoS 1 and 2 until it is through. */
  readonly store: MessageStore;
  /** The store could not note how far a message is. */
  readonly onProblem: (error: DeviceError) => void;
  /** A message leaves with less than was asked for, because of the broker's limits. */
  readonly onReduced?: (what: Reduction, limits: BrokerLimits) => void;
}
