import { represent } from './represent.mjs';
import { Refusal } from '../base/refusal.mjs';
import { parseDuration } from '../base/times.mjs';
import { pathOf } from './tree.mjs';
import { drop } from './operations.mjs';
import { spRelative } from '../base/addresses.mjs';

/** `net`, TS-0004 6.3.4.2.19. */
const EVENT = { update: 1, remove: 2, createChild: 3, removeChild: 4, retrieveEmpty: 5, missingData: 8 };
/** `nct`, TS-0004 6.3.4.2.31. */
const MODIFIED = 2;
const RESOURCE_ID = 3;
const SUBSCRIPTION = 23;

/** Tells subscribers what happened to the resources. */
export class Subscriptions {
  #cse;
  /** By `ri` of the subscription: `{ events, cancel }`, events that wait for the rest of their batch. */
  #batches = new Map();

  constructor(cse) {
    this.#cse = cse;
  }

  created(resource) {
    for (const each of this.#of(resource.parent)) {
      if (each !== resource) this.#tell(each, EVENT.createChild, resource);
    }
    this.#childChanged(resource);
  }

  updated(resource, names) {
    for (const each of this.#of(resource)) this.#tell(each, EVENT.update, resource, names);
  }

  /** Of a resource that is out of the tree already. */
  removed(resource) {
    for (const each of this.#of(resource)) this.#tell(each, EVENT.remove, resource);
    if (this.#cse.tree.byId(resource.parent.attributes.ri) !== undefined) {
      for (const each of this.#of(resource.parent)) this.#tell(each, EVENT.removeChild, resource);
      this.#childChanged(resource);
    }
    if (resource.ty === SUBSCRIPTION) this.#end(resource);
  }

  #childChanged({ parent, ty }) {
    if (!this.#cse.habits.childrenUpdate || ty === SUBSCRIPTION) return;
    for (const each of this.#of(parent)) this.#tell(each, EVENT.update, parent);
  }

  missed(series) {
    const { mdlt, mdc } = series.attributes;
    for (const each of this.#of(series)) this.#tell(each, EVENT.missingData, series, [], { 'm2m:tsn': { mdlt, mdc } });
  }

  foundEmpty(container) {
    for (const each of this.#of(container)) this.#tell(each, EVENT.retrieveEmpty, container);
  }

  /** Asks each target whether it wants the notifications, unless it is the originator itself. */
  async verify(subscription, originator) {
    const { habits, notifier, id } = this.#cse;
    if (!habits.verifies) return;
    for (const nu of subscription.attributes.nu) {
      if (spRelative(nu, this.#cse) === spRelative(originator ?? '', this.#cse)) continue;
      const content = { vrq: true, sur: this.#surOf(subscription, nu), cr: originator };
      if (habits.verifiesWithEvent) {
        const nev = { net: EVENT.update, rep: represent(subscription, habits) };
        this.#cse.afterwards(() => notifier.send(nu, { 'm2m:sgn': { nev, ...content, cr: undefined } }));
        continue;
      }
      const answer = await notifier.ask(nu, { 'm2m:sgn': content });
      if (answer?.rsc === undefined || answer.rsc >= 3000) {
        throw new Refusal(5204, `Verification request failed for: ${nu.replace(`${id}/`, '')}`);
      }
    }
  }

  clear() {
    for (const { cancel } of this.#batches.values()) cancel?.();
    this.#batches.clear();
  }

  #of(resource) {
    return [...(resource?.children.values() ?? [])].filter(({ ty }) => ty === SUBSCRIPTION);
  }

  #tell(subscription, net, resource, names = [], told = undefined) {
    const { enc = {}, nct = 1, exc } = subscription.attributes;
    if (!(enc.net ?? [EVENT.update]).includes(net)) return;
    const isChildEvent = net === EVENT.createChild || net === EVENT.removeChild;
    if (isChildEvent && enc.chty?.length > 0 && !enc.chty.includes(resource.ty)) return;
    if (net === EVENT.update && enc.atr?.length > 0 && !enc.atr.some((name) => names.includes(name))) return;
    this.#collect(subscription, { net, rep: told ?? this.#representation(resource, nct, names) });
    if (exc === undefined) return;
    subscription.attributes.exc -= 1;
    if (subscription.attributes.exc <= 0) drop(this.#cse, subscription);
  }

  #representation(resource, nct, names) {
    if (nct === RESOURCE_ID) return { 'm2m:uri': resource.attributes.ri };
    const whole = represent(resource, this.#cse.habits);
    if (nct !== MODIFIED) return whole;
    const own = whole[resource.wrapper];
    const kept = Object.entries(own).filter(([name]) => names.includes(name) || name === 'lt');
    return { [resource.wrapper]: Object.fromEntries(kept) };
  }

  /** Sends an event, or keeps it until the batch (`bn`) is full or old enough. */
  #collect(subscription, nev) {
    const { bn, ri } = subscription.attributes;
    if (bn === undefined) {
      for (const nu of subscription.attributes.nu) this.#send(nu, { 'm2m:sgn': this.#sgn(subscription, nu, nev) });
      return;
    }
    const batch = this.#batches.get(ri) ?? { events: [], cancel: undefined };
    this.#batches.set(ri, batch);
    batch.events.push(nev);
    if (batch.events.length >= (bn.num ?? Infinity)) this.#flush(subscription);
    else if (bn.dur !== undefined) {
      batch.cancel ??= this.#cse.timers.after(parseDuration(bn.dur) ?? 0, () => this.#flush(subscription));
    }
  }

  #flush(subscription) {
    const batch = this.#batches.get(subscription.attributes.ri);
    this.#batches.delete(subscription.attributes.ri);
    batch?.cancel?.();
    if (batch === undefined) return;
    for (const nu of subscription.attributes.nu) {
      const list = batch.events.map((nev) => this.#sgn(subscription, nu, nev));
      this.#send(nu, { 'm2m:agn': { 'm2m:sgn': list } });
    }
    // A batch that was over in time has nobody behind it who sends what is due.
    this.#cse.flush();
  }

  /** Tells the end of a subscription to who wants to know (`su`). */
  #end(subscription) {
    const { su, ri } = subscription.attributes;
    this.#batches.get(ri)?.cancel?.();
    this.#batches.delete(ri);
    if (su === undefined) return;
    const sur = this.#surOf(subscription, su);
    const content = this.#cse.habits.endsInEvent
      ? { nev: { net: EVENT.remove, sur }, sud: true }
      : this.#filled({ sud: true, sur });
    this.#send(su, { 'm2m:sgn': content });
  }

  #send(nu, content) {
    this.#cse.afterwards(() => this.#cse.notifier.send(nu, content));
  }

  #sgn(subscription, nu, nev) {
    return this.#filled({ nev, sur: this.#surOf(subscription, nu) });
  }

  #filled(content) {
    if (!this.#cse.habits.fillsNotification) return content;
    const { nev, sud = null, sur, vrq = null } = content;
    return { cr: null, nev: nev ? { net: null, om: null, rep: nev.rep } : null, nfu: null, sud, sur, vrq };
  }

  #surOf(subscription, nu) {
    const { habits, id, absoluteId } = this.#cse;
    if (habits.surForm === 'id') return `${id}/${subscription.attributes.ri}`;
    if (habits.surForm === 'path') return pathOf(subscription);
    return `${nu.startsWith('//') ? absoluteId : id}/${pathOf(subscription)}`;
  }
}
