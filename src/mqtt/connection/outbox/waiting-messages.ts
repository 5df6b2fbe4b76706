import { toDeviceError, type DeviceError } from '../../../base/errors';
import type { Clock, TimerHandle } from '../../../base/ports';
import type { StoredMessage, StoredPage } from '../../store/message-store';
import { MessageQueue, type OutgoingMessage } from './message-queue';

export interface WaitingMessagesOptions {
  readonly clock: Clock;
  /** See `MessageStore.page`; undefined: all that waits is in memory. */
  readonly page: ((after: number) => Promise<StoredPage>) | undefined;
  /** A message of the store that nobody in this process has. */
  readonly restore: (stored: StoredMessage) => OutgoingMessage;
  /** There is a first message again. */
  readonly onReady: () => void;
  readonly onProblem: (error: DeviceError) => void;
  /** Messages that somebody waits for are no longer in the store. */
  readonly onLost: (messages: readonly OutgoingMessage[]) => void;
}

interface Reading {
  /** The highest key when it began. */
  readonly upTo: number;
  /** How many have got behind since, and still are. */
  since: number;
}

/** So many messages, and bytes, wait in memory; the rest does so in the store alone. */
const MOST_MESSAGES = 2000;
const MOST_BYTES = 16 * 1024 * 1024;
/** Below this, more are read: while those are sent, these come. */
const FEW = 1000;
const READ_AGAIN_MS = 1000;

/**
 * Messages that wait, first in, first out. With a store that has them on disk only the next ones are in memory: those behind leave it,
 * payload and all, and come back when it is their turn. What then still is in memory of a message is its owner, if somebody waits for it.
 */
export class WaitingMessages {
  /** The next ones, whole. */
  private readonly head = new MessageQueue();
  private headBytes = 0;
  /** QoS 0 behind the head: in no store. Their `key` is that of the message before. */
  private readonly unstored = new MessageQueue();
  /** How many messages of QoS 1 and 2 are behind the head, and those of them that have an owner, without their payload. */
  private behind = 0;
  private readonly owned = new Map<number, OutgoingMessage>();
  /** Of what has been in the head, and of all. */
  private lastRead = 0;
  private lastKey = 0;
  /** Of messages in the store that are waiting, or on their way, elsewhere: they are not read. */
  private readonly elsewhere = new Set<number>();
  private reading: Reading | undefined;
  private timer: TimerHandle;

  constructor(private readonly options: WaitingMessagesOptions) {}

  get size(): number {
    return this.head.size + this.unstored.size + this.behind;
  }

  get first(): OutgoingMessage | undefined {
    return this.head.first;
  }

  /** What an earlier run has left: the first of it, and how many more are in the store, up to which key. */
  open(messages: readonly OutgoingMessage[], more: number, lastKey: number): void {
    for (const message of messages) this.take(message);
    this.behind = more;
    this.lastKey = Math.max(lastKey, this.lastRead);
  }

  /** At the end. One of QoS 1 or 2 has been given to the store, if there is one that has it on disk. */
  push(message: OutgoingMessage): void {
    if (this.options.page === undefined || message.key === 0) {
      if (this.behind === 0) {
        this.head.push(message);
        return;
      }
      message.key = this.lastKey;
      this.unstored.push(message);
      return;
    }
    this.lastKey = message.key;
    if (this.behind === 0 && this.head.size < MOST_MESSAGES && this.headBytes < MOST_BYTES) this.take(message);
    else this.putBehind(message);
  }

  /** One that has been given to the store overtakes these, and is kept by someone else. */
  passBy({ key }: OutgoingMessage): void {
    if (this.options.page !== undefined && key > 0) this.elsewhere.add(key);
  }

  shift(): void {
    const { first } = this.head;
    if (first === undefined) return;
    this.head.shift();
    if (this.options.page === undefined) return;
    this.headBytes -= first.size;
    this.readMore();
  }

  takeOldestQos0(): OutgoingMessage | undefined {
    return this.head.takeOldestQos0() ?? this.unstored.takeOldestQos0();
  }

  /** Whether it was there. */
  remove(message: OutgoingMessage): boolean {
    if (message.isBehind) {
      this.leaveBehind(message);
      if (this.behind === 0) this.catchUp();
      return true;
    }
    if (this.unstored.remove(message)) return true;
    if (!this.head.remove(message)) return false;
    if (this.options.page === undefined) return true;
    this.headBytes -= message.size;
    this.readMore();
    return true;
  }

  /** Nobody waits for it any more: it is in the store, and that is all that is needed. */
  disown({ key }: OutgoingMessage): void {
    this.owned.delete(key);
  }

  /** All that is in memory. What is in the store alone stays there, and is forgotten here. */
  takeAll(): OutgoingMessage[] {
    this.options.clock.clearTimeout(this.timer);
    this.timer = this.reading = undefined;
    const all = [...this.head.takeAll(), ...this.owned.values(), ...this.unstored.takeAll()];
    this.owned.clear();
    this.elsewhere.clear();
    this.behind = this.headBytes = 0;
    return all;
  }

  private take(message: OutgoingMessage): void {
    this.head.push(message);
    this.headBytes += message.size;
    this.lastRead = message.key;
    if (this.elsewhere.size > 0) this.forgetPassed();
  }

  private putBehind(message: OutgoingMessage): void {
    message.isBehind = true;
    message.letGo();
    if (message.hasOwner) this.owned.set(message.key, message);
    this.behind++;
    if (this.reading) this.reading.since++;
    this.readMore();
  }

  private leaveBehind(message: OutgoingMessage): void {
    message.isBehind = false;
    this.owned.delete(message.key);
    this.behind--;
    if (this.reading && message.key > this.reading.upTo) this.reading.since--;
  }

  /** What has been read is not read again. Keys were added in their order. */
  private forgetPassed(): void {
    for (const key of this.elsewhere) {
      if (key > this.lastRead) return;
      this.elsewhere.delete(key);
    }
  }

  private readMore(): void {
    const { page, clock, onProblem } = this.options;
    if (page === undefined || this.behind === 0 || this.reading || this.timer !== undefined) return;
    if (this.head.size >= FEW) return;
    const reading: Reading = { upTo: this.lastKey, since: 0 };
    this.reading = reading;
    page(this.lastRead).then(
      (read) => {
        if (this.reading === reading) this.accept(reading, read);
      },
      (error: unknown) => {
        if (this.reading !== reading) return;
        this.reading = undefined;
        onProblem(toDeviceError(error, 'MQTT_STORE_FAILED'));
        this.timer = clock.setTimeout(() => {
          this.timer = undefined;
          this.readMore();
        }, READ_AGAIN_MS);
      },
    );
  }

  private accept(reading: Reading, { messages, readTo, isLast }: StoredPage): void {
    for (const stored of messages) {
      if (this.elsewhere.has(stored.key)) continue;
      const message = this.owned.get(stored.key) ?? this.options.restore(stored);
      this.leaveBehind(message);
      message.comeBack(stored.payload);
      this.takeUnstored(stored.key);
      this.take(message);
    }
    this.lastRead = Math.max(this.lastRead, readTo);
    this.forgetPassed();
    this.reading = undefined;
    if (isLast) this.settleLost(reading);
    if (this.behind === 0) this.catchUp();
    this.options.onReady();
    this.readMore();
  }

  /** What should have been there and was not: damaged, or taken away by somebody. */
  private settleLost({ upTo, since }: Reading): void {
    this.behind = since;
    const lost = [...this.owned.values()].filter(({ key }) => key <= upTo);
    for (const message of lost) {
      message.isBehind = false;
      this.owned.delete(message.key);
    }
    if (lost.length > 0) this.options.onLost(lost);
  }

  /** Nothing is behind the head any more but QoS 0. */
  private catchUp(): void {
    this.takeUnstored(Infinity);
  }

  private takeUnstored(before: number): void {
    for (let next = this.unstored.first; next !== undefined && next.key < before; next = this.unstored.first) {
      this.unstored.shift();
      next.key = 0;
      this.head.push(next);
      this.headBytes += next.size;
    }
  }
}
