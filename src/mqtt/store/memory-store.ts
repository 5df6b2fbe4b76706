import type { MessageStore, StoredMessage, StoreStatus } from './message-store';

/** `store: memory`: what is in it ends with the process. Its bound is that of the outbox, `messageChannelDepth`. */
export class MemoryStore implements MessageStore {
  private readonly messages = new Map<number, StoredMessage>();
  private bytes = 0;

  get status(): StoreStatus {
    const oldest = this.messages.values().next().value;
    return {
      messages: this.messages.size,
      bytes: this.bytes,
      ...(oldest !== undefined && { oldestAt: oldest.acceptedAt }),
    };
  }

  open(): undefined {
    return undefined;
  }

  put(message: StoredMessage): undefined {
    this.messages.set(message.key, message);
    this.bytes += bytesOf(message);
  }

  /** The message itself is what is kept. */
  update(): undefined {
    return undefined;
  }

  remove(key: number): void {
    const message = this.messages.get(key);
    if (message === undefined) return;
    this.messages.delete(key);
    this.bytes -= bytesOf(message);
  }

  close(): Promise<void> {
    this.messages.clear();
    this.bytes = 0;
    return Promise.resolve();
  }
}

const bytesOf = ({ topic, payload }: StoredMessage): number => Buffer.byteLength(topic) + Buffer.byteLength(payload);
