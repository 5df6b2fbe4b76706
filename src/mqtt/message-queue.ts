import type { DeviceError } from '../device/errors';

/** One message on its way to the broker, with its place in the protocol. */
export class OutgoingMessage {
  /** Assigned when first sent at QoS 1 or 2; kept while the session is. */
  packetId: number | undefined;
  /** QoS 2: the broker has it (PUBREC); all that remains is PUBREL. */
  isReleased = false;
  /** When it was last written; ms since the epoch. */
  sentAt = 0;
  /** Connections that broke before it was answered although it was the oldest. */
  strikes = 0;

  constructor(
    readonly topic: string,
    readonly payload: string | Buffer,
    readonly qos: 0 | 1 | 2,
    readonly retained: boolean,
    /** Called once: without an error when the message is through. */
    readonly settle: (error?: DeviceError) => void,
  ) {}

  /** Of the whole PUBLISH without MQTT 5 properties, in bytes (MQTT 5, 2.1.4 and 3.3). */
  get packetSize(): number {
    const variableHeader = 2 + Buffer.byteLength(this.topic) + (this.qos > 0 ? 2 : 0) + 1;
    const remaining = variableHeader + Buffer.byteLength(this.payload);
    const lengthBytes = remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4;
    return 1 + lengthBytes + remaining;
  }
}

/** First in, first out; the oldest QoS 0 message can be taken from the middle. All operations take constant time. */
export class MessageQueue {
  private readonly all = new Set<OutgoingMessage>();
  private readonly qos0 = new Set<OutgoingMessage>();

  get size(): number {
    return this.all.size;
  }

  get first(): OutgoingMessage | undefined {
    return this.all.values().next().value;
  }

  push(message: OutgoingMessage): void {
    this.all.add(message);
    if (message.qos === 0) this.qos0.add(message);
  }

  shift(): void {
    this.remove(this.first);
  }

  takeOldestQos0(): OutgoingMessage | undefined {
    const oldest = this.qos0.values().next().value;
    this.remove(oldest);
    return oldest;
  }

  takeAll(): OutgoingMessage[] {
    const messages = [...this.all];
    this.all.clear();
    this.qos0.clear();
    return messages;
  }

  private remove(message: OutgoingMessage | undefined): void {
    if (!message) return;
    this.all.delete(message);
    this.qos0.delete(message);
  }
}
