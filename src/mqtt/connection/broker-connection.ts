import type { Ports } from '../../base/ports';
import type { Broker } from '../client/broker';
import type { ConnectionOptions } from '../client/connection-options';
import type { ConnectionStatistics } from './statistics';

/** What the extension needs of a connection; src/mqtt/connection/connection.ts is the one. */
export interface BrokerConnection extends Broker {
  readonly statistics: ConnectionStatistics;
}

export type ConnectionFactory = (options: ConnectionOptions, ports: Ports) => BrokerConnection;
