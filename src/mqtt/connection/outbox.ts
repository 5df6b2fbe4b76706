import { type DeviceError, toDeviceError } from '../../base/errors';
import type { Clock, TimerHandle } from '../../base/ports';
import type { MessageStore, StoredMessage } from '../store/message-store';
import type { BrokerLimits } from './broker-limits';
import {
  brokeWhileWritten,
  endedConnections,
  madeRoom,
  noIdentifier,
  notThrough,
  queueFull,
  tooLarge,
} from './message-errors';
import { MessageQueue, OutgoingMessage } from './message-queue';
import type { Wire } from './wire';

export interface OutboxOptions {
  readonly clock: Clock;
  /** Messages kept while offline. */
  readonly depth: number;
  /** A message handed to the connection but not through after so many ms fails; 0: never. Does not run while offline. */
  readonly writeTimeoutMs: number;
  /** Has what is accepted at QoS 1 and 2 until it is through. */
  readonly store: MessageStore;
  /** The store could not note how far a message is. */
  readonly onProblem: (error: DeviceError) => void;
  /** A message leaves with less than was asked for, because of the broker's limits. */
  readonly onReduced?: (what: 'qos' | 'retain', limits: BrokerLimits) => void;
}

/**
 * QoS 1 and 2 messages unacknowledged at one time. Bounded because a window makes MQTT.js 3 to 5 times faster than publishing
 * everything at once, and because brokers drop clients that overrun theirs.
 */
const WINDOW = 500;
/** Messages waiting while online, behind the window: enough for a burst, still a bound. */
const ONLINE_DEPTH = 65_535;
/** After so many connections that broke before the oldest message was answered it is sent alone, to see if it is the cause. */
const SUSPECT_AFTER = 2;
/** After so many it is given up: a broker that closes on a message would otherwise get it for ever. */
const POISON_AFTER = 5;

/**
 * Messages on their way to the broker: a bounded queue, a bounded window of unacknowledged ones, and what must be sent again after
 * a reconnect. Each message's promise settles exactly once.
 */
export class Outbox {
  sent = 0;
  dropped = 0;
  private wire: Wire | undefined;
  private readonly queue = new MessageQueue();
  /** Sent on an earlier connection and not acknowledged, in the order of sending; these go first. */
  private unacknowledged: OutgoingMessage[] = [];
  /** Sent on this connection, by packet identifier, in the order of sending. */
  private readonly inFlight = new Map<number, OutgoingMessage>();
  /** QoS 0, written while the socket was congested. */
  private writing: OutgoingMessage[] = [];
  /** Of withdrawn QoS 2 messages that the broker may have in its session: it would take a new message for the old one. */
  private readonly abandonedIds = new Set<number>();
  private hasProgressed = false;
  /** Whether it is known what the store has of an earlier run: new messages get their keys, and their place, after those. */
  private isOpen = false;
  /** Of the message accepted last. */
  private lastKey = 0;
  private timer: TimerHandle;
  private isTimerSet = false;

  constructor(private readonly options: OutboxOptions) {}

  /** All messages not through yet. */
  get size(): number {
    return this.queue.size + this.unacknowledged.length + this.inFlight.size + this.writing.length;
  }

  /** Whether nobody waits for anything any more. */
  get isSettled(): boolean {
    if (this.size > this.inFlight.size) return false;
    for (const { isWithdrawn } of this.inFlight.values()) if (!isWithdrawn) return false;
    return true;
  }

  /** Takes a message. Its promise may settle later, or at once when there is no room. */
  add(message: OutgoingMessage): void {
    const limit = this.wire ? Math.max(ONLINE_DEPTH, this.options.depth) : this.options.depth;
    if (this.size >= limit && !this.dropOldestQos0()) {
      this.dropped++;
      message.settle(queueFull(limit));
      return;
    }
    if (message.qos > 0 && this.isOpen && !this.store(message)) return;
    this.queue.push(message);
    this.pump();
  }

  /** Takes what an earlier run of this program has left; nobody waits for these. Once, before the first connection. */
  open(stored: readonly StoredMessage[]): void {
    const added = this.queue.takeAll();
    for (const { key, acceptedAt, packetId, isReleased, topic, payload, qos, retained } of stored) {
      const message = new OutgoingMessage(topic, payload, qos, retained, () => undefined);
      Object.assign(message, { key, acceptedAt, packetId, isReleased });
      this.lastKey = Math.max(this.lastKey, key);
      if (packetId === undefined) this.queue.push(message);
      else this.unacknowledged.push(message);
    }
    this.isOpen = true;
    for (const message of added) if (message.qos === 0 || this.store(message)) this.queue.push(message);
  }

  /** A connection is there. With `isSessionPresent` the broker knows what it received before the last one was lost. */
  attach(wire: Wire, isSessionPresent: boolean): void {
    this.wire = wire;
    this.hasProgressed = false;
    if (!isSessionPresent) {
      this.abandonedIds.clear();
      this.unacknowledged = this.unacknowledged.filter(({ isWithdrawn }) => !isWithdrawn);
      for (const message of this.unacknowledged) {
        message.packetId = undefined;
        message.isReleased = false;
        this.note(message);
      }
    }
    this.pump();
  }

  /** Identifiers that the broker may still hold for this session. */
  *packetIds(): Generator<number> {
    for (const { packetId } of this.unacknowledged) if (packetId !== undefined) yield packetId;
    yield* this.abandonedIds;
  }

  /** The connection is gone; `byBroker`: the other side ended it. */
  detach(byBroker: boolean): void {
    this.wire = undefined;
    if (this.isTimerSet) this.options.clock.clearTimeout(this.timer);
    this.isTimerSet = false;
    const again: OutgoingMessage[] = [];
    for (const message of this.writing.splice(0)) {
      if (message.qos > 0) {
        again.push(message); // the broker takes QoS 0 only
        continue;
      }
      this.dropped++;
      message.settle(brokeWhileWritten());
    }
    const wasOldestWithdrawn = this.inFlight.values().next().value?.isWithdrawn === true;
    this.unacknowledged = [...this.takeInFlight(), ...again, ...this.unacknowledged];
    if (byBroker && !this.hasProgressed && !wasOldestWithdrawn) this.suspectOldest();
    while (this.size > this.options.depth && this.dropOldestQos0());
  }

  /** The broker has PUBREC'd a QoS 2 message: from now on it is released, never published again. */
  received(packetId: number): void {
    this.hasProgressed = true;
    const message = this.inFlight.get(packetId);
    if (!message) return;
    message.isReleased = true;
    this.note(message);
  }

  /** The broker has answered a PUBREL that was sent again. */
  completed(packetId: number): void {
    if (this.inFlight.get(packetId)?.isReleased) this.finish(packetId);
  }

  /** The socket takes more. */
  drained(): void {
    for (const message of this.writing.splice(0)) this.succeed(message);
    this.pump();
  }

  /**
   * Takes a message back and settles it with `error`: if it waits it is not sent, if it is on its way it is not sent again.
   * False for what cannot be taken back: QoS 0 that is being written, and QoS 2 that is released.
   */
  withdraw(message: OutgoingMessage, error: DeviceError): boolean {
    if (message.isReleased) return false;
    const place = this.unacknowledged.indexOf(message);
    if (place >= 0) {
      this.unacknowledged.splice(place, 1);
      this.abandon(message);
    } else if (message.packetId !== undefined && this.inFlight.get(message.packetId) === message) {
      message.isWithdrawn = true;
    } else if (!this.queue.remove(message)) {
      return false;
    }
    this.end(message, error);
    return true;
  }

  /** Settles everything with `error`; `keepStored`: what is in the store stays there, for a later run. */
  failAll(error: DeviceError, keepStored = false): void {
    const sent = [...this.inFlight.values(), ...this.unacknowledged.splice(0), ...this.writing.splice(0)];
    this.inFlight.clear();
    const waiting = this.queue.takeAll();
    this.detach(false);
    for (const message of [...sent, ...waiting]) {
      if (keepStored) message.settle(error);
      else this.end(message, error);
    }
  }

  /** What was in flight when the connection ended and is to be sent again. */
  private takeInFlight(): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    for (const message of this.inFlight.values()) {
      if (message.isWithdrawn && !message.isReleased) this.abandon(message);
      else messages.push(message);
    }
    this.inFlight.clear();
    return messages;
  }

  private abandon({ qos, packetId }: OutgoingMessage): void {
    if (qos === 2 && packetId !== undefined) this.abandonedIds.add(packetId);
  }

  private pump(): void {
    const { wire } = this;
    if (!wire) return;
    while (!wire.isCongested) {
      const message = this.unacknowledged[0] ?? this.queue.first;
      if (!message?.isStored || (message.qos > 0 && this.inFlight.size >= this.windowOf(wire))) break;
      if (this.unacknowledged.length > 0) this.unacknowledged.shift();
      else this.queue.shift();
      this.send(wire, message);
    }
    this.armTimer();
  }

  private windowOf(wire: Wire): number {
    const oldest = this.inFlight.size > 0 ? this.inFlight.values().next().value : this.unacknowledged[0];
    return (oldest?.strikes ?? 0) >= SUSPECT_AFTER ? 1 : Math.min(WINDOW, wire.limits.receiveMaximum);
  }

  private send(wire: Wire, message: OutgoingMessage): void {
    message.sentAt = this.options.clock.now();
    if (message.packetId === undefined) this.fit(message, wire.limits);
    const { maximumPacketSize } = wire.limits;
    if (message.packetSize > maximumPacketSize) {
      this.end(message, tooLarge(message, maximumPacketSize));
    } else if (message.sentQos === 0) {
      wire.publish(message, false, () => undefined);
      if (wire.isCongested) this.writing.push(message);
      else this.succeed(message);
    } else if (message.isReleased && message.packetId !== undefined) {
      this.inFlight.set(message.packetId, message);
      wire.release(message.packetId);
    } else {
      this.publish(wire, message);
    }
  }

  private fit(message: OutgoingMessage, limits: BrokerLimits): void {
    message.fit(limits);
    if (message.sentQos < message.qos) this.options.onReduced?.('qos', limits);
    if (message.retained && !message.sentRetained) this.options.onReduced?.('retain', limits);
  }

  private publish(wire: Wire, message: OutgoingMessage): void {
    const isAgain = message.packetId !== undefined;
    const packetId = message.packetId ?? wire.reserveId();
    if (packetId === undefined) {
      this.end(message, noIdentifier());
      return;
    }
    message.packetId = packetId;
    this.inFlight.set(packetId, message);
    const write = (): void => wire.publish(message, isAgain, (error) => this.finish(packetId, error));
    // QoS 2 comes once only if a later run knows under which identifier the message has left.
    const noted = isAgain ? undefined : this.options.store.update(message);
    if (noted === undefined) write();
    else {
      noted.then(
        () => this.wire === wire && this.inFlight.get(packetId) === message && write(),
        (error: unknown) => this.finish(packetId, toDeviceError(error, 'MQTT_STORE_FAILED')),
      );
    }
  }

  private finish(packetId: number, error?: DeviceError): void {
    const message = this.inFlight.get(packetId);
    if (!message) return;
    this.hasProgressed = true;
    this.inFlight.delete(packetId);
    if (error) this.end(message, error);
    else this.succeed(message);
    this.pump();
  }

  private succeed(message: OutgoingMessage): void {
    this.sent++;
    this.end(message);
  }

  /** The message is through, or given up for good. */
  private end(message: OutgoingMessage, error?: DeviceError): void {
    if (message.qos > 0) this.options.store.remove(message.key);
    message.settle(error);
  }

  /** Gives the message to the store, and answers whether it is taken. */
  private store(message: OutgoingMessage): boolean {
    message.key = ++this.lastKey;
    message.acceptedAt = this.options.clock.now();
    try {
      const stored = this.options.store.put(message);
      if (stored === undefined) return true;
      message.isStored = false;
      stored.then(
        () => {
          message.isStored = true;
          this.pump();
        },
        (error: unknown) => this.refuse(message, error),
      );
      return true;
    } catch (error) {
      this.refuse(message, error);
      return false;
    }
  }

  /** The store does not have it. What has been withdrawn in the meantime is settled already. */
  private refuse(message: OutgoingMessage, error: unknown): void {
    this.dropped++;
    this.queue.remove(message);
    message.settle(toDeviceError(error, 'MQTT_STORE_FAILED'));
    this.pump();
  }

  /** Tells the store how far a message is, where nothing waits for that. */
  private note(message: OutgoingMessage): void {
    this.options.store.update(message)?.catch((error: unknown) => {
      this.options.onProblem(toDeviceError(error, 'MQTT_STORE_FAILED'));
    });
  }

  private dropOldestQos0(): boolean {
    const victim = this.queue.takeOldestQos0();
    if (!victim) return false;
    this.dropped++;
    victim.settle(madeRoom());
    return true;
  }

  private suspectOldest(): void {
    const [oldest] = this.unacknowledged;
    if (oldest === undefined || ++oldest.strikes < POISON_AFTER) return;
    this.unacknowledged.shift();
    this.end(oldest, endedConnections(oldest, POISON_AFTER));
  }

  private armTimer(): void {
    const { clock, writeTimeoutMs } = this.options;
    if (this.isTimerSet || writeTimeoutMs === 0) return;
    const oldest = this.oldestSent();
    if (!oldest) return;
    this.isTimerSet = true;
    this.timer = clock.setTimeout(
      () => {
        this.isTimerSet = false;
        this.expire(clock.now() - writeTimeoutMs);
      },
      Math.max(1, oldest.sentAt + writeTimeoutMs - clock.now()),
    );
  }

  private oldestSent(): OutgoingMessage | undefined {
    const acknowledged = this.inFlight.values().next().value;
    const [written] = this.writing;
    return !written || (acknowledged && acknowledged.sentAt < written.sentAt) ? acknowledged : written;
  }

  /** Gives up what was sent at `limit` or before. */
  private expire(limit: number): void {
    const { writeTimeoutMs } = this.options;
    for (const [packetId, message] of this.inFlight) {
      if (message.sentAt > limit) break;
      this.inFlight.delete(packetId);
      this.wire?.forget(packetId);
      this.end(message, notThrough(writeTimeoutMs));
    }
    while (this.writing[0] && this.writing[0].sentAt <= limit) {
      const message = this.writing.shift();
      if (message) this.end(message, notThrough(writeTimeoutMs));
    }
    this.pump();
  }
}
