import type { DeviceError } from '../../../base/errors';
import type { StoredRun } from '../../store/message-store';
import {
  brokeWhileWritten,
  forgotten,
  madeRoom,
  noIdentifier,
  notInStore,
  notThrough,
  overdue,
  queueFull,
  tooLarge,
  type BlamedLoss,
} from './message-errors';
import { InFlight } from './in-flight';
import type { OutgoingMessage } from './message-queue';
import { WriteDeadline } from './write-deadline';
import type { OutboxOptions } from './outbox-options';
import { Probation } from './probation';
import { restored, StoreClerk } from './store-clerk';
import { Suspects } from './suspects';
import { WaitingLine } from './waiting-line';
import type { Wire } from './wire';

/**
 * QoS 1 and 2 messages unacknowledged at one time. Bounded because a window makes MQTT.js 3 to 5 times faster than publishing
 * everything at once, and because brokers drop clients that overrun theirs.
 */
const WINDOW = 500;
/** Messages waiting while online, behind the window: enough for a burst, still a bound. */
const ONLINE_DEPTH = 65_535;

/**
 * Messages on their way to the broker: a bounded queue, a bounded window of unacknowledged ones, and what must be sent again after
 * a reconnect. Each message's promise settles exactly once.
 */
export class Outbox {
  sent = 0;
  dropped = 0;
  private wire: Wire | undefined;
  private readonly queue: WaitingLine;
  /** Sent on an earlier connection and not acknowledged, in the order of sending; these go first. */
  private unacknowledged: OutgoingMessage[] = [];
  private readonly inFlight = new InFlight();
  /** QoS 0, written while the socket was congested. */
  private writing: OutgoingMessage[] = [];
  private readonly probation: Probation;
  private readonly suspects: Suspects;
  private readonly clerk: StoreClerk;
  /** Sent alone, to see whether the broker ends the connection on it. */
  private trial: OutgoingMessage | undefined;
  /** Whether it is known what the store has of an earlier run: new messages get their keys, and their place, after those. */
  private isOpen = false;
  private readonly deadline: WriteDeadline;

  constructor(private readonly options: OutboxOptions) {
    const { clock, store, onProblem, writeTimeoutMs: ms } = options;
    this.suspects = new Suspects(clock);
    this.probation = new Probation(clock, () => this.pump());
    const onRefused = (message: OutgoingMessage, error: DeviceError): void => this.refuse(message, error);
    this.clerk = new StoreClerk({ store, clock, onProblem, onTaken: (message) => this.taken(message), onRefused });
    this.queue = new WaitingLine({
      clock,
      rate: options.replayRate ?? 0,
      page: store.page?.bind(store),
      restore: restored,
      onReady: () => this.pump(),
      onProblem,
      onLost: (messages) => messages.forEach((message) => this.end(message, notInStore(message))),
    });
    const oldest = (): number | undefined => this.oldestSent();
    this.deadline = new WriteDeadline({ clock, ms, oldest, expire: (limit) => this.expire(limit) });
  }

  /** All messages not through yet. */
  get size(): number {
    return this.queue.size + this.unacknowledged.length + this.inFlight.size + this.unanswerable().length;
  }

  /** Whether nobody waits for anything any more. */
  get isSettled(): boolean {
    return this.size === this.inFlight.size && !this.inFlight.isAwaited;
  }

  /** Takes a message. Its promise may settle later, or at once when there is no room. */
  add(message: OutgoingMessage): void {
    const limit = this.wire ? Math.max(ONLINE_DEPTH, this.options.depth) : this.options.depth;
    if (this.size >= limit && !this.dropOldestQos0()) {
      this.drop(message, queueFull(limit));
      return;
    }
    if (this.isOpen && !this.clerk.take(message)) return;
    this.queue.push(message);
    this.pump();
  }

  /** Takes what an earlier run of this program has left; nobody waits for these. Once, before the first connection. */
  open({ messages, more, lastKey }: StoredRun): void {
    const added = this.queue.takeAll();
    const all = messages.map(restored);
    this.clerk.goOnAfter(lastKey);
    this.unacknowledged = all.filter(({ packetId }) => packetId !== undefined);
    this.queue.open(
      all.filter(({ packetId }) => packetId === undefined),
      more,
      lastKey,
    );
    this.isOpen = true;
    for (const message of added) if (this.clerk.take(message)) this.queue.push(message);
  }

  /** A connection is there. With `isSessionPresent` the broker knows what it received before the last one was lost. */
  attach(wire: Wire, isSessionPresent: boolean): void {
    this.wire = wire;
    this.suspects.confirm();
    if (!isSessionPresent) {
      this.inFlight.forgetAbandoned();
      this.unacknowledged = this.unacknowledged.filter(({ isWithdrawn }) => !isWithdrawn);
      for (const message of this.unacknowledged) this.clerk.note(message.leaveSession());
    }
    this.queue.replay();
    this.pump();
  }

  /** Sends what waits without regard to its rate. */
  hurry(): void {
    this.queue.hurry();
  }

  /** Identifiers that the broker may still hold for this session. */
  *packetIds(): Generator<number> {
    for (const { packetId } of this.unacknowledged) if (packetId !== undefined) yield packetId;
    yield* this.inFlight.abandoned;
  }

  /** The connection is gone; with `loss` perhaps because of a message. Answers whether one was on trial. */
  detach(loss: BlamedLoss | false): boolean {
    const { trial } = this;
    const isOnTrial = trial?.isWritten === true;
    this.wire = undefined;
    this.queue.pause();
    this.deadline.disarm();
    this.probation.reset();
    if (loss && (isOnTrial || trial === undefined)) {
      const unanswered = Array.from(this.inFlight, ([, message]) => message).filter(
        ({ isWritten, isReleased }) => isWritten && !isReleased,
      );
      this.suspects.lost(loss, trial, unanswered);
    }
    const written = this.takeUnanswerable();
    for (const message of written) if (message.qos === 0) this.drop(message, brokeWhileWritten());
    // With more than QoS 0 by a broker that takes no more: they are not lost by that.
    const again = [...this.inFlight.takeForAgain(), ...written.filter(({ qos }) => qos > 0)];
    for (const message of again) message.isWritten = false;
    this.unacknowledged = [...again, ...this.unacknowledged];
    while (this.size > this.options.depth && this.dropOldestQos0());
    return isOnTrial;
  }

  /** An attempt to connect has failed. */
  unreached(): void {
    this.suspects.dismiss();
  }

  /** The broker has PUBREC'd a QoS 2 message: it is released, never published again, once that is noted. */
  received(packetId: number): Promise<void> | undefined {
    const message = this.inFlight.get(packetId);
    if (!message) return undefined;
    this.suspects.proven(message);
    message.isReleased = true;
    return this.clerk.update(message);
  }

  /** The broker has answered a PUBREL that was sent again; `isKnown`: it still knew the message. */
  completed(packetId: number, isKnown: boolean): void {
    const message = this.inFlight.get(packetId);
    if (!message?.isReleased) return;
    if (!isKnown) this.options.onProblem(forgotten(message));
    this.finish(packetId);
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
      this.inFlight.abandon(message);
    } else if (this.inFlight.has(message)) {
      message.isWithdrawn = true;
    } else if (!this.queue.remove(message)) {
      return false;
    }
    this.end(message, error);
    return true;
  }

  /** Settles everything with `error`; `keepStored`: what is in the store stays there, for a later run. */
  failAll(error: DeviceError, keepStored = false): void {
    const sent = [...this.inFlight.takeAll(), ...this.unacknowledged.splice(0), ...this.takeUnanswerable()];
    const waiting = this.queue.takeAll();
    this.detach(false);
    for (const message of [...sent, ...waiting]) {
      if (!keepStored) this.end(message, error);
      else if (message.hasOwner) message.settle(error);
    }
  }

  /** Written at QoS 0, and not through yet: while the socket was congested, or on trial. */
  private unanswerable(): readonly OutgoingMessage[] {
    return this.trial?.sentQos === 0 ? [...this.writing, this.trial] : this.writing;
  }

  private takeUnanswerable(): readonly OutgoingMessage[] {
    const messages = this.unanswerable();
    this.writing = [];
    this.trial = undefined;
    return messages;
  }

  private pump(): void {
    const { wire } = this;
    if (!wire) return;
    while (!wire.isCongested && this.trial === undefined) {
      const message = this.unacknowledged[0] ?? this.queue.next();
      if (!message?.isStored) break;
      const { isReleased } = message;
      const refusal = isReleased
        ? undefined
        : (overdue(message, this.options.clock) ?? this.suspects.refusalOf(message));
      const isSuspect = !refusal && !isReleased && this.suspects.has(message);
      if (isSuspect && !this.isReadyForTrial(wire)) break;
      if (!refusal && message.qos > 0 && this.inFlight.size >= Math.min(WINDOW, wire.limits.receiveMaximum)) break;
      if (this.unacknowledged.length > 0) this.unacknowledged.shift();
      else this.queue.shift();
      if (refusal) {
        this.inFlight.abandon(message);
        this.end(message, refusal);
        continue;
      }
      if (isSuspect) this.trial = message;
      this.send(wire, message);
    }
    this.deadline.arm();
  }

  /** Nothing else is on its way, and the connection holds. */
  private isReadyForTrial(wire: Wire): boolean {
    if (this.inFlight.size > 0 || this.writing.length > 0) return false;
    return this.probation.isOver(wire);
  }

  private send(wire: Wire, message: OutgoingMessage): void {
    message.sentAt = this.options.clock.now();
    const { limits } = wire;
    if (message.packetId === undefined) for (const what of message.fit(limits)) this.options.onReduced?.(what, limits);
    if (message.packetSize > limits.maximumPacketSize) {
      this.end(message, tooLarge(message, limits.maximumPacketSize));
    } else if (message.sentQos === 0) {
      this.write(wire, message, false, () => undefined);
      if (this.trial === message) wire.ping(() => this.passTrial(message));
      else if (wire.isCongested) this.writing.push(message);
      else this.succeed(message);
    } else if (message.isReleased && message.packetId !== undefined) {
      const { packetId } = message;
      this.inFlight.add(packetId, message);
      this.whenNoted(wire, message, () => wire.release(packetId));
    } else {
      this.publish(wire, message);
    }
  }

  private write(wire: Wire, message: OutgoingMessage, isAgain: boolean, done: (error?: DeviceError) => void): void {
    message.isWritten = true;
    this.suspects.wrote(message);
    wire.publish(message, isAgain, done);
  }

  /** The broker has gone on after a QoS 0 message. */
  private passTrial(message: OutgoingMessage): void {
    if (this.trial !== message) return;
    this.suspects.proven(message);
    this.succeed(message);
    this.pump();
  }

  private publish(wire: Wire, message: OutgoingMessage): void {
    const isAgain = message.packetId !== undefined;
    const packetId = message.packetId ?? wire.reserveId();
    if (packetId === undefined) {
      this.end(message, noIdentifier());
      return;
    }
    message.packetId = packetId;
    this.inFlight.add(packetId, message);
    const write = (): void => this.write(wire, message, isAgain, (error) => this.finish(packetId, error));
    if (isAgain) write();
    else this.whenNoted(wire, message, write);
  }

  /** QoS 2 comes once only if a later run knows where in the protocol, and under which identifier, the message was. */
  private whenNoted(wire: Wire, message: OutgoingMessage, send: () => void): void {
    const noted = this.clerk.update(message);
    if (noted === undefined) send();
    // It rejects only when the store is closed: there the message stays.
    noted?.then(
      () => this.wire === wire && this.inFlight.has(message) && send(),
      () => undefined,
    );
  }

  private finish(packetId: number, error?: DeviceError): void {
    const message = this.inFlight.get(packetId);
    if (!message) return;
    this.suspects.proven(message);
    this.leaveFlight(packetId, message);
    if (error) this.end(message, error);
    else this.succeed(message);
    this.pump();
  }

  private leaveFlight(packetId: number, message: OutgoingMessage): void {
    this.inFlight.delete(packetId);
    if (this.trial === message) this.trial = undefined;
  }

  private succeed(message: OutgoingMessage): void {
    this.sent++;
    this.end(message);
  }

  /** The message is through, or given up for good. */
  private end(message: OutgoingMessage, error?: DeviceError): void {
    if (this.trial === message && !message.isWithdrawn) this.trial = undefined;
    this.clerk.remove(message);
    if (message.hasOwner) message.settle(error);
    else if (error) this.options.onProblem(error);
  }

  /** The store has it. */
  private taken(message: OutgoingMessage): void {
    if (message.isForStore && message.hasOwner) {
      message.hasOwner = false;
      this.queue.disown(message);
      message.settle();
    }
    this.pump();
  }

  /** The store does not have it. What has been withdrawn in the meantime is settled already. */
  private refuse(message: OutgoingMessage, error: DeviceError): void {
    this.queue.remove(message);
    this.drop(message, error);
    this.pump();
  }

  private dropOldestQos0(): boolean {
    const victim = this.queue.takeOldestQos0();
    if (victim) this.drop(victim, madeRoom());
    return victim !== undefined;
  }

  private drop(message: OutgoingMessage, error: DeviceError): void {
    this.dropped++;
    message.settle(error);
  }

  private oldestSent(): number | undefined {
    const acknowledged = this.inFlight.first;
    const [written] = this.unanswerable();
    const oldest = !written || (acknowledged && acknowledged.sentAt < written.sentAt) ? acknowledged : written;
    return oldest?.sentAt;
  }

  /** Gives up what was sent at `limit` or before. */
  private expire(limit: number): void {
    for (const [packetId, message] of this.inFlight) {
      if (message.sentAt > limit) break;
      this.leaveFlight(packetId, message);
      this.wire?.forget(packetId);
      this.end(message, notThrough(this.options.writeTimeoutMs));
    }
    for (const message of this.unanswerable()) {
      if (message.sentAt > limit) break;
      this.writing = this.writing.filter((other) => other !== message);
      this.end(message, notThrough(this.options.writeTimeoutMs));
    }
    this.pump();
  }
}
