import type { MessageProperties } from '../../../base/broker-connection';
import type { DeviceError } from '../../../base/errors';
import type { Precedence } from '../../../base/broker-connection';
import type { StoredMessage } from '../../store/message-store';
import type { BrokerLimits } from '../../client/broker-limits';
import { lengthSize, propertiesSize } from '../../client/message-properties';

/** What of a message is less than was asked for. */
export type Reduction = 'qos' | 'retain';

const NO_PAYLOAD = Buffer.alloc(0);
const NOTHING: readonly Reduction[] = [];
const QOS_ONLY: readonly Reduction[] = ['qos'];

/** One message on its way to the broker, with its place in the protocol. */
export class OutgoingMessage implements StoredMessage {
  /** Given by the outbox at QoS 1 and 2. */
  key = 0;
  acceptedAt = 0;
  /** False while the store has not confirmed it: it must not leave yet. */
  isStored = true;
  /** Somebody is told what becomes of it. */
  hasOwner = true;
  /** Its owner is content when it is in the store, if that is one that survives. */
  isForStore = false;
  /** It waits in the store, and has no payload here. */
  isBehind = false;
  /** Assigned when first sent at QoS 1 or 2; kept while the session is. */
  packetId: number | undefined;
  /** QoS 2: the broker has it (PUBREC); all that remains is PUBREL. */
  isReleased = false;
  /** As it travels: less than was asked for where the broker takes no more. */
  sentQos: 0 | 1 | 2;
  sentRetained: boolean;
  /** When it was last written; ms since the epoch. */
  sentAt = 0;
  /** On this connection. */
  isWritten = false;
  /** These are the affair of `Suspects`: its place among all that was written, and connections lost on it. */
  order = 0;
  marks = 0;
  strikes = 0;
  properties?: MessageProperties;
  precedence?: Precedence | undefined;
  /** These are the affair of `WaitingLine`: its place among all that was ever pushed, and whether a newer value of its topic has left. */
  place = 0;
  isOvertaken = false;
  /** Told that connections broke on it, it seems, while it is still on its way. */
  onSetback?: (error: DeviceError) => void;
  /** Taken back while on its way: if the connection breaks it is not sent again. */
  isWithdrawn = false;

  constructor(
    readonly topic: string,
    public payload: string | Buffer,
    readonly qos: 0 | 1 | 2,
    readonly retained: boolean,
    /** Called once: without an error when the message is through. Of a message withdrawn on its way again when it is over. */
    readonly settle: (error?: DeviceError) => void,
  ) {
    this.sentQos = qos;
    this.sentRetained = retained;
  }

  /** The broker knows nothing of it any more. */
  leaveSession(): this {
    this.packetId = undefined;
    this.isReleased = false;
    return this;
  }

  /** Takes on what the broker takes, and answers what is less than asked for. Not for a message in the broker's session. */
  fit({ maximumQos, keepsRetained }: BrokerLimits): readonly Reduction[] {
    this.sentQos = this.qos > maximumQos ? maximumQos : this.qos;
    this.sentRetained = this.retained && keepsRetained && !this.isOvertaken;
    const isLower = this.sentQos < this.qos;
    if (keepsRetained || !this.retained) return isLower ? QOS_ONLY : NOTHING;
    return isLower ? ['qos', 'retain'] : ['retain'];
  }

  /** Of topic and payload, in bytes. */
  get size(): number {
    return Buffer.byteLength(this.topic) + Buffer.byteLength(this.payload);
  }

  /** It is in the store: here its payload is of no use until it is sent. */
  letGo(): void {
    this.payload = NO_PAYLOAD;
  }

  comeBack(payload: string | Buffer): void {
    this.payload = payload;
    this.isStored = true;
  }

  /** Of the whole PUBLISH of MQTT 5, in bytes (2.1.4 and 3.3). */
  get packetSize(): number {
    const variableHeader =
      2 + Buffer.byteLength(this.topic) + (this.sentQos > 0 ? 2 : 0) + propertiesSize(this.properties);
    const remaining = variableHeader + Buffer.byteLength(this.payload);
    return 1 + lengthSize(remaining) + remaining;
  }

  /** What is left of its time, in s; below or at 0: it is over. Undefined where it has no end. */
  secondsLeft(now: number): number | undefined {
    const seconds = this.properties?.messageExpiryInterval;
    return seconds === undefined ? undefined : seconds - (now - this.acceptedAt) / 1000;
  }
}

/** Taken slots at the front are cut off in lots of this size or more: cutting them one by one would move the rest each time. */
const LOT = 1024;

/**
 * First in, first out; the oldest QoS 0 message can be taken from the middle. All operations take constant time on average
 * (a Set would not do: finding its first member walks over all deleted ones).
 */
export class MessageQueue {
  private slots: (OutgoingMessage | undefined)[] = [];
  private head = 0;
  /** No QoS 0 message is before this slot. */
  private firstQos0 = 0;
  private qos0Count = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  get first(): OutgoingMessage | undefined {
    while (this.head < this.slots.length && this.slots[this.head] === undefined) this.head++;
    return this.slots[this.head];
  }

  push(message: OutgoingMessage): void {
    this.slots.push(message);
    this.count++;
    if (message.qos === 0) this.qos0Count++;
  }

  shift(): void {
    if (this.first) this.take(this.head);
    if (this.head >= LOT && this.head * 2 > this.slots.length) {
      this.slots = this.slots.slice(this.head);
      this.firstQos0 = Math.max(0, this.firstQos0 - this.head);
      this.head = 0;
    }
  }

  takeOldestQos0(): OutgoingMessage | undefined {
    if (this.qos0Count === 0) return undefined;
    this.firstQos0 = Math.max(this.firstQos0, this.head);
    while (this.slots[this.firstQos0]?.qos !== 0) this.firstQos0++;
    return this.take(this.firstQos0);
  }

  /** Whether it was there. Takes time with the length of the queue. */
  remove(message: OutgoingMessage): boolean {
    const slot = this.slots.indexOf(message, this.head);
    if (slot < 0) return false;
    this.take(slot);
    return true;
  }

  takeAll(): OutgoingMessage[] {
    const messages = this.slots.filter((message) => message !== undefined);
    this.slots = [];
    this.head = this.firstQos0 = this.qos0Count = this.count = 0;
    return messages;
  }

  private take(slot: number): OutgoingMessage | undefined {
    const message = this.slots[slot];
    this.slots[slot] = undefined;
    this.count--;
    if (message?.qos === 0) this.qos0Count--;
    return message;
  }
}
