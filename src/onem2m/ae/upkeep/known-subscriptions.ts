import { Recent } from '../../../base/recent';
import { addressProblem, lastSegment, parseAddress } from '../../primitive/addressing';
import type { KeptSubscription, SubscriptionName } from './kept-subscription';

/** Names of subscriptions that were ended here, whose last notifications may still be on their way. */
const MOST_ENDED = 200;

interface Known {
  readonly subscription: KeptSubscription;
  /** The only event that it tells of under this name. */
  readonly event: number | undefined;
}

/**
 * The subscriptions of an AE by the names under which CSEs speak of them (`sur`): the address at which each was made, and the resource
 * id that the CSE answered, CSE-relative, SP-relative or absolute.
 */
export class KnownSubscriptions {
  private readonly known = new Map<string, Known>();
  private readonly ended = new Recent<boolean>(MOST_ENDED);
  /** Keys of those that this node is deleting. */
  private readonly deleting = new Set<string>();

  /** `cseID`: of the CSE that requests go to; empty while that is not known. */
  constructor(private readonly cseID: () => string) {}

  /** From now on it is known by these names, and no others. */
  learn(subscription: KeptSubscription, names: readonly SubscriptionName[]): void {
    this.forget(subscription);
    this.deleting.delete(subscription.key);
    for (const { id, event } of names) {
      for (const name of this.namesOf(id, subscription.target)) {
        if (!this.known.has(name)) this.known.set(name, { subscription, event });
        if (this.ended.get(name) === true) this.ended.set(name, false);
      }
    }
  }

  forget(subscription: KeptSubscription): void {
    for (const [name, known] of this.known) if (known.subscription === subscription) this.known.delete(name);
  }

  /** This node has ended it: what still comes of it, the notice of its deletion above all, is no news. */
  end(subscription: KeptSubscription): void {
    for (const [name, known] of this.known) if (known.subscription === subscription) this.ended.set(name, true);
    this.forget(subscription);
    this.deleting.delete(subscription.key);
  }

  /** As `end`, of one that nobody here holds any more. */
  endNamed(address: string): void {
    this.ended.set(this.nameOf(address), true);
  }

  /** This node is about to delete it. */
  expectDeletion({ key }: KeptSubscription): void {
    this.deleting.add(key);
  }

  /** Whether this node has deleted it; asked once. */
  takeExpectedDeletion({ key }: KeptSubscription): boolean {
    return this.deleting.delete(key);
  }

  find(sur: string): KeptSubscription | undefined {
    return this.known.get(this.nameOf(sur))?.subscription;
  }

  /** The event that a subscription tells of under this name, where it is only one (`net`). */
  eventOf(sur: string): number | undefined {
    return this.known.get(this.nameOf(sur))?.event;
  }

  isEnded(sur: string): boolean {
    return this.ended.get(this.nameOf(sur)) === true;
  }

  /**
   * A subscription at another CSE is spoken of with that CSE in front (OpenMTC), or, by that CSE itself, without it; where both CSEs have
   * one of the same name, only the former is told apart.
   */
  private namesOf(id: string, target: string): readonly string[] {
    const name = this.nameOf(id);
    if (name.startsWith('/')) return [name, name.slice(name.indexOf('/', 1) + 1)];
    const at = this.nameOf(target);
    if (!at.startsWith('/')) return [name];
    return [`${at.slice(0, at.indexOf('/', 1))}/${name}`, name];
  }

  /** Of our own CSE without its id, of another one with it. */
  private nameOf(sur: string): string {
    if (addressProblem(sur) !== undefined) return sur;
    const { cseID, path } = parseAddress(sur);
    const own = this.cseID();
    return cseID === undefined || own === '' || cseID === own ? path : `${cseID}/${path}`;
  }
}

/** The resource above a subscription, as far as its address tells. */
export function targetOf(sur: string): string {
  const end = sur.length - lastSegment(sur).length - 1;
  return end > 0 ? sur.slice(0, end) : sur;
}
