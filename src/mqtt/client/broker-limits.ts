import type { IConnackPacket } from 'mqtt-packet';
import { DeviceError } from '../../base/errors';
import type { ServerUrl } from './server-url';

/** What a broker takes: as it says in CONNACK (MQTT 5, 3.2.2.3), else what the protocol allows. */
export interface BrokerLimits {
  /** QoS 1 and 2 messages unacknowledged at one time. */
  readonly receiveMaximum: number;
  /** In bytes. */
  readonly maximumPacketSize: number;
  readonly maximumQos: 0 | 1 | 2;
  readonly keepsRetained: boolean;
  readonly takesWildcards: boolean;
  readonly takesSharedSubscriptions: boolean;
}

export const PROTOCOL_LIMITS: BrokerLimits = {
  receiveMaximum: 65_535,
  /** Remaining length is at most 268 435 455 (MQTT 3.1.1, 2.2.3), the fixed header 5 bytes. */
  maximumPacketSize: 268_435_460,
  maximumQos: 2,
  keepsRetained: true,
  takesWildcards: true,
  takesSharedSubscriptions: true,
};

/** Of what is received where nothing else is said, in bytes: enough for documents, and memory that a gateway has. */
export const USUAL_MAXIMUM_PACKET_SIZE = 16_777_216;

/** Subscription identifiers are left out: none is ever sent. */
export function brokerLimits({ properties }: Pick<IConnackPacket, 'properties'>): BrokerLimits {
  return {
    receiveMaximum: properties?.receiveMaximum ?? PROTOCOL_LIMITS.receiveMaximum,
    maximumPacketSize: properties?.maximumPacketSize ?? PROTOCOL_LIMITS.maximumPacketSize,
    maximumQos: maximumQos(properties?.maximumQoS),
    keepsRetained: properties?.retainAvailable ?? true,
    takesWildcards: properties?.wildcardSubscriptionAvailable ?? true,
    takesSharedSubscriptions: properties?.sharedSubscriptionAvailable ?? true,
  };
}

const maximumQos = (given: number | undefined): 0 | 1 | 2 => (given === 0 || given === 1 ? given : 2);

/** Why a broker with these limits cannot take a subscription of this filter, in words; undefined where it can. */
export function filterProblem(limits: BrokerLimits, filter: string): string | undefined {
  const isShared = filter.startsWith('$share/');
  if (isShared && !limits.takesSharedSubscriptions) return 'it takes no shared subscriptions ($share)';
  return !limits.takesWildcards && /[+#]/.test(filter) ? 'it takes no wildcards (+ and #)' : undefined;
}

/** Tells once what a broker does not take as it was asked for: each message would tell it again. */
export class LimitNotices {
  private readonly told = new Set<string>();

  constructor(
    private readonly server: () => ServerUrl,
    private readonly onProblem: (problem: DeviceError) => void,
  ) {}

  qos(what: 'messages' | 'the will', limit: 0 | 1 | 2): void {
    const done = what === 'messages' ? 'messages with more are sent' : 'the will is sent';
    const advice = `Set qos to ${limit}, so that nobody counts on more, or raise the broker's limit.`;
    this.tell(`takes QoS ${limit} at most: ${done} with QoS ${limit}`, advice);
  }

  retain(what: 'messages' | 'the will'): void {
    const done = what === 'messages' ? 'messages are sent' : 'the will is sent';
    const advice = 'Who subscribes later does not get the last message: let the broker keep retained messages.';
    this.tell(`keeps no retained messages: ${done} without the retain flag`, advice);
  }

  private tell(text: string, advice: string): void {
    if (this.told.has(text)) return;
    this.told.add(text);
    this.onProblem(new DeviceError('MQTT_LIMIT', `${this.server().text} ${text}`, { advice }));
  }
}
