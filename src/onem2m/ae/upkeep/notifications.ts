import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { show } from '../../../base/show';
import type { IncomingRequest } from '../../binding/binding';
import { OPERATIONS, type ResponsePrimitive } from '../../primitive/primitives';
import { eventName } from '../../resource/enumerations';
import { parseNotification, type NotificationItem } from '../../resource/notification';
import type { KeptSubscription } from './kept-subscription';
import { KnownSubscriptions, targetOf } from './known-subscriptions';
import { notifierOf, type Notifiers } from './notifiers';
import type { AeLifeEvent, AeNotification } from '../model/messages';

export interface NotificationPorts extends Notifiers {
  readonly originator: () => string;
  readonly onNotification: (notification: AeNotification) => void;
  readonly onLifeEvent: (event: AeLifeEvent) => void;
  readonly onProblem: (error: DeviceError) => void;
  /** The result of a non-blocking request; false if nobody waits for it. */
  readonly onResult: (result: ResponsePrimitive) => boolean;
  /** Somebody says that a subscription of ours was deleted: that has to be seen. */
  readonly onSaidDeleted: (subscription: KeptSubscription) => void;
}

export type NotificationHandler = (notification: AeNotification) => void | Promise<void>;

/** Notifications that may wait for the subscription they belong to to be known. */
const MOST_HELD = 100;
/** Notifications in one request. The flow gets a message for each, all in one turn. */
const MOST_IN_BATCH = 1000;

const OK = 2000;
const BAD_REQUEST = 4000;
const NOT_ALLOWED = 4005;
const NO_PRIVILEGE = 4103;

/**
 * What comes in for an AE: answers it at once, so that the CSE need not wait for the flow, and tells what it means: events of
 * subscriptions, verifications, deletions, results of non-blocking requests. Requests of other kinds are refused and told.
 */
export class Notifications {
  readonly known: KnownSubscriptions;
  private readonly handlers = new Map<string, NotificationHandler>();
  private isMuted = false;
  private making = 0;
  private held: NotificationItem[] = [];

  constructor(private readonly ports: NotificationPorts) {
    this.known = new KnownSubscriptions(ports.cseID);
  }

  /** Notifications of this subscription go to `handler` instead of the flow. */
  divert(key: string, handler: NotificationHandler | undefined): void {
    if (handler === undefined) this.handlers.delete(key);
    else this.handlers.set(key, handler);
  }

  /** This node has ended it. */
  end(subscription: KeptSubscription): void {
    this.known.end(subscription);
    this.divert(subscription.key, undefined);
  }

  /** Runs what makes a subscription: its first notifications may overtake the answer that says how it is called. */
  async whileMaking<T>(make: () => Promise<T>): Promise<T> {
    this.making += 1;
    try {
      return await make();
    } finally {
      this.making -= 1;
      if (this.making === 0) {
        const items = this.held.splice(0);
        for (const item of items) this.tellEvent(item);
        this.tellUnknown(items);
      }
    }
  }

  /** From now on what comes in is answered, but not told: the node goes. */
  mute(): void {
    this.isMuted = true;
  }

  handle(incoming: IncomingRequest): void {
    const { request, answer, via } = incoming;
    const reply = (rsc: number, text?: string): void => {
      const { rqi, fr, rvi } = request;
      void answer?.({
        rsc,
        rqi,
        fr: this.ports.originator(),
        ...(fr === undefined ? {} : { to: fr }),
        ...(rvi === undefined ? {} : { rvi }),
        ...(text === undefined ? {} : { pc: { 'm2m:dbg': text } }),
      }).catch(() => undefined);
    };
    if (this.isMuted) {
      reply(request.op === OPERATIONS.notify ? OK : NOT_ALLOWED);
      return;
    }
    if (request.op !== OPERATIONS.notify) {
      reply(NOT_ALLOWED, 'this application entity takes notifications only');
      this.ports.onLifeEvent({ event: 'request', payload: request.pc, topic: request.to, details: { request } });
      return;
    }
    const items = parseNotification(request.pc);
    if (items.length > MOST_IN_BATCH) {
      reply(BAD_REQUEST, `more than ${MOST_IN_BATCH} notifications in one request`);
      this.tell(
        ErrorCode.BAD_RESPONSE,
        `a batch of more than ${MOST_IN_BATCH} notifications was refused`,
        'Let the subscription send smaller batches (`bn.num`).',
      );
      return;
    }
    if (!this.mayNotify(incoming, items)) {
      reply(NO_PRIVILEGE, 'this application entity takes notifications of its subscriptions from the CSE only');
      const text = `a notification that does not come from the CSE ${this.ports.cseID()} was refused`;
      const named = request.fr ?? incoming.sender?.originator ?? '';
      this.tell(
        'ONEM2M_FOREIGN_NOTIFICATION',
        text,
        `It came from ${show(named)}. If that is the CSE, correct \`cse.id\`.`,
      );
      return;
    }
    const unclear = items.length === 0 || items.every(({ kind }) => kind === 'unknown');
    reply(unclear ? BAD_REQUEST : OK, unclear ? 'no notification that is known here' : undefined);
    if (unclear) {
      const text = `a notification on ${via} from ${request.fr ?? 'somebody'} has no content that is known here`;
      this.ports.onProblem(new DeviceError(ErrorCode.BAD_RESPONSE, text));
    }
    for (const item of items) this.take(item);
    this.tellUnknown(items);
  }

  /** A subscription of ours was really deleted by somebody else. `sur`: how the notice of it named it. */
  tellDeletion(subscription: KeptSubscription | undefined, sur: string): void {
    if (subscription !== undefined) this.known.forget(subscription);
    const topic = subscription?.target ?? sur;
    this.ports.onLifeEvent({ event: 'subscriptionDeleted', payload: sur, topic });
    this.ports.onNotification({
      payload: sur,
      topic,
      onem2m: {
        event: 'subscriptionDeleted',
        subscription: sur,
        representation: undefined,
        ...(subscription === undefined ? { unknown: true as const } : {}),
      },
    });
  }

  /** Other AEs may notify this one through the CSE, but not in the name of a subscription, or of what is done to one. */
  private mayNotify(incoming: IncomingRequest, items: readonly NotificationItem[]): boolean {
    const notifier = notifierOf(incoming, this.ports);
    if (notifier !== 'other') return notifier === 'cse';
    return items.every(({ kind, subscription }) => {
      if (kind === 'deletion' || kind === 'verification') return false;
      return this.known.find(subscription) === undefined;
    });
  }

  private take(item: NotificationItem): void {
    switch (item.kind) {
      case 'result':
        if (item.response !== undefined && !this.ports.onResult(item.response)) {
          this.ports.onLifeEvent({ event: 'late', payload: item.response.pc, details: { response: item.response } });
        }
        break;
      case 'verification':
        this.ports.onLifeEvent({ event: 'verified', payload: item.subscription, topic: item.subscription });
        break;
      case 'deletion':
        this.takeDeletion(item);
        break;
      case 'event':
        if (this.making > 0 && this.known.find(item.subscription) === undefined && this.held.length < MOST_HELD) {
          this.held.push(item);
        } else {
          this.tellEvent(item);
        }
        break;
      case 'unknown':
        break;
    }
  }

  private takeDeletion({ subscription: sur }: NotificationItem): void {
    const subscription = this.known.find(sur);
    if (subscription === undefined) {
      if (!this.known.isEnded(sur)) this.tellDeletion(undefined, sur);
      return;
    }
    if (this.known.takeExpectedDeletion(subscription)) {
      this.known.forget(subscription);
      return;
    }
    // Who says so may be anybody: until the CSE itself has said the same, nothing has changed.
    subscription.doubt(sur);
    this.ports.onSaidDeleted(subscription);
  }

  private tellEvent(item: NotificationItem): void {
    const subscription = this.known.find(item.subscription);
    if (subscription === undefined && this.known.isEnded(item.subscription)) return;
    const notification: AeNotification = {
      payload: item.payload,
      topic: subscription?.target ?? targetOf(item.subscription),
      onem2m: {
        event: this.eventOf(item),
        subscription: item.subscription,
        representation: item.representation,
        ...(item.creator === undefined ? {} : { creator: item.creator }),
        ...(subscription === undefined ? { unknown: true as const } : {}),
        ...(item.batch === undefined ? {} : { batch: item.batch }),
      },
    };
    const handler = subscription === undefined ? undefined : this.handlers.get(subscription.key);
    if (handler !== undefined) {
      void this.run(handler, notification);
      return;
    }
    this.ports.onNotification(notification);
  }

  /** What the subscription is for, if that is one event: OpenMTC never says which it is, and shows what was deleted as if it were new. */
  private eventOf({ event = 'unknown', subscription }: NotificationItem): string {
    return eventName(this.known.eventOf(subscription)) ?? event;
  }

  private async run(handler: NotificationHandler, notification: AeNotification): Promise<void> {
    try {
      await handler(notification);
    } catch (error) {
      this.ports.onProblem(toDeviceError(error, ErrorCode.BAD_RESPONSE, `a notification of ${notification.topic}`));
    }
  }

  /** Once for all that came together. */
  private tellUnknown(items: readonly NotificationItem[]): void {
    const isUnknown = ({ kind, subscription: sur }: NotificationItem): boolean =>
      kind === 'event' && this.known.find(sur) === undefined && !this.known.isEnded(sur);
    const item = items.find((one) => isUnknown(one) && !this.held.includes(one));
    if (item === undefined) return;
    const text = `a notification of ${item.subscription || 'an unnamed subscription'}, which this node did not make`;
    const advice = 'It is passed on. If nobody needs it, delete that subscription at the CSE.';
    this.tell('ONEM2M_UNKNOWN_SUBSCRIPTION', text, advice);
  }

  private tell(code: string, text: string, advice: string): void {
    this.ports.onProblem(new DeviceError(code, text, { advice }));
  }
}
