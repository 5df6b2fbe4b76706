import type { DeviceError } from '../../../base/errors';
import type { DeviceTopic, PublishOptions } from '../../extension/device-topic';

/** Where a device's messages go; nobody waits for what becomes of them. */
export interface PublishOutbox {
  /** `suffix` is what follows the device's topic; empty for the topic itself. */
  send(suffix: string, payload: unknown, options?: PublishOptions): void;
  /** There is a connection anew, and so room for what was refused for want of it. */
  resume(): void;
  /** Forgets what waits here. What the connection has taken is its own. */
  clear(): void;
}

export interface PublishOutboxOptions {
  readonly deviceTopic: Pick<DeviceTopic, 'publish'>;
  /** Told whenever it may have changed: why messages are not published at present; none when all is well. */
  readonly onTroubles: (troubles: readonly DeviceError[]) => void;
  /** Told once for each series of losses, when it is over: how many messages were never published, and why. */
  readonly onLost: (error: DeviceError) => void;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** One message as it was handed over. */
export interface Handed {
  readonly suffix: string;
  readonly payload: unknown;
  readonly options: PublishOptions;
}

/** Resolves when the message is through, rejects with a DeviceError. */
export const publishTo = (
  deviceTopic: Pick<DeviceTopic, 'publish'>,
  { suffix, payload, options }: Handed,
): Promise<void> => deviceTopic.publish(payload, suffix === '' ? options : { ...options, suffix });

/** Whether a message was not even taken, for want of room: the same one may be taken later, and cannot have been sent. */
export const isForWantOfRoom = ({ code }: DeviceError): boolean =>
  code === 'MQTT_QUEUE_FULL' || code === 'MQTT_STORE_FULL';
