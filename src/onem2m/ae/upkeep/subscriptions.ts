import { Recent } from '../../../base/recent';
import { parseAddress } from '../../primitive/addressing';
import type { SubscriptionSpec } from '../model/config';
import type { KeptList } from './kept';
import { KeptSubscription, type SubscriptionPorts } from './kept-subscription';
import type { Notifications } from './notifications';

export interface SubscriptionsContext extends Pick<
  SubscriptionPorts,
  'requester' | 'notificationUri' | 'tagOf' | 'hasFormer' | 'profile'
> {
  readonly kept: KeptList;
  readonly notifications: Notifications;
  /** Of the CSE that requests go to; empty while that is not known. */
  readonly cseID: () => string;
}

const MOST_FORGOTTEN = 200;

/** All subscriptions of an AE, whoever asked for them: the configuration, a message, a device that takes commands. */
export class Subscriptions {
  private readonly byKey = new Map<string, KeptSubscription>();
  /** Keys of those that a message asked for. */
  private readonly asked = new Set<string>();
  /** Targets of those that went with them, without this node. */
  private readonly forgotten = new Recent<boolean>(MOST_FORGOTTEN);

  constructor(private readonly context: SubscriptionsContext) {}

  /** One that is there already stays as it is. */
  add(spec: SubscriptionSpec): KeptSubscription {
    const { kept, notifications } = this.context;
    const subscription = new KeptSubscription(
      {
        ...this.context,
        onPresent: (present, names) => notifications.known.learn(present, names),
        onDeleting: (gone) => notifications.known.expectDeletion(gone),
        onDeletingFormer: (address) => notifications.known.endNamed(address),
        onTargetGone: (gone) => this.forget(gone),
        onGone: (gone, sur) => notifications.tellDeletion(gone, sur),
        whileMaking: (make) => notifications.whileMaking(make),
      },
      spec,
    );
    const known = this.byKey.get(subscription.key);
    if (known !== undefined) return known;
    this.byKey.set(subscription.key, subscription);
    kept.add(subscription);
    return subscription;
  }

  /** On a target (an address), all or that of a name. */
  on(target: string, name: string | undefined): readonly KeptSubscription[] {
    const matches = (one: KeptSubscription): boolean =>
      one.target === target && (name === undefined || one.spec.name === name || one.name === name);
    return [...this.byKey.values()].filter(matches);
  }

  /** Whether there is one at this CSE, named so. */
  areAt(cseID: string): boolean {
    return [...this.byKey.values()].some(({ target }) => parseAddress(target).cseID === cseID);
  }

  /** Those that do not go with a resource that is deleted. */
  outside(address: string): readonly KeptSubscription[] {
    return [...this.byKey.values()].filter(({ target }) => target !== address && !target.startsWith(`${address}/`));
  }

  /** Those that a message asked for go with the resource that another message has deleted: there is nothing to make them again on. */
  dropBelow(address: string): void {
    const { cseID, path } = parseAddress(address);
    const names = cseID === undefined || cseID === this.context.cseID() ? [path, address] : [address];
    for (const one of [...this.byKey.values()]) {
      const isBelow = names.some((deleted) => one.target === deleted || one.target.startsWith(`${deleted}/`));
      if (!isBelow || !this.asked.has(one.key)) continue;
      this.drop(one);
      one.goes();
    }
  }

  /** As `add`, for a message that asks for it. */
  ask(spec: SubscriptionSpec): KeptSubscription {
    const subscription = this.add(spec);
    if (subscription.spec === spec) this.asked.add(subscription.key);
    return subscription;
  }

  /** One that a message asked for went with what it was on, which somebody else has deleted. */
  private forget(subscription: KeptSubscription): void {
    if (!this.asked.has(subscription.key)) return;
    this.drop(subscription);
    this.forgotten.set(subscription.target, true);
  }

  /** Whether there was one on this target (an address) that went with it. */
  wasForgotten(target: string): boolean {
    return this.forgotten.get(target) === true;
  }

  /** No longer wished; what is at the CSE stays there. */
  drop({ key }: KeptSubscription): void {
    this.context.kept.remove(key);
    this.byKey.delete(key);
    this.asked.delete(key);
  }

  async end(subscription: KeptSubscription, signal?: AbortSignal): Promise<void> {
    this.drop(subscription);
    try {
      await subscription.remove(signal);
    } finally {
      this.context.notifications.end(subscription);
    }
  }
}
