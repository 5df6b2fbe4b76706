import { systemClock } from '../../../src/base/ports';
import { PROTOCOL_LIMITS } from '../../../src/mqtt/client/broker-limits';
import { Outbox } from '../../../src/mqtt/connection/outbox/outbox';
import type { OutboxOptions } from '../../../src/mqtt/connection/outbox/outbox-options';
import type { Wire } from '../../../src/mqtt/connection/outbox/wire';
import { OutgoingMessage } from '../../../src/mqtt/connection/outbox/message-queue';
import { MemoryStore } from '../../../src/mqtt/store/memory-store';
import type { MessageStore, StoredMessage, StoredRun } from '../../../src/mqtt/store/message-store';

/** Open, with what its store has of an earlier run. */
export function createOutbox(options: Partial<OutboxOptions> = {}, stored: readonly StoredMessage[] = []): Outbox {
  const outbox = new Outbox({
    clock: systemClock,
    depth: 10,
    writeTimeoutMs: 0,
    store: new MemoryStore(),
    onProblem: () => undefined,
    ...options,
  });
  outbox.open({ messages: stored, more: 0, lastKey: stored.at(-1)?.key ?? 0 });
  return outbox;
}

/** A wire that writes down what leaves and leaves the answers to the test. */
export class NotedWire implements Wire {
  readonly limits = { ...PROTOCOL_LIMITS, receiveMaximum: 100, maximumPacketSize: 1000 };
  readonly isCongested = false;
  /** `payload` or, sent again, `payload again`; `release 7`. */
  readonly left: string[] = [];
  readonly answers = new Map<number, (error?: never) => void>();
  private last = 0;

  reserveId(): number {
    return ++this.last;
  }

  publish(message: OutgoingMessage, isAgain: boolean, done: () => void): void {
    this.left.push(`${message.payload.toString()}${isAgain ? ' again' : ''}`);
    if (message.packetId !== undefined) this.answers.set(message.packetId, done);
  }

  release(packetId: number): void {
    this.left.push(`release ${packetId}`);
  }

  ping(answered: () => void): void {
    answered();
  }

  forget(packetId: number): void {
    this.answers.delete(packetId);
  }
}

export interface Outcome {
  readonly message: OutgoingMessage;
  /** Undefined while it is open; `through`, or the code of the error. */
  readonly value: string | undefined;
}

export function outgoing(payload: string, qos: 0 | 1 | 2): Outcome {
  let value: string | undefined;
  const message = new OutgoingMessage('a', payload, qos, false, (error) => (value ??= error?.code ?? 'through'));
  return {
    message,
    get value() {
      return value;
    },
  };
}

interface Step {
  readonly what: string;
  confirm(): void;
  refuse(error: Error): void;
}

/** Takes its time: each put and update is done when the test says so. */
export class SlowStore implements MessageStore {
  readonly steps: Step[] = [];
  readonly removed: number[] = [];
  readonly status = { messages: 0, bytes: 0 };

  constructor(private readonly earlier: readonly StoredMessage[] = []) {}

  open(): Promise<StoredRun> {
    return Promise.resolve({ messages: this.earlier, more: 0, lastKey: this.earlier.at(-1)?.key ?? 0 });
  }

  put({ key }: StoredMessage): Promise<void> {
    return this.step(`put ${key}`);
  }

  update({ key, packetId, isReleased }: StoredMessage): Promise<void> {
    return this.step(`update ${key} ${packetId ?? '-'}${isReleased ? ' released' : ''}`);
  }

  remove(key: number): void {
    this.removed.push(key);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Confirms the oldest step that is not, which must be this one. */
  async confirm(what: string): Promise<void> {
    const step = this.steps.shift();
    if (step?.what !== what) throw new Error(`the store was asked for "${step?.what ?? 'nothing'}", not "${what}"`);
    step.confirm();
    await Promise.resolve().then(() => undefined);
  }

  async refuse(error: Error): Promise<void> {
    this.steps.shift()?.refuse(error);
    await Promise.resolve().then(() => undefined);
  }

  private step(what: string): Promise<void> {
    return new Promise((confirm, refuse) => this.steps.push({ what, confirm, refuse }));
  }
}
