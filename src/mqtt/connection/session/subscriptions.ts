import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { ReceivedMessage } from '../../../base/broker-connection';
import type { StoreNotes } from '../../store/message-store';
import { topicMatches } from '../../client/topic';
import { RequestNotes } from './request-notes';

export type MessageHandler = (message: ReceivedMessage) => void;
type Qos = 0 | 1 | 2;

/** What subscriptions need of a live connection. No `done` is called after the connection was lost. */
export interface SubscriptionWire {
  subscribe(filter: string, qos: Qos, done: (error?: DeviceError) => void): void;
  unsubscribe(filter: string, done: () => void): void;
}

export interface SubscriptionsOptions {
  /** The broker may keep subscriptions while this side is away (cleanSession false). */
  readonly keepsSession: boolean;
  /** Requests that were not answered are sent again in the same session. */
  readonly resumeSubs: boolean;
  /** true: handlers run in order of arrival; false: each in a turn of the event loop of its own. */
  readonly order: boolean;
  readonly onProblem: (problem: DeviceError) => void;
}

/** One owner's interest in a filter. */
interface Registration {
  readonly handler: MessageHandler;
  /** Set until the broker has answered. */
  pending?: { readonly resolve: () => void; readonly reject: (error: DeviceError) => void };
}

interface Entry {
  readonly filter: string;
  readonly isExact: boolean;
  qos: Qos;
  /** `new`: never sent; `asked`: sent, not answered. */
  state: 'new' | 'asked' | 'granted';
  /** Counts requests, so that a late answer to an older one is told apart. */
  request: number;
  readonly registrations: Set<Registration>;
}

const MATCHES_SIZE = 1000;

/** Who wants which messages: a table of filters with their handlers, brought to the broker anew whenever it has forgotten them. */
export class Subscriptions {
  private wire: SubscriptionWire | undefined;
  private readonly entries = new Map<string, Entry>();
  /** By topic: the same few come over and over. Emptied whenever the entries change. */
  private readonly matches = new Map<string, readonly Entry[]>();
  /** Filters nobody wants any more that the broker may still hold in its session. */
  private readonly obsolete = new Set<string>();
  private readonly unsubscribing = new Map<() => void, string>();
  private requests = new RequestNotes(undefined);

  constructor(private readonly options: SubscriptionsOptions) {}

  /** Once, before the first connection: requests that were not answered in an earlier run are made again. */
  open(notes: StoreNotes | undefined): void {
    if (!this.options.keepsSession || !this.options.resumeSubs) return;
    this.requests = new RequestNotes(notes);
    const { wanted, unwanted } = this.requests.earlier();
    for (const [filter, qos] of wanted) {
      if (!this.entries.has(filter)) this.createEntry(filter, qos).state = 'asked';
    }
    for (const filter of unwanted) if (!this.entries.has(filter)) this.obsolete.add(filter);
  }

  /** Resolves when the broker has granted it, with a function that ends it; rejects with MQTT_SUBSCRIBE_REFUSED. */
  async add(filter: string, qos: Qos, handler: MessageHandler): Promise<() => Promise<void>> {
    this.obsolete.delete(filter);
    const entry = this.entries.get(filter) ?? this.createEntry(filter, qos);
    const registration: Registration = { handler };
    entry.registrations.add(registration);
    if (entry.state !== 'granted' || qos > entry.qos) {
      const needsRequest = entry.state === 'new' || qos > entry.qos;
      entry.qos = qos > entry.qos ? qos : entry.qos;
      await new Promise<void>((resolve, reject) => {
        registration.pending = { resolve, reject };
        if (needsRequest) this.request(entry);
      });
    }
    return () => this.remove(entry, registration);
  }

  /** A connection is there. Where the broker may have forgotten what it had when the last one was lost it is asked again. */
  attach(wire: SubscriptionWire, session: 'present' | 'none' | 'unknown'): void {
    this.wire = wire;
    for (const entry of [...this.entries.values()]) {
      if (session === 'none' && entry.registrations.size === 0) this.forget(entry);
      else if (session !== 'present' || entry.state === 'new') this.request(entry);
      else if (entry.state === 'asked') this.resume(entry);
    }
    for (const filter of this.obsolete) {
      if (session === 'none') this.requests.unsubscribed(filter);
      else wire.unsubscribe(filter, () => this.requests.unsubscribed(filter));
    }
    this.obsolete.clear();
  }

  detach(): void {
    this.wire = undefined;
    for (const [done, filter] of this.unsubscribing) {
      if (this.options.keepsSession && this.options.resumeSubs && !this.entries.has(filter)) this.obsolete.add(filter);
      done();
    }
    this.unsubscribing.clear();
  }

  /** Hands a message to every handler whose filter matches. A handler that throws is a problem, not the end of the others. */
  dispatch(message: ReceivedMessage): void {
    for (const entry of this.matching(message.topic)) {
      for (const { handler } of entry.registrations) {
        if (this.options.order) this.call(handler, message);
        else setImmediate(() => this.call(handler, message));
      }
    }
  }

  private matching(topic: string): readonly Entry[] {
    let found = this.matches.get(topic);
    if (found === undefined) {
      found = [...this.entries.values()].filter(({ isExact, filter }) =>
        isExact ? filter === topic : topicMatches(filter, topic),
      );
      if (this.matches.size >= MATCHES_SIZE) this.matches.clear();
      this.matches.set(topic, found);
    }
    return found;
  }

  /** Ends all; what waits for an answer is rejected with `error`. */
  failAll(error: DeviceError): void {
    this.detach();
    for (const entry of this.entries.values()) {
      for (const registration of entry.registrations) registration.pending?.reject(error);
    }
    this.entries.clear();
    this.matches.clear();
  }

  private createEntry(filter: string, qos: Qos): Entry {
    const isExact = !/[+#]/.test(filter) && !filter.startsWith('$share/');
    const entry: Entry = { filter, isExact, qos, state: 'new', request: 0, registrations: new Set() };
    this.entries.set(filter, entry);
    this.matches.clear();
    return entry;
  }

  /** Asked for by an earlier run, in a session that is no more. */
  private forget(entry: Entry): void {
    this.requests.subscribed(entry.filter);
    this.deleteEntry(entry);
  }

  private deleteEntry({ filter }: Entry): void {
    this.entries.delete(filter);
    this.matches.clear();
  }

  private request(entry: Entry): void {
    if (!this.wire) return;
    const request = ++entry.request;
    entry.state = 'asked';
    this.requests.subscribing(entry.filter, entry.qos);
    this.wire.subscribe(entry.filter, entry.qos, (error) => {
      if (request !== entry.request) return;
      if (error) this.refuse(entry, error);
      else this.grant(entry);
    });
  }

  private resume(entry: Entry): void {
    if (this.options.resumeSubs) {
      this.request(entry);
      return;
    }
    const advice = 'Switch resumeSubs on to have such requests sent again.';
    this.refuse(
      entry,
      new DeviceError(ErrorCode.LINK_LOST, `no answer to the subscription of ${entry.filter}`, { advice }),
    );
  }

  private grant(entry: Entry): void {
    entry.state = 'granted';
    this.requests.subscribed(entry.filter);
    // Of an earlier run, and nobody has asked for it in this one: it is the broker's affair from now on.
    if (entry.registrations.size === 0) this.deleteEntry(entry);
    for (const registration of entry.registrations) {
      registration.pending?.resolve();
      delete registration.pending;
    }
  }

  /** Owners that wait are told and leave; those that had it before keep it for the next connection. */
  private refuse(entry: Entry, error: DeviceError): void {
    let isReported = false;
    for (const registration of [...entry.registrations]) {
      if (!registration.pending) continue;
      isReported = true;
      entry.registrations.delete(registration);
      registration.pending.reject(error);
    }
    entry.state = 'new';
    this.requests.subscribed(entry.filter);
    if (entry.registrations.size === 0) this.deleteEntry(entry);
    if (!isReported) this.options.onProblem(error);
  }

  private async remove(entry: Entry, registration: Registration): Promise<void> {
    if (!entry.registrations.delete(registration) || entry.registrations.size > 0) return;
    if (this.entries.get(entry.filter) !== entry) return;
    this.deleteEntry(entry);
    entry.request++;
    const { wire } = this;
    if (!wire) {
      if (this.options.keepsSession && entry.state !== 'new') {
        this.obsolete.add(entry.filter);
        this.requests.unsubscribing(entry.filter);
      }
      return;
    }
    if (entry.state === 'new') return;
    await new Promise<void>((resolve) => {
      this.unsubscribing.set(resolve, entry.filter);
      this.requests.unsubscribing(entry.filter);
      wire.unsubscribe(entry.filter, () => {
        this.unsubscribing.delete(resolve);
        this.requests.unsubscribed(entry.filter);
        resolve();
      });
    });
  }

  private call(handler: MessageHandler, message: ReceivedMessage): void {
    try {
      handler(message);
    } catch (error) {
      this.options.onProblem(toDeviceError(error, 'MQTT_HANDLER', `handling a message of ${message.topic}`));
    }
  }
}
