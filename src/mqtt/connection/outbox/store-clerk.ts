import { type DeviceError, toDeviceError } from '../../../base/errors';
import type { Clock } from '../../../base/ports';
import type { MessageStore, StoredMessage } from '../../store/message-store';
import { OutgoingMessage } from './message-queue';

export interface StoreClerkOptions {
  readonly store: MessageStore;
  readonly clock: Clock;
  /** A message is stored now. */
  readonly onTaken: (message: OutgoingMessage) => void;
  readonly onRefused: (message: OutgoingMessage, error: DeviceError) => void;
  /** How far a message is could not be noted. */
  readonly onProblem: (error: DeviceError) => void;
}

/** Gives accepted QoS 1 and 2 messages to the store, and tells it how far they are. Messages with QoS 0 are none of its business. */
export class StoreClerk {
  /** Of the message accepted last. */
  private lastKey = 0;

  constructor(private readonly options: StoreClerkOptions) {}

  /** New messages get their keys after those of an earlier run. */
  goOnAfter(lastKey: number): void {
    this.lastKey = lastKey;
  }

  /** Answers whether the message is taken; where that takes time, `onTaken` or `onRefused` follows. */
  take(message: OutgoingMessage): boolean {
    const { store, clock, onTaken, onRefused } = this.options;
    if (message.qos === 0) return true;
    message.key = ++this.lastKey;
    // One that expires has its time already.
    if (message.acceptedAt === 0) message.acceptedAt = clock.now();
    const refuse = (error: unknown): void => onRefused(message, toDeviceError(error, 'MQTT_STORE_FAILED'));
    try {
      const stored = store.put(message);
      if (stored === undefined) return true;
      message.isStored = false;
      stored.then(() => {
        message.isStored = true;
        onTaken(message);
      }, refuse);
      return true;
    } catch (error) {
      refuse(error);
      return false;
    }
  }

  /** Where a packet rests on it: resolves when it is noted, undefined where that takes no time. */
  update(message: OutgoingMessage): Promise<void> | undefined {
    return message.qos === 0 ? undefined : this.options.store.update(message);
  }

  /** Where nothing waits for it. */
  note(message: OutgoingMessage): void {
    this.update(message)?.catch((error: unknown) => this.options.onProblem(toDeviceError(error, 'MQTT_STORE_FAILED')));
  }

  remove({ qos, key }: OutgoingMessage): void {
    if (qos > 0) this.options.store.remove(key);
  }
}

/** A message that this run did not take: nobody waits for it. */
export function restored(stored: StoredMessage): OutgoingMessage {
  const { key, acceptedAt, packetId, isReleased, precedence, topic, payload, qos, retained, properties } = stored;
  const message = new OutgoingMessage(topic, payload, qos, retained, () => undefined);
  if (properties !== undefined) message.properties = properties;
  return Object.assign(message, { key, acceptedAt, packetId, isReleased, precedence, hasOwner: false });
}
