import type { OutgoingMessage } from './message-queue';

/** What has been sent on this connection at QoS 1 and 2 and is not acknowledged, by packet identifier, in the order of sending. */
export class InFlight {
  private readonly messages = new Map<number, OutgoingMessage>();
  /** Of withdrawn QoS 2 messages that the broker may have in its session: it would take a new message for the old one. */
  private readonly abandonedIds = new Set<number>();

  get size(): number {
    return this.messages.size;
  }

  get first(): OutgoingMessage | undefined {
    return this.messages.values().next().value;
  }

  /** Whether somebody waits for one of them. */
  get isAwaited(): boolean {
    for (const { isWithdrawn } of this.messages.values()) if (!isWithdrawn) return true;
    return false;
  }

  [Symbol.iterator](): IterableIterator<[number, OutgoingMessage]> {
    return this.messages[Symbol.iterator]();
  }

  get(packetId: number): OutgoingMessage | undefined {
    return this.messages.get(packetId);
  }

  has(message: OutgoingMessage): boolean {
    return message.packetId !== undefined && this.messages.get(message.packetId) === message;
  }

  add(packetId: number, message: OutgoingMessage): void {
    this.messages.set(packetId, message);
  }

  delete(packetId: number): void {
    this.messages.delete(packetId);
  }

  takeAll(): OutgoingMessage[] {
    const all = [...this.messages.values()];
    this.messages.clear();
    return all;
  }

  /** The connection has ended: what is to be sent again. */
  takeForAgain(): OutgoingMessage[] {
    return this.takeAll().filter((message) => {
      const isGivenUp = message.isWithdrawn && !message.isReleased;
      if (isGivenUp) this.abandon(message);
      return !isGivenUp;
    });
  }

  /** It is not sent again. */
  abandon({ qos, packetId }: OutgoingMessage): void {
    if (qos === 2 && packetId !== undefined) this.abandonedIds.add(packetId);
  }

  /** Identifiers that the broker may still hold for messages that are not sent again. */
  get abandoned(): ReadonlySet<number> {
    return this.abandonedIds;
  }

  /** The broker has forgotten its session. */
  forgetAbandoned(): void {
    this.abandonedIds.clear();
  }
}
