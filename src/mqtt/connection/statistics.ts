import type { ErrorInfo } from '../../base/errors';

/** Live figures of one connection, as it counts them. */
export interface ConnectionStatistics {
  /** ms since the epoch. */
  readonly connectedSince?: number;
  readonly lastError?: ErrorInfo;
  /** Messages through: QoS 0 written, QoS 1 and 2 acknowledged. */
  readonly sent: number;
  readonly received: number;
  /** Waiting, or not acknowledged yet. */
  readonly queued: number;
  /** Lost or refused for want of room. */
  readonly dropped: number;
}
