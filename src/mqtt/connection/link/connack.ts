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

/** What a broker says with its CONNACK. One that says what the protocol forbids would be waited for, or sent to, for ever. */
export function readConnack(packet: IConnackPacket): Connack {
  const code = packet.reasonCode ?? packet.returnCode;
  const limits = brokerLimits(packet);
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
