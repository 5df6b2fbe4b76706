import type { Precedence } from '../../base/broker-connection';
import type { DeviceError, ErrorInfo } from '../../base/errors';
import type { MessageProperties } from '../../base/broker-connection';

/** A QoS 1 or 2 message that was accepted and is not through yet, with its place in the protocol. */
export interface StoredMessage {
  /** Rises with each message accepted, over restarts too: the order in which they are sent. Whole, from 1. */
  readonly key: number;
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  readonly properties?: MessageProperties;
  /** ms since the epoch. */
  readonly acceptedAt: number;
  /** 1 to 65535, once it has been sent in the session that is. */
  readonly packetId: number | undefined;
  /** QoS 2: the broker has it (PUBREC); all that remains is PUBREL. */
  readonly isReleased: boolean;
  /** Its place among what waits: a value of an earlier run is replayed as one. */
  readonly precedence?: Precedence | undefined;
}

export interface StoreStatus {
  readonly messages: number;
  /** Of topics and payloads. */
  readonly bytes: number;
  /** When the oldest message was accepted; ms since the epoch. Absent where there is none. */
  readonly oldestAt?: number;
  /** Why nothing can be stored at present; absent while all is well. */
  readonly error?: ErrorInfo;
}

/** What an earlier run has left. */
export interface StoredRun {
  /** All that have been sent in the session that was, then the first of those that wait, each in the order of their keys. */
  readonly messages: readonly StoredMessage[];
  /** How many more wait in the store, with higher keys, to be had by `page`. */
  readonly more: number;
  /** The highest key there is; 0 where there is none. */
  readonly lastKey: number;
}

/** What is to be known of a session besides its messages after the end of the process, by name. Of an open store. */
export interface StoreNotes {
  readonly entries: ReadonlyMap<string, Buffer>;
  /** Without a value it is forgotten. Resolves once that would survive; rejects when the store is closed before. */
  set(name: string, value: Buffer | undefined): Promise<void>;
}

/** Some of the messages that wait in a store, in the order of their keys. */
export interface StoredPage {
  readonly messages: readonly StoredMessage[];
  /** The highest key that was looked at, also of what is damaged. */
  readonly readTo: number;
  /** Nothing with a higher key was there when it was read. */
  readonly isLast: boolean;
}

/**
 * Where QoS 1 and 2 messages are until they are through (`client.store`). The outbox above it keeps order, window and time; a store
 * only remembers. What takes no time answers undefined, so that a store in memory costs no promise a message.
 *
 * Whatever fails rejects (or throws) with a DeviceError that says what to do: MQTT_STORE_FULL where there is no room.
 */
export interface MessageStore {
  /** Once, before anything else. Rejects where the store cannot be had; it may be called again then. */
  open(): Promise<StoredRun> | undefined;
  /** Takes a message with a new key. From when it resolves on the message survives what the store promises to survive. */
  put(message: StoredMessage): Promise<void> | undefined;
  /**
   * Its `packetId` or `isReleased` has changed: a packet that rests on this leaves when it resolves. While the store cannot write it
   * waits; it rejects only when the store is closed.
   */
  update(message: StoredMessage): Promise<void> | undefined;
  /** It is through, or given up. Nothing happens where the key is not known. Never throws. */
  remove(key: number): void;
  /**
   * What waits (has no packet identifier) and has a higher key than `after`: a lot that fits into memory. Absent where the store has
   * no other place than memory, so that there is nothing to be gained by letting go of a message.
   */
  page?(after: number): Promise<StoredPage>;
  /** Absent where nothing survives. */
  readonly notes?: StoreNotes;
  readonly status: StoreStatus;
  /** Ends with what has been put, updated and removed noted; nothing is called afterwards. Settles within 2 s. */
  close(): Promise<void>;
}

/** What a store tells by itself. */
export interface StoreObserver {
  /** Worth telling the user, once: it cannot write, or has set something damaged aside. */
  onProblem(error: DeviceError): void;
  /** It can write again. */
  onRecovered(): void;
}
