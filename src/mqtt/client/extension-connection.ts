import type { BrokerConnection } from '../../base/broker-connection';
import type { ServerUrl } from './server-url';

/** A share in an extension's connection, or a connection of one's own in its place. */
export interface ExtensionConnection extends BrokerConnection {
  /** Where it is. */
  readonly server: ServerUrl;
  /**
   * To be called after `close`: makes the broker forget the session of this client id (TS-0010 6.3: connect anew with a clean session,
   * and leave). Absent where there is none, or where it is also that of others. Never rejects; settles within 2 s.
   */
  readonly forget?: () => Promise<void>;
}
