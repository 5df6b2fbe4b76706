import type { ReceivedMessage } from '../../../base/broker-connection';
import type { BrokerConnection } from '../../../base/broker-connection';

type End = () => Promise<void>;

/** Subscriptions by filter, each made once. What was refused, or ended, is made anew when asked for again. */
export class TopicSubscriptions {
  /** By filter, the one asked for longest ago first. */
  private readonly made = new Map<string, Promise<End>>();
  private readonly granted = new Set<string>();
  private latest = '';

  constructor(
    private readonly connection: BrokerConnection,
    private readonly handler: (message: ReceivedMessage) => void,
    /** More than so many: the one asked for longest ago is ended. */
    private readonly limit = Infinity,
  ) {}

  get filters(): readonly string[] {
    return [...this.made.keys()];
  }

  /** Whether it is the one asked for last, and granted: then there is nothing to wait for. */
  isLatest(filter: string): boolean {
    return filter === this.latest && this.granted.has(filter);
  }

  /** Resolves when granted; rejects as `BrokerConnection.subscribe` does. */
  async add(filter: string): Promise<void> {
    const known = this.made.get(filter);
    this.made.delete(filter);
    const granting = known ?? this.connection.subscribe(filter, 1, this.handler);
    this.made.set(filter, granting);
    this.latest = filter;
    if (known === undefined) this.dropOldest();
    try {
      await granting;
      if (this.made.get(filter) === granting) this.granted.add(filter);
    } catch (error) {
      if (this.made.get(filter) === granting) this.made.delete(filter);
      throw error;
    }
  }

  /** Never rejects: the broker forgets it with the connection at the latest. */
  async end(filter: string): Promise<void> {
    const granting = this.made.get(filter);
    this.made.delete(filter);
    this.granted.delete(filter);
    await granting?.then((end) => end()).catch(() => undefined);
  }

  async endAll(): Promise<void> {
    await Promise.all(this.filters.map((filter) => this.end(filter)));
  }

  private dropOldest(): void {
    if (this.made.size <= this.limit) return;
    const [oldest] = this.made.keys();
    if (oldest !== undefined) void this.end(oldest);
  }
}
