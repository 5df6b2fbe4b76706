import type { DeviceError } from '../../../base/errors';
import type { Clock } from '../../../base/ports';
import { refusedByEnding, type BlamedLoss } from './message-errors';
import type { OutgoingMessage } from './message-queue';

/** Connections that were lost on a message, or on a kind of them. */
interface Suspicion {
  /** While others were on their way, too: two at most. */
  marks: number;
  /** While it was tried alone. */
  strikes: number;
}

/** Messages with one topic, QoS and retain flag. */
interface Kind extends Suspicion {
  /** Of this size or more, in bytes. */
  size: number;
  /** Messages given up; with QoS 1 and 2 one may be refused for what is in it, and the next one be taken. */
  refused: number;
  loss: BlamedLoss;
  until: number;
}

const SUSPECT_AFTER_MARKS = 2;
const REFUSE_AFTER_STRIKES = 3;
/** Where one of its kind has been given up. */
const REFUSE_ANOTHER_AFTER_STRIKES = 2;
const REFUSE_KIND_AFTER = 2;
/** How long messages of a refused kind are not sent. Brokers' limits and rules change. */
const HOLD_MS = 3_600_000;
/** How many messages are marked for one lost connection: the first without an answer, and the last that get none (QoS 0). */
const MARKED = 20;
const MAX_KINDS = 1000;

/**
 * Which messages the broker ends connections on. A broker that does not take a message (too large, not allowed, retained, MQTT 3.1.1
 * has no words for any of it) just hangs up, and so does a network that breaks. So what is marked by two lost connections is tried alone,
 * on a connection that holds by itself (`Probation`): only if that is lost before it is answered, it is a strike. A loss after
 * which the broker cannot be reached counts for nothing: it was the broker that went.
 */
export class Suspects {
  private readonly kinds = new Map<string, Kind>();
  /** Written at QoS 0, after the last that was answered; the newest last. */
  private unproven: OutgoingMessage[] = [];
  private written = 0;
  /** What the last loss means, if the broker is there at the next attempt. */
  private verdict: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  wrote(message: OutgoingMessage): void {
    message.order = ++this.written;
    if (message.sentQos > 0) return;
    this.unproven.push(message);
    if (this.unproven.length > MARKED) this.unproven.shift();
  }

  /** The broker goes on after this message. It takes messages in the order in which they were written. */
  proven(message: OutgoingMessage): void {
    while (this.unproven[0] && this.unproven[0].order <= message.order) this.unproven.shift();
    if (this.kinds.size === 0) return;
    const kind = this.find(message);
    if (kind !== undefined && message.packetSize >= kind.size) this.kinds.delete(keyOf(message));
  }

  has(message: OutgoingMessage): boolean {
    const kind = this.find(message);
    return isSuspected(message) || (kind !== undefined && (isSuspected(kind) || kind.refused > 0));
  }

  /** Why this message is not to be sent. */
  refusalOf(message: OutgoingMessage): DeviceError | undefined {
    const kind = this.find(message);
    if (kind === undefined) return undefined;
    const isRefused = isGivenUp(message, kind) || (isKindRefused(message, kind) && message.packetSize >= kind.size);
    return isRefused ? refusedByEnding(message, kind.loss) : undefined;
  }

  /** A connection was lost: on the message that was tried alone, or else on one of those that had no answer, oldest first. */
  lost(loss: BlamedLoss, trial: OutgoingMessage | undefined, unanswered: readonly OutgoingMessage[]): void {
    const messages = trial === undefined ? [...unanswered.slice(0, MARKED), ...this.unproven] : [trial];
    this.unproven = [];
    this.verdict = () => this.blame(loss, messages, trial !== undefined);
  }

  /** The broker took the next connection. */
  confirm(): void {
    this.verdict?.();
    this.verdict = undefined;
    this.unproven = [];
  }

  /** The broker did not. */
  dismiss(): void {
    this.verdict = undefined;
  }

  private blame(loss: BlamedLoss, messages: readonly OutgoingMessage[], isTrial: boolean): void {
    const marked = new Set<Suspicion>();
    for (const message of messages) {
      const kind = this.kindOf(message, loss);
      const wasSuspected = isSuspected(kind) || kind.refused > 0;
      // Of several that may be the reason the largest is the most likely.
      kind.size = (wasSuspected ? Math.min : Math.max)(kind.size, message.packetSize);
      for (const suspicion of [message, kind]) {
        if (isTrial) suspicion.strikes++;
        else if (!marked.has(suspicion)) suspicion.marks = Math.min(suspicion.marks + 1, SUSPECT_AFTER_MARKS);
        marked.add(suspicion);
      }
      if (isGivenUp(message, kind)) kind.refused++;
      else if (isSuspected(message)) message.onSetback?.(refusedByEnding(message, loss));
    }
    for (const key of this.kinds.keys()) {
      if (this.kinds.size <= MAX_KINDS) break;
      this.kinds.delete(key);
    }
  }

  /** Made if need be; the newest last. */
  private kindOf(message: OutgoingMessage, loss: BlamedLoss): Kind {
    const key = keyOf(message);
    const current = this.find(message) ?? { size: 0, marks: 0, strikes: 0, refused: 0, loss, until: 0 };
    current.loss = loss;
    current.until = this.clock.now() + HOLD_MS;
    this.kinds.delete(key);
    this.kinds.set(key, current);
    return current;
  }

  /** After its time one of a refused kind is tried once more. */
  private find(message: OutgoingMessage): Kind | undefined {
    if (this.kinds.size === 0) return undefined;
    const key = keyOf(message);
    const kind = this.kinds.get(key);
    if (kind === undefined || this.clock.now() < kind.until) return kind;
    if (!isKindRefused(message, kind)) {
      this.kinds.delete(key);
      return undefined;
    }
    kind.strikes = REFUSE_AFTER_STRIKES - 1;
    kind.refused = REFUSE_KIND_AFTER - 1;
    kind.until = this.clock.now() + HOLD_MS;
    return kind;
  }
}

const isSuspected = ({ marks, strikes }: Suspicion): boolean => marks >= SUSPECT_AFTER_MARKS || strikes > 0;

/** At QoS 0 nothing is sent again: there each message is another one. */
const isGivenUp = ({ qos, strikes }: OutgoingMessage, { refused }: Kind): boolean =>
  qos > 0 && strikes >= (refused > 0 ? REFUSE_ANOTHER_AFTER_STRIKES : REFUSE_AFTER_STRIKES);

const isKindRefused = ({ qos }: OutgoingMessage, { strikes, refused }: Kind): boolean =>
  qos > 0 ? refused >= REFUSE_KIND_AFTER : strikes >= REFUSE_AFTER_STRIKES;

const keyOf = ({ topic, qos, retained }: OutgoingMessage): string => `${qos}${retained ? 'r' : ''} ${topic}`;
