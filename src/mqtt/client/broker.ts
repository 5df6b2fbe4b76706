import type { EventEmitter } from 'node:events';
import type { DeviceError } from '../../base/errors';
import type { ReceivedMessage } from './received-message';
import type { ServerUrl } from './server-url';

/**
 * A connection to a broker as those see it who choose their topics themselves: a connection of one's own (connection.ts), or a
 * share in that of an extension (`MqttExtension.openBroker`).
 *
 * Events: `connected` after `open` and each CONNACK, `disconnected` with the reason, `problem` for what is worth telling.
 */
export interface Broker {
  readonly events: EventEmitter<{ connected: []; disconnected: [DeviceError]; problem: [DeviceError] }>;
  readonly isConnected: boolean;
  open(): void;
  /** Resolves when the message is through; rejects as `Connection.publish` does. While offline it is queued. */
  publish(
    topic: string,
    payload: string | Buffer,
    options: {
      readonly qos: 0 | 1 | 2;
      readonly retained: boolean;
      readonly waitTimeoutMs: number;
      /** Once aborted the message is withdrawn, whether it waits or is to be sent again, and the promise rejects. */
      readonly signal?: AbortSignal;
    },
  ): Promise<void>;
  /** Resolves when granted, with a function that ends it; kept over reconnects. */
  subscribe(filter: string, qos: 0 | 1 | 2, handler: (message: ReceivedMessage) => void): Promise<() => Promise<void>>;
  /** Settles within 5 s. A share only leaves. */
  close(): Promise<void>;
}

/** Who asks an extension for a share in its connection. */
export interface BrokerUser {
  /** Of the connection it gets where each user has its own (`dedicated`); a shared one keeps the extension's. */
  readonly clientId: string;
  /** For messages: who it is. */
  readonly label: string;
}

export interface ExtensionBroker extends Broker {
  /** Where it is. */
  readonly server: ServerUrl;
  /**
   * To be called after `close`: makes the broker forget the session of this client id (TS-0010 6.3: connect anew with a clean session,
   * and leave). Absent where there is none, or where it is also that of others. Never rejects; settles within 2 s.
   */
  readonly forget?: () => Promise<void>;
}
