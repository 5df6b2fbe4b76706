import type { Ports } from '../../base/ports';
import type { BrokerConnection } from '../../base/broker-connection';
import type { ConnectionOptions } from '../client/connection-options';
import type { ConnectionStatistics } from './statistics';

/** What the extension needs of a connection; src/mqtt/connection/connection.ts is the one. */
export interface CountedConnection extends BrokerConnection {
  readonly statistics: ConnectionStatistics;
}

export type ConnectionFactory = (options: ConnectionOptions, ports: Ports) => CountedConnection;
