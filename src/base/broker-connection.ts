import type { EventEmitter } from 'node:events';
import type { DeviceError } from './errors';

/** Names with a text each, or several (MQTT 5, 3.3.2.3.7). */
export type UserProperties = Readonly<Record<string, string | readonly string[]>>;

/** What MQTT 5 can say of a message besides its topic (5.0, 3.3.2.3). Earlier versions have no words for it. */
export interface MessageProperties {
  /** The payload is UTF-8 text. */
  readonly payloadFormatIndicator?: boolean;
  /**
   * s, from when the message was given to the connection; with any version it is not sent afterwards (MQTT_EXPIRED). A broker with MQTT 5
   * is told what is left of it.
   */
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  /** Where an answer is wished. */
  readonly responseTopic?: string;
  /** Goes back with the answer, as it is. */
  readonly correlationData?: Buffer;
  readonly userProperties?: UserProperties;
}

/**
 * The place of a message among all that wait to be sent. Absent: as it came. `first`: before all others. `inOrder`, `newestFirst`: a
 * value of a series. Those that have waited for a connection leave at a bounded rate, and new ones after them, or before them.
 */
export type Precedence = 'first' | 'inOrder' | 'newestFirst';

/** How one message travels. */
export interface DeliveryOptions {
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  /** After so many ms the promise rejects with MQTT_WAIT_TIMEOUT; the message stays queued. 0: waits for ever. */
  readonly waitTimeoutMs: number;
  readonly precedence?: Precedence | undefined;
  /**
   * Once aborted the message is withdrawn, and the promise rejects with the reason: it is not sent if it waits, and not sent again
   * if it is on its way. Without effect on a QoS 2 message that the broker has acknowledged (PUBREC): its promise settles as usual.
   */
  readonly signal?: AbortSignal;
  /**
   * `stored`: where there is a store that survives the process, the promise resolves once a QoS 1 or 2 message is in it; what then
   * keeps it from getting through is told as a `problem`. In all other cases, and by default, it resolves when the message is through.
   */
  readonly until?: 'through' | 'stored';
  readonly properties?: MessageProperties;
  /** Told that the broker ends connections on this message, it seems, while it is still tried. */
  readonly onSetback?: (error: DeviceError) => void;
}

export interface ReceivedMessage {
  readonly topic: string;
  /** Already decoded when `payloadEncode` is base64. */
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly qos: 0 | 1 | 2;
  /** With MQTT 5, where there are any. */
  readonly properties?: MessageProperties;
}

/**
 * A client's connection to an MQTT broker, as those see it who choose their topics themselves: one of their own, or their share in
 * that of an extension.
 *
 * Events: `connected` after `open` and each CONNACK, `disconnected` with the reason, `problem` for what is worth telling.
 */
export interface BrokerConnection {
  readonly events: EventEmitter<{ connected: []; disconnected: [DeviceError]; problem: [DeviceError] }>;
  readonly isConnected: boolean;
  open(): void;
  /** Resolves when the message is through; rejects as `Connection.publish` of src/mqtt does. While offline it is queued. */
  publish(topic: string, payload: string | Buffer, options: DeliveryOptions): Promise<void>;
  /** Resolves when granted, with a function that ends it; kept over reconnects. */
  subscribe(filter: string, qos: 0 | 1 | 2, handler: (message: ReceivedMessage) => void): Promise<() => Promise<void>>;
  /** Settles within 5 s. A share only leaves. */
  close(): Promise<void>;
}

/** Who asks an extension for a share in its connection. */
export interface ConnectionUser {
  /** Of the connection it gets where each user has its own (`dedicated`); a shared one keeps the extension's. */
  readonly clientId: string;
  /** For messages: who it is. */
  readonly label: string;
}
