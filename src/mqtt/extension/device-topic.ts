import type { EventEmitter } from 'node:events';
import type { DeviceError } from '../../base/errors';
import type { DeviceIdentity } from '../../base/identity';
import type { MessageProperties, Precedence, ReceivedMessage } from '../../base/broker-connection';
import type { MessageOptions } from './message-options';
import type { ObservedStatus } from './observed-status';

/** Who publishes through an extension: one device node. */
export interface MqttUser {
  readonly device: DeviceIdentity;
  /** The device node's `message` block as in the flow: overrides of the extension's message settings. */
  readonly message?: Readonly<Record<string, unknown>>;
  /** It publishes `$availability`: with a connection of its own, and no will configured, that becomes `offline` by its will. */
  readonly availability?: boolean;
}

export interface PublishOptions {
  /** Appended to the device's topic with a `/` (`$availability`, a property's name); absent: the device's topic itself. */
  readonly suffix?: string;
  /** Another topic than those of the device: where the sender of a command wants its answer. */
  readonly topic?: string;
  readonly qos?: 0 | 1 | 2;
  readonly retained?: boolean;
  /** Sent as it is, whatever `payloadEncode` says (availability texts). */
  readonly plain?: boolean;
  /** Besides those that the settings give to each message; texts that are `plain` get none of these. */
  readonly properties?: MessageProperties;
  readonly precedence?: Precedence;
  /** `stored`: resolves once a store that survives the process has it (`DeliveryOptions.until`). */
  readonly until?: 'through' | 'stored';
}

export interface SubscribeOptions {
  readonly qos?: 0 | 1 | 2;
  /** Each message goes to one of those who subscribe with the same name (MQTT 5, 4.8.2; many brokers with 3.1.1, too). */
  readonly shareName?: string | undefined;
}

/**
 * One device's end of an MQTT extension. Whether the connection below is shared is not visible here.
 *
 * Events: `connected` after each CONNACK (and at once for a late listener's sake via `isConnected`),
 * `disconnected` with the reason, `problem` for what is worth telling the user (undecodable payload, refused subscription).
 */
export interface DeviceTopic {
  /** The rendered topic of the device, no trailing slash. */
  readonly topic: string;
  readonly isConnected: boolean;
  readonly message: MessageOptions;
  readonly events: EventEmitter<{ connected: []; disconnected: [DeviceError]; problem: [DeviceError] }>;
  /**
   * Publishes a string or Buffer as it is, anything else as JSON (`payloadEncode` applied).
   * Resolves when the message is through: QoS 0 written, QoS 1 PUBACK, QoS 2 PUBCOMP.
   * Rejects with BAD_VALUE (JSON cannot hold it), MQTT_BAD_TOPIC, MQTT_QUEUE_FULL, MQTT_WRITE_TIMEOUT, MQTT_WAIT_TIMEOUT (still
   * queued), MQTT_DROPPED, MQTT_REFUSED, LINK_LOST (offline, and `autoReconnect` is off) or CLOSED.
   * While offline the message is queued (within `messageChannelDepth`).
   */
  publish(payload: unknown, options?: PublishOptions): Promise<void>;
  /** Subscribes to `<device topic>/<suffix filter>`; kept over reconnects until the returned function is called. */
  subscribe(
    suffix: string,
    handler: (message: ReceivedMessage) => void,
    options?: SubscribeOptions,
  ): Promise<() => Promise<void>>;
  status(): ObservedStatus;
  /** It has taken the place of one whose farewell was not said yet. */
  readonly isSuccessor: boolean;
  /**
   * To be called before `detach`, of a device that may be there again in a moment: what is published, retained, at `suffix` unless somebody
   * attaches at this topic with `availability` within five seconds, or when the extension is closed for good. False where the extension
   * takes no farewells any more.
   */
  leaveFarewell(suffix: string, payload: string): boolean;
  /** Leaves the extension; the last user of a connection closes it. Settles within 5 s. */
  detach(): Promise<void>;
}
