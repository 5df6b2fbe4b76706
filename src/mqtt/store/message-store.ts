/** A QoS 1 or 2 message that was accepted and is not through yet, with its place in the protocol. */
export interface StoredMessage {
  /** Rises with each message accepted, over restarts too: the order in which they are sent. Whole, from 1. */
  readonly key: number;
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  /** ms since the epoch. */
  readonly acceptedAt: number;
  /** 1 to 65535, once it has been sent in the session that is. */
  readonly packetId: number | undefined;
  /** QoS 2: the broker has it (PUBREC); all that remains is PUBREL. */
  readonly isReleased: boolean;
}

export interface StoreStatus {
  readonly messages: number;
  /** Of topics and payloads. */
  readonly bytes: number;
  /** When the oldest message was accepted; ms since the epoch. Absent where there is none. */
  readonly oldestAt?: number;
}

/**
 * Where QoS 1 and 2 messages are until they are through (`client.store`). The outbox above it keeps order, window and time; a store
 * only remembers. What takes no time answers undefined, so that a store in memory costs no promise a message.
 *
 * Whatever fails rejects (or throws) with a DeviceError that says what to do: MQTT_STORE_FULL where there is no room.
 */
export interface MessageStore {
  /** Once, before anything else: the messages of an earlier run, in the order of their keys. */
  open(): Promise<readonly StoredMessage[]> | undefined;
  /** Takes a message with a new key. From when it resolves on the message survives what the store promises to survive. */
  put(message: StoredMessage): Promise<void> | undefined;
  /** Its `packetId` or `isReleased` has changed: a packet that rests on this leaves when it resolves. */
  update(message: StoredMessage): Promise<void> | undefined;
  /** It is through, or given up. Nothing happens where the key is not known. Never throws. */
  remove(key: number): void;
  readonly status: StoreStatus;
  /** Ends with what has been put, updated and removed noted; nothing is called afterwards. Settles within 2 s. */
  close(): Promise<void>;
}
