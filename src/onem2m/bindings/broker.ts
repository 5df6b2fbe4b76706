import type { EventEmitter } from 'node:events';
import type { DeviceError } from '../../device/errors';
import type { ReceivedMessage } from '../../mqtt/link';

/**
 * What the MQTT binding needs of a broker connection: one of its own (mqtt/connection.ts), or its share in that of an
 * `mqtt-extension`. `close` then only leaves it.
 */
export interface Broker {
  readonly events: EventEmitter<{ connected: []; disconnected: [DeviceError]; problem: [DeviceError] }>;
  readonly isConnected: boolean;
  open(): void;
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
  subscribe(filter: string, qos: 0 | 1 | 2, handler: (message: ReceivedMessage) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
