import type { IConnackPacket } from 'mqtt-packet';
import { brokerLimits, type BrokerLimits } from '../../client/broker-limits';

export interface Connack {
  /** 0: accepted. */
  readonly code: number;
  readonly limits: BrokerLimits;
  /** Set by the broker (MQTT 5, 3.2.2.3.14). */
  readonly serverKeepAliveMs: number | undefined;
  /** What in it no broker may say. */
  readonly violation: string | undefined;
}

/** The property of a topic alias (MQTT 5, 3.3.2.3.4). */
const ALIAS_BYTES = 3;

/**
 * What a broker says with its CONNACK. One that says what the protocol forbids would be waited for, or sent to, for ever. MQTT.js, which reads
 * the packet next, is left no more topic aliases than are wanted here.
 */
export function readConnack(packet: IConnackPacket, topicAliasMaximum: number): Connack {
  const code = packet.reasonCode ?? packet.returnCode;
  const aliases = Math.min(packet.properties?.topicAliasMaximum ?? 0, topicAliasMaximum);
  if (packet.properties) packet.properties.topicAliasMaximum = aliases;
  const announced = brokerLimits(packet);
  // Each message may then have an alias besides its topic.
  const room = aliases > 0 && packet.properties?.maximumPacketSize !== undefined ? ALIAS_BYTES : 0;
  const limits = { ...announced, maximumPacketSize: Math.max(0, announced.maximumPacketSize - room) };
  const seconds = packet.properties?.serverKeepAlive;
  return {
    code: code ?? 0,
    limits,
    serverKeepAliveMs: seconds === undefined ? undefined : seconds * 1000,
    violation: code === undefined ? 'CONNACK without a code' : limitViolation(limits),
  };
}

/** MQTT 5, 3.2.2.3.3 and 3.2.2.3.6. */
function limitViolation({ receiveMaximum, maximumPacketSize }: BrokerLimits): string | undefined {
  if (receiveMaximum === 0) return 'Receive Maximum 0';
  return maximumPacketSize === 0 ? 'Maximum Packet Size 0' : undefined;
}
