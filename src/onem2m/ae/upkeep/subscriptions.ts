import { parseAddress } from '../../primitive/addressing';
import type { SubscriptionSpec } from '../model/config';
import type { KeptList } from './kept';
import { KeptSubscription } from './kept-subscription';
import type { Notifications } from './notifications';
import type { Requester } from '../../exchange/requester';

/** All subscriptions of an AE, whoever asked for them: the configuration, a message, a device that takes commands. */
export class Subscriptions {
  private readonly byKey = new Map<string, KeptSubscription>();
  /** Keys of those that a message asked for. */
  private readonly asked = new Set<string>();

  constructor(
    private readonly requester: Requester,
    private readonly kept: KeptList,
    private readonly notifications: Notifications,
    private readonly notificationUri: (target: string) => string,
    /** Of the CSE that requests go to. */
    private readonly cseID: string,
  ) {}

  /** One that is there already stays as it is. */
  add(spec: SubscriptionSpec): KeptSubscription {
    const { requester, notifications, notificationUri } = this;
    const subscription = new KeptSubscription(
      {
        requester,
        notificationUri,
        onPresent: (present, ids) => notifications.learn(present, ids),
        onDeleting: (gone) => notifications.expectDeletion(gone),
        whileMaking: (make) => notifications.whileMaking(make),
      },
      spec,
    );
    const known = this.byKey.get(subscription.key);
    if (known !== undefined) return known;
    this.byKey.set(subscription.key, subscription);
    this.kept.add(subscription);
    return subscription;
  }

  /** On a target (an address), all or that of a name. */
  on(target: string, name: string | undefined): readonly KeptSubscription[] {
    const matches = (one: KeptSubscription): boolean =>
      one.target === target && (name === undefined || one.spec.name === name);
    return [...this.byKey.values()].filter(matches);
  }

  /** Those that do not go with a resource that is deleted. */
  outside(address: string): readonly KeptSubscription[] {
    return [...this.byKey.values()].filter(({ target }) => target !== address && !target.startsWith(`${address}/`));
  }

  /** Those that a message asked for go with the resource that another message has deleted: there is nothing to make them again on. */
  dropBelow(address: string): void {
    const { cseID, path } = parseAddress(address);
    const names = cseID === undefined || cseID === this.cseID ? [path, address] : [address];
    for (const one of [...this.byKey.values()]) {
      const isBelow = names.some((deleted) => one.target === deleted || one.target.startsWith(`${deleted}/`));
      if (isBelow && this.asked.has(one.key)) this.drop(one);
    }
  }

  /** As `add`, for a message that asks for it. */
  ask(spec: SubscriptionSpec): KeptSubscription {
    const subscription = this.add(spec);
    if (subscription.spec === spec) this.asked.add(subscription.key);
    return subscription;
  }

  /** No longer wished; what is at the CSE stays there. */
  drop({ key }: KeptSubscription): void {
    this.kept.remove(key);
    this.byKey.delete(key);
    this.asked.delete(key);
  }

  async end(subscription: KeptSubscription, signal?: AbortSignal): Promise<void> {
    this.drop(subscription);
    try {
      await subscription.remove(signal);
    } finally {
      this.notifications.end(subscription);
    }
  }
}
