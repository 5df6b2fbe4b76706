import type { StoreNotes } from '../../store/message-store';

type Qos = 0 | 1 | 2;

const SUBSCRIBE = 'subscribe ';
const UNSUBSCRIBE = 'unsubscribe ';

/** Subscribes and unsubscribes that were not answered, for a later run (`resumeSubs`). */
export class RequestNotes {
  /** Without `notes` nothing is remembered. */
  constructor(private readonly notes: StoreNotes | undefined) {}

  /** Filters that an earlier run has asked for, with their QoS, and those it wanted to be rid of. */
  earlier(): { readonly wanted: ReadonlyMap<string, Qos>; readonly unwanted: readonly string[] } {
    const wanted = new Map<string, Qos>();
    const unwanted: string[] = [];
    for (const [name, value] of this.notes?.entries ?? []) {
      if (name.startsWith(SUBSCRIBE)) wanted.set(name.slice(SUBSCRIBE.length), ((value[0] ?? 0) % 3) as Qos);
      else if (name.startsWith(UNSUBSCRIBE)) unwanted.push(name.slice(UNSUBSCRIBE.length));
    }
    return { wanted, unwanted };
  }

  subscribing(filter: string, qos: Qos): void {
    this.set(UNSUBSCRIBE + filter, undefined);
    this.set(SUBSCRIBE + filter, Buffer.from([qos]));
  }

  subscribed(filter: string): void {
    this.set(SUBSCRIBE + filter, undefined);
  }

  unsubscribing(filter: string): void {
    this.set(SUBSCRIBE + filter, undefined);
    this.set(UNSUBSCRIBE + filter, Buffer.from([1]));
  }

  unsubscribed(filter: string): void {
    this.set(UNSUBSCRIBE + filter, undefined);
  }

  /** What is not there need not be taken away. */
  private set(name: string, value: Buffer | undefined): void {
    if (this.notes === undefined || (value === undefined && !this.notes.entries.has(name))) return;
    this.notes.set(name, value).catch(() => undefined);
  }
}
