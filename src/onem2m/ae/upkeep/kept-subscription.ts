import { isDeepStrictEqual } from 'node:util';
import { DeviceError } from '../../../base/errors';
import { memberOf } from '../../../base/records';
import { show } from '../../../base/show';
import { OPERATIONS, type ResponsePrimitive } from '../../primitive/primitives';
import { unwrap } from '../../resource/resource-types';
import { isSuccess, refusalOf, throwIfRefused } from '../../primitive/status-codes';
import type { Profile } from '../../binding/profile';
import type { SubscriptionSpec } from '../model/config';
import type { Kept } from './kept';
import { expiryOf } from './registration';
import type { Exchange, Requester, RequestDraft } from '../../exchange/requester';

const SUBSCRIPTION_TYPE = 23;
const SUBSCRIPTION = 'm2m:sub';
const NOT_FOUND = 4004;
const CONFLICT = 4105;
const VERIFICATION_FAILED = 5204;
/** The CSE asks the target first, and waits for it as long as we usually wait for the CSE (ACME: 10 s). */
const VERIFICATION_MS = 5000;
/** Of the names that are made here (parse-resources.ts): they differ between AEs. */
const OWN_PREFIX = 'devicelink-';

export interface SubscriptionPorts {
  readonly requester: Requester;
  /** `nu` that reaches this AE from the CSE of that target. */
  readonly notificationUri: (target: string) => string;
  /** It exists under these names; notifications are known by them. */
  readonly onPresent: (subscription: KeptSubscription, names: readonly SubscriptionName[]) => void;
  /** It was really deleted by somebody else, as a notification had said. `sur`: how that named it. */
  readonly onGone: (subscription: KeptSubscription, sur: string) => void;
  /** What it was on is gone too. */
  readonly onTargetGone: (subscription: KeptSubscription) => void;
  /** Before one of ours is deleted by ourselves: the notice of that is no news. */
  readonly onDeleting: (subscription: KeptSubscription) => void;
  /** Runs what makes one: its first notifications may overtake the answer. */
  readonly whileMaking: <T>(make: () => Promise<T>) => Promise<T>;
  /** What nobody can guess, for a subscription of this key. */
  readonly tagOf: (key: string) => string;
  /** The AE was found at the CSE, from before names had such a tag: there may be a subscription of the name without it. */
  readonly hasFormer: () => boolean;
  /** One of ours that is to be deleted because it has another name now. */
  readonly onDeletingFormer: (address: string) => void;
  /** What is known of the CSE. */
  readonly profile: () => Profile;
}

/** An address or a resource id of a subscription, and the event that it tells of, where that is one alone. */
export interface SubscriptionName {
  readonly id: string;
  readonly event?: number;
}

/** A subscription resource. Where a CSE does not say which event it tells of, there is one for each. */
interface Part {
  readonly name: string;
  readonly events: readonly number[];
}

/** OpenMTC answers the members of `enc` by their long names. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  notificationEventType: 'net',
  attribute: 'atr',
  childResourceType: 'chty',
  operationMonitor: 'om',
};

const withShortNames = (enc: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(enc ?? {}).map(([name, value]) => [LONG_NAMES[name] ?? name, value]));

/** A subscription of `subscriptions`, or of a message, at its target. */
export class KeptSubscription implements Kept {
  readonly key: string;
  /** Resource name. */
  readonly name: string;
  /** A notification says that it was deleted, and called it so: nobody has seen yet whether that is true. */
  private saidGone: string | undefined;
  private isGone = false;
  private names: readonly SubscriptionName[] = [];
  /** The last request about it, and what came of it. */
  last: Exchange | undefined;

  constructor(
    private readonly ports: SubscriptionPorts,
    readonly spec: SubscriptionSpec,
  ) {
    this.key = `subscription ${spec.target}/${spec.name}`;
    this.name = spec.isNamed ? spec.name : `${spec.name}-${ports.tagOf(this.key)}`;
  }

  /** The resource that is subscribed to. */
  get target(): string {
    return this.ports.requester.resolve(this.spec.target);
  }

  /** Of its first resource, if there are several. */
  get address(): string {
    return this.addressOf(this.parts()[0]);
  }

  /** Somebody says that it is gone: the next `ensure` finds out. */
  doubt(sur: string): void {
    if (this.isGone) this.ports.onGone(this, sur);
    else this.saidGone = sur;
  }

  /** This node has deleted what it was on. */
  goes(): void {
    this.isGone = true;
    if (this.saidGone !== undefined) this.ports.onGone(this, this.saidGone);
  }

  ensure(): Promise<number | undefined> {
    return this.ports.whileMaking(() => this.make());
  }

  async refresh(et: string): Promise<number | undefined> {
    const ends: (number | undefined)[] = [];
    for (const part of this.parts()) {
      const to = this.addressOf(part);
      const response = await this.exchange({ op: OPERATIONS.update, to, pc: { [SUBSCRIPTION]: { et } } });
      throwIfRefused(response, `refreshing the subscription ${to}`);
      ends.push(expiryOf(response));
    }
    return earliest(ends);
  }

  /** Deletes it; that it is gone already is as good. */
  async remove(signal?: AbortSignal): Promise<void> {
    for (const part of this.parts()) await this.removePart(part, signal);
  }

  private async make(): Promise<number | undefined> {
    this.names = [];
    const ends: (number | undefined)[] = [];
    for (const part of this.parts()) ends.push(await this.makePart(part));
    if (!this.spec.isNamed && this.ports.hasFormer()) await this.removeFormer();
    return earliest(ends);
  }

  private async makePart(part: Part): Promise<number | undefined> {
    let response = await this.create(part);
    const { saidGone } = this;
    this.saidGone = undefined;
    if (saidGone !== undefined && response.rsc !== CONFLICT) {
      this.ports.onGone(this, saidGone);
      if (response.rsc === NOT_FOUND) this.ports.onTargetGone(this);
    }
    if (response.rsc === CONFLICT) {
      const present = await this.exchange({ op: OPERATIONS.retrieve, to: this.addressOf(part) });
      if (isSuccess(present.rsc)) {
        const expiresAt = this.accept(present, part);
        if (this.isAsWished(present, part)) return expiresAt;
        this.refuseSomebodyElses(present, part);
      }
      await this.removePart(part);
      response = await this.create(part);
    }
    this.refuse(response);
    return this.accept(response, part);
  }

  private async removePart(part: Part, signal?: AbortSignal): Promise<void> {
    this.ports.onDeleting(this);
    const to = this.addressOf(part);
    const response = await this.exchange({ op: OPERATIONS.delete, to }, signal);
    if (response.rsc !== NOT_FOUND) throwIfRefused(response, `deleting the subscription ${to}`);
  }

  /** The one of the name that could be guessed would notify of everything a second time. */
  private async removeFormer(): Promise<void> {
    const to = `${this.target}/${this.spec.name}`;
    this.ports.onDeletingFormer(to);
    await this.ports.requester.exchange({ op: OPERATIONS.delete, to }).catch(() => undefined);
  }

  private parts(): [Part, ...Part[]] {
    const { name, spec } = this;
    const [first, ...others] = spec.events;
    if (first === undefined || others.length === 0 || this.ports.profile().tellsEvents) {
      return [{ name, events: spec.events }];
    }
    const partOf = (event: number): Part => ({ name: `${name}-${event}`, events: [event] });
    return [partOf(first), ...others.map(partOf)];
  }

  private addressOf({ name }: Part): string {
    return `${this.target}/${name}`;
  }

  private async create(part: Part): Promise<ResponsePrimitive> {
    const representation = { rn: part.name, ...this.wanted(part) };
    const pc = { [SUBSCRIPTION]: representation };
    return this.exchange(
      { op: OPERATIONS.create, to: this.target, ty: SUBSCRIPTION_TYPE, pc },
      undefined,
      VERIFICATION_MS,
    );
  }

  private wanted({ events }: Part): Record<string, unknown> {
    const { content, targetUri, attributes } = this.spec;
    const uri = targetUri ?? this.ports.notificationUri(this.target);
    const { enc, ...others } = attributes;
    return {
      nu: [uri],
      su: uri,
      enc: { net: events, ...(typeof enc === 'object' && enc !== null ? enc : {}) },
      ...(content === undefined ? {} : { nct: content }),
      ...others,
    };
  }

  /** The one that is there may be from before a restart, or from another configuration. */
  private isAsWished({ pc }: ResponsePrimitive, part: Part): boolean {
    const representation = unwrap(pc)?.representation as Record<string, unknown> | undefined;
    if (representation === undefined) return false;
    const { nu, enc, ...others } = this.wanted(part);
    const presentUri: unknown = representation['nu'];
    const presentEvents = withShortNames(representation['enc']);
    return (
      Array.isArray(presentUri) &&
      presentUri.some((uri: unknown) => (nu as string[]).some((own) => String(uri).endsWith(own))) &&
      Object.entries(enc as object).every(([name, value]) => isDeepStrictEqual(presentEvents[name], value)) &&
      Object.entries(others).every(([name, value]) => name === 'su' || isDeepStrictEqual(representation[name], value))
    );
  }

  /** Where two take the same name on a resource that is neither's, each would delete the other's for ever. */
  private refuseSomebodyElses({ pc }: ResponsePrimitive, part: Part): void {
    const { name, spec } = this;
    const isBelowUs = `${this.target}/`.startsWith(`${this.ports.requester.resolve('')}/`);
    if (isBelowUs || name.startsWith(OWN_PREFIX)) return;
    const representation = unwrap(pc)?.representation as Record<string, unknown> | undefined;
    const { nu } = this.wanted(part);
    if (isDeepStrictEqual(representation?.['nu'], nu)) return;
    const text = `${spec.field}.name: ${this.addressOf(part)} is there already and notifies ${show(representation?.['nu'])}`;
    throw new DeviceError('CONFIG', text, { advice: 'Give this subscription another name, or delete that one.' });
  }

  private async exchange(draft: RequestDraft, signal?: AbortSignal, patienceMs = 0): Promise<ResponsePrimitive> {
    this.last = await this.ports.requester.exchange(draft, signal, patienceMs);
    return this.last.response;
  }

  private accept(response: ResponsePrimitive, part: Part): number | undefined {
    const representation = unwrap(response.pc)?.representation as Record<string, unknown> | undefined;
    const ri = representation?.['ri'];
    const isNamedByPath = this.ports.profile().namesSubscriptionsByPath;
    const ids = [this.addressOf(part), ...(typeof ri === 'string' && !isNamedByPath ? [ri] : [])];
    const [event, ...others] = part.events;
    const isOne = others.length === 0 && memberOf(this.spec.attributes['enc'], 'net') === undefined;
    const told = event === undefined || !isOne ? {} : { event };
    this.names = [...this.names, ...ids.map((id) => ({ id, ...told }))];
    this.ports.onPresent(this, this.names);
    return expiryOf(response);
  }

  private refuse(response: ResponsePrimitive): void {
    const what = `subscribing to ${this.target}`;
    const error = refusalOf(response, what);
    if (error === undefined) return;
    if (response.rsc !== VERIFICATION_FAILED) throw error;
    const advice = `The CSE could not reach this node at ${this.ports.notificationUri(this.target)}: check ae.pointOfAccess and notify.`;
    throw new DeviceError(error.code, error.message, { advice });
  }
}

function earliest(ends: readonly (number | undefined)[]): number | undefined {
  const known = ends.filter((end) => end !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
