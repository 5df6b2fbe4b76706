import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { parseAddress } from '../../primitive/addressing';
import type { IncomingRequest } from '../../binding/binding';
import { OPERATIONS, type ResponsePrimitive } from '../../primitive/primitives';
import { parseNotification, type NotificationItem } from '../../resource/notification';
import { Recent } from '../../../base/recent';
import type { KeptSubscription } from './kept-subscription';
import type { AeLifeEvent, AeNotification } from '../model/messages';

export interface NotificationPorts {
  readonly originator: () => string;
  readonly onNotification: (notification: AeNotification) => void;
  readonly onLifeEvent: (event: AeLifeEvent) => void;
  readonly onProblem: (error: DeviceError) => void;
  /** The result of a non-blocking request; false if nobody waits for it. */
  readonly onResult: (result: ResponsePrimitive) => boolean;
  /** Somebody else has deleted a subscription of ours. */
  readonly onDeleted: (subscription: KeptSubscription) => void;
}

export type NotificationHandler = (notification: AeNotification) => void | Promise<void>;

/** Notifications that may wait for the subscription they belong to to be known. */
const MOST_HELD = 100;
/** Ids of subscriptions that were ended here, whose last notifications may still be on their way. */
const MOST_ENDED = 200;

const OK = 2000;
const BAD_REQUEST = 4000;
const NOT_ALLOWED = 4005;

/**
 * What comes in for an AE: answers it at once, so that the CSE need not wait for the flow, and tells what it means: events of
 * subscriptions, verifications, deletions, results of non-blocking requests. Requests of other kinds are refused and told.
 */
export class Notifications {
  /** By resource id and by structured address, as CSEs name a subscription by either. */
  private readonly known = new Map<string, KeptSubscription>();
  private readonly handlers = new Map<string, NotificationHandler>();
  private readonly deleting = new Set<string>();
  private readonly ended = new Recent<boolean>(MOST_ENDED);
  private isMuted = false;
  private making = 0;
  private held: NotificationItem[] = [];

  constructor(private readonly ports: NotificationPorts) {}

  /** Notifications of this subscription go to `handler` instead of the flow. */
  divert(key: string, handler: NotificationHandler | undefined): void {
    if (handler === undefined) this.handlers.delete(key);
    else this.handlers.set(key, handler);
  }

  learn(subscription: KeptSubscription, ids: readonly string[]): void {
    this.deleting.delete(subscription.key);
    for (const id of ids) {
      this.known.set(id, subscription);
      if (this.isEnded(id)) this.ended.set(id, false);
    }
  }

  /** This node has ended it: what still comes of it, the notice of its deletion above all, is no news. */
  end(subscription: KeptSubscription): void {
    for (const [id, known] of this.known) if (known === subscription) this.ended.set(id, true);
    this.forget(subscription);
    this.deleting.delete(subscription.key);
    this.divert(subscription.key, undefined);
  }

  forget(subscription: KeptSubscription): void {
    for (const [id, known] of this.known) if (known === subscription) this.known.delete(id);
  }

  expectDeletion(subscription: KeptSubscription): void {
    this.deleting.add(subscription.key);
  }

  /** Runs what makes a subscription: its first notifications may overtake the answer that says how it is called. */
  async whileMaking<T>(make: () => Promise<T>): Promise<T> {
    this.making += 1;
    try {
      return await make();
    } finally {
      this.making -= 1;
      if (this.making === 0) for (const item of this.held.splice(0)) this.tellEvent(item);
    }
  }

  /** From now on what comes in is answered, but not told: the node goes. */
  mute(): void {
    this.isMuted = true;
  }

  handle({ request, answer, via }: IncomingRequest): void {
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
    const unclear = items.length === 0 || items.every(({ kind }) => kind === 'unknown');
    reply(unclear ? BAD_REQUEST : OK, unclear ? 'no notification that is known here' : undefined);
    if (unclear) {
      const text = `a notification on ${via} from ${request.fr ?? 'somebody'} has no content that is known here`;
      this.ports.onProblem(new DeviceError(ErrorCode.BAD_RESPONSE, text));
    }
    for (const item of items) this.take(item);
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
        if (this.making > 0 && this.find(item.subscription) === undefined && this.held.length < MOST_HELD) {
          this.held.push(item);
        } else {
          this.tellEvent(item);
        }
        break;
      case 'unknown':
        break;
    }
  }

  private takeDeletion(item: NotificationItem): void {
    const subscription = this.find(item.subscription);
    const isOurs =
      subscription === undefined ? this.isEnded(item.subscription) : this.deleting.delete(subscription.key);
    if (subscription !== undefined) this.forget(subscription);
    if (isOurs) return;
    const topic = subscription?.target ?? item.subscription;
    this.ports.onLifeEvent({ event: 'subscriptionDeleted', payload: item.subscription, topic });
    this.ports.onNotification({
      payload: item.subscription,
      topic,
      onem2m: { event: 'subscriptionDeleted', subscription: item.subscription, representation: undefined },
    });
    if (subscription !== undefined) this.ports.onDeleted(subscription);
  }

  private tellEvent(item: NotificationItem): void {
    const subscription = this.find(item.subscription);
    if (subscription === undefined && this.isEnded(item.subscription)) return;
    const notification: AeNotification = {
      payload: item.payload,
      topic: subscription?.target ?? targetOf(item.subscription),
      onem2m: {
        event: item.event ?? 'unknown',
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
    if (subscription === undefined) {
      const text = `a notification of ${item.subscription || 'an unnamed subscription'}, which this node did not make`;
      const advice = 'It is passed on. If nobody needs it, delete that subscription at the CSE.';
      this.ports.onProblem(new DeviceError('ONEM2M_UNKNOWN_SUBSCRIPTION', text, { advice }));
    }
    this.ports.onNotification(notification);
  }

  private async run(handler: NotificationHandler, notification: AeNotification): Promise<void> {
    try {
      await handler(notification);
    } catch (error) {
      this.ports.onProblem(toDeviceError(error, ErrorCode.BAD_RESPONSE, `a notification of ${notification.topic}`));
    }
  }

  private find(subscription: string): KeptSubscription | undefined {
    const [path, id] = idsIn(subscription);
    return this.known.get(path) ?? this.known.get(id);
  }

  private isEnded(subscription: string): boolean {
    return idsIn(subscription).some((id) => this.ended.get(id) === true);
  }
}

/** `sur` may be structured or not, CSE-relative, SP-relative or absolute. */
function idsIn(subscription: string): [path: string, last: string] {
  const { path } = parseAddress(subscription);
  return [path, path.slice(path.lastIndexOf('/') + 1)];
}

/** The resource above a subscription, as far as its address tells. */
function targetOf(subscription: string): string {
  const end = subscription.lastIndexOf('/');
  return end > 0 ? subscription.slice(0, end) : subscription;
}
