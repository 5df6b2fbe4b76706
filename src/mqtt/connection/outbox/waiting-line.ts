import type { TimerHandle } from '../../../base/ports';
import { MessageQueue, type OutgoingMessage } from './message-queue';
import { ReplayBudget } from './replay-budget';
import { WaitingMessages, type WaitingMessagesOptions } from './waiting-messages';

/** `onReady`: there is something to be had from `next` again. */
export interface WaitingLineOptions extends WaitingMessagesOptions {
  /** Values of a backlog a second; 0: without bound. */
  readonly rate: number;
}

/**
 * What waits to be sent, by the `precedence` of the messages. What waits when a connection comes is its backlog: it leaves in the
 * order in which it came, and the values in it (`inOrder`, `newestFirst`) at a bounded rate. What comes while there is one
 *
 * - and is `inOrder` goes to its end, and one more value of it may leave: it shrinks by the rate, however many new ones come;
 * - and is `newestFirst` leaves before it, and so does what is no value, unless the backlog holds such messages too: theirs is a
 *   common order.
 *
 * What is `first` always leaves before everything else.
 *
 * An old value that a newer one of the same topic has overtaken is not to be what the broker keeps: it leaves without retain flag.
 */
export class WaitingLine {
  private readonly urgent = new MessageQueue();
  /** Came while there was a backlog, and leaves before it. */
  private readonly ahead = new MessageQueue();
  private readonly main: WaitingMessages;
  /** So many at the front of `main` are the backlog. */
  private backlog = 0;
  /** So many in `main` are no values. */
  private others = 0;
  private readonly budget: ReplayBudget;
  /** By topic, the rank of the newest value that has left before the backlog. */
  private readonly overtaking = new Map<string, number>();
  private places = 0;
  /** Where `next` has found its answer. */
  private found: MessageQueue | WaitingMessages | undefined;
  private timer: TimerHandle;

  constructor(private readonly options: WaitingLineOptions) {
    this.budget = new ReplayBudget(options.rate);
    this.main = new WaitingMessages(options);
  }

  get size(): number {
    return this.urgent.size + this.ahead.size + this.main.size;
  }

  /** What an earlier run has left: see `WaitingMessages`. */
  open(messages: readonly OutgoingMessage[], more: number, lastKey: number): void {
    this.main.open(messages, more, lastKey);
    // What is behind may be anything.
    this.others = more + messages.filter(({ precedence }) => precedence === undefined).length;
  }

  push(message: OutgoingMessage): void {
    const { precedence } = message;
    message.place = ++this.places;
    if (precedence === 'first' || (this.backlog > 0 && this.mayLeaveAhead(precedence))) {
      if (precedence === 'first') this.urgent.push(message);
      else this.ahead.push(message);
      this.main.passBy(message);
    } else {
      this.main.push(message);
      if (precedence === undefined) this.others += 1;
      if (this.backlog === 0) return;
      this.backlog += 1;
      if (precedence !== undefined) this.budget.grant();
    }
  }

  /** A connection is there. */
  replay(): void {
    this.backlog = this.main.size;
    this.budget.start(this.options.clock.now());
  }

  /** The connection is gone: what comes now waits behind the rest of the backlog. */
  pause(): void {
    this.backlog = 0;
    this.stopTimer();
  }

  /** From now on nothing waits for the rate. */
  hurry(): void {
    this.budget.hurry();
    this.stopTimer();
    this.options.onReady();
  }

  /** What is to leave next; undefined where there is nothing, or not yet: then `onReady` follows. */
  next(): OutgoingMessage | undefined {
    const { urgent, ahead, main } = this;
    this.found = isReady(urgent) ? urgent : isReady(ahead) ? ahead : main;
    const message = this.found.first;
    if (message === undefined || this.found !== main || this.backlog === 0) return message;
    if (message.precedence !== undefined && !this.mayReplay()) return undefined;
    message.isOvertaken = rankOf(message) < (this.overtaking.get(message.topic) ?? 0);
    return message;
  }

  /** Takes out what `next` has answered. */
  shift(): void {
    const { found } = this;
    const message = found?.first;
    if (found === undefined || message === undefined) return;
    found.shift();
    const isValue = message.precedence !== undefined;
    if (found !== this.main) {
      if (isValue && this.backlog > 0) this.overtaking.set(message.topic, rankOf(message));
      return;
    }
    if (isValue && this.backlog > 0) this.budget.take(this.options.clock.now());
    this.leftMain(message);
  }

  takeOldestQos0(): OutgoingMessage | undefined {
    const oldest = this.main.takeOldestQos0();
    if (oldest !== undefined) this.leftMain(oldest);
    return oldest ?? this.ahead.takeOldestQos0() ?? this.urgent.takeOldestQos0();
  }

  /** Whether it was there. Takes time with the length of the line. */
  remove(message: OutgoingMessage): boolean {
    const isOfMain = this.main.remove(message);
    if (isOfMain) this.leftMain(message);
    return isOfMain || this.ahead.remove(message) || this.urgent.remove(message);
  }

  /** See `WaitingMessages`. */
  disown(message: OutgoingMessage): void {
    this.main.disown(message);
  }

  takeAll(): OutgoingMessage[] {
    this.pause();
    this.others = 0;
    return [...this.urgent.takeAll(), ...this.ahead.takeAll(), ...this.main.takeAll()];
  }

  private mayLeaveAhead(precedence: OutgoingMessage['precedence']): boolean {
    return precedence === 'newestFirst' || (precedence === undefined && this.others === 0);
  }

  private leftMain({ precedence }: OutgoingMessage): void {
    if (precedence === undefined && this.others > 0) this.others -= 1;
    if (this.main.size === 0) this.others = 0;
    if (this.backlog === 0) return;
    this.backlog -= 1;
    if (this.backlog === 0) this.overtaking.clear();
  }

  private mayReplay(): boolean {
    const { clock, onReady } = this.options;
    const ms = this.budget.waitMs(clock.now());
    if (ms > 0 && this.timer === undefined) {
      this.timer = clock.setTimeout(() => {
        this.timer = undefined;
        onReady();
      }, ms);
    }
    return ms === 0;
  }

  private stopTimer(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}

const isReady = (queue: MessageQueue): boolean => queue.size > 0 && queue.first?.isStored === true;

/** The store's number outlives the message object; QoS 0 is in no store. */
const rankOf = ({ qos, key, place }: OutgoingMessage): number => (qos > 0 ? key : place);
