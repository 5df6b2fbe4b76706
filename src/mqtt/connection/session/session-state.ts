import type { Store } from 'mqtt';
import type { PacketIds } from './packet-ids';

/** What of a session outlives one connection. */
export interface SessionState {
  readonly ids: PacketIds;
  /** QoS 2 messages received and not released yet. */
  incoming: Store;
}
