import type { Ports } from '../../base/ports';
import type { BrokerConnection } from '../../base/broker-connection';
import type { ConnectionOptions } from '../client/connection-options';
import type { StoreStatus } from '../store/message-store';
import type { ErrorInfo } from '../../base/errors';

/** Live figures of one connection, as it counts them. */
export interface ConnectionStatistics {
  /** ms since the epoch. */
  readonly connectedSince?: number;
  /** Which of several servers it is; absent where there is one, or while it is not connected. */
  readonly connectedTo?: string;
  readonly lastError?: ErrorInfo;
  /** Messages through: QoS 0 written, QoS 1 and 2 acknowledged. */
  readonly sent: number;
  readonly received: number;
  /** Waiting, or not acknowledged yet. */
  readonly queued: number;
  /** Lost or refused for want of room. */
  readonly dropped: number;
  /** What its store has, where that is a file. */
  readonly stored?: StoreStatus;
}

/** What the extension needs of a connection; src/mqtt/connection/connection.ts is the one. */
export interface CountedConnection extends BrokerConnection {
  readonly statistics: ConnectionStatistics;
}

export type ConnectionFactory = (options: ConnectionOptions, ports: Ports) => CountedConnection;
