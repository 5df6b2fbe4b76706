import type { Store } from 'mqtt';
import type { PacketIds } from './packet-ids';

/** What of a session outlives one connection. */
export interface SessionState {
  readonly ids: PacketIds;
  /** QoS 2 messages received and not released yet. */
  incoming: Store;
  /** Another in its place, since the broker has forgotten its session. */
  readonly renewIncoming: () => Store;
  /** A QoS 2 message of ours is with the broker (PUBREC): its PUBREL leaves when the answer resolves. */
  readonly onReceived: (packetId: number) => Promise<void> | undefined;
}
