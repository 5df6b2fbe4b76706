import type { DeviceError } from '../../base/errors';
import type { MessageProperties, UserProperties } from '../../base/broker-connection';
import type { TlsOptions } from '../../net/tls-client';
import type { FileStoreSettings } from '../store/store-settings';
import type { ServerUrl } from './server-url';

export type { ServerUrl, TlsOptions };

export interface Will {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  /** MQTT 5: the broker waits so long for this client to come back, in s. */
  readonly delayInterval?: number;
  readonly properties?: MessageProperties;
}

/** All that one MQTT connection needs, checked and resolved: docs/contract.md#client. Durations in ms. */
export interface ConnectionOptions {
  readonly server: ServerUrl;
  /** Tried in turn where the one before cannot be had. */
  readonly otherServers?: readonly ServerUrl[];
  /** How often it is looked whether `server` listens again, to go back to it, in ms; absent: never. */
  readonly failbackPauseMs?: number;
  /** 0: 3.1.1, then 3.1 if refused; 3 = MQTT 3.1, 4 = 3.1.1, 5 = 5.0. */
  readonly protocolVersion: 0 | 3 | 4 | 5;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** Only for transports tls and wss. */
  readonly tls?: TlsOptions;
  /** Where certificates are in files: those of now, before each connection; with why they are not taken. Never rejects. */
  readonly renewTls?: () => Promise<{ readonly tls: TlsOptions; readonly problem?: DeviceError }>;
  readonly will?: Will;
  readonly cleanSession: boolean;
  readonly resumeSubs: boolean;
  /** Until CONNACK; 0 never. */
  readonly connectTimeoutMs: number;
  /** 0 off. */
  readonly keepAliveMs: number;
  readonly pingTimeoutMs: number;
  /** false: message handlers may run concurrently and out of order. */
  readonly order: boolean;
  /** A publish not through by then fails with MQTT_WRITE_TIMEOUT; 0 never. */
  readonly writeTimeoutMs: number;
  readonly autoReconnect: boolean;
  /** Cap of the 1-2-4 s backoff; 0 retries at once (never a busy loop). */
  readonly maxReconnectIntervalMs: number;
  /** Messages kept while offline, all QoS levels together. */
  readonly messageChannelDepth: number;
  /** Of what is received, in bytes; a larger message is not taken, and told (MQTT_TOO_LARGE). MQTT 5 brokers are told. */
  readonly maximumPacketSize: number;
  /** Values a second that have waited for a connection; 0, or absent: without bound. */
  readonly replayRate?: number;
  /** Where QoS 1 and 2 messages are until they are through; absent: in memory. */
  readonly store?: FileStoreSettings;
  /** MQTT 5: how long the broker keeps the session, in s; absent: for ever with `cleanSession` false, else not. */
  readonly sessionExpiryInterval?: number;
  /** MQTT 5: QoS 1 and 2 messages that the broker may send before they are acknowledged; absent: 65535. */
  readonly receiveMaximum?: number;
  /** MQTT 5: topic aliases in either direction; absent or 0: none. */
  readonly topicAliasMaximum?: number;
  /** MQTT 5: of CONNECT. */
  readonly userProperties?: UserProperties;
  /** Sent with the WebSocket handshake. */
  readonly httpHeaders: Readonly<Record<string, readonly string[]>>;
}
