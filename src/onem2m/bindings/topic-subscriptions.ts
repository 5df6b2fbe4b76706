import type { ReceivedMessage } from '../../mqtt/link';
import type { Broker } from './broker';

type End = () => Promise<void>;

/** Subscriptions by filter, each made once. What was refused, or ended, is made anew when asked for again. */
export class TopicSubscriptions {
  private readonly granted = new Map<string, Promise<End>>();

  constructor(
    private readonly broker: Broker,
    private readonly handler: (message: ReceivedMessage) => void,
    /** More than so many: the one asked for longest ago is ended. */
    private readonly limit = Infinity,
  ) {}

  get filters(): readonly string[] {
    return [...this.granted.keys()];
  }

  /** Resolves when granted; rejects as `Broker.subscribe` does. */
  async add(filter: string): Promise<void> {
    const known = this.granted.get(filter);
    this.granted.delete(filter);
    const granting = known ?? this.broker.subscribe(filter, 1, this.handler);
    this.granted.set(filter, granting);
    if (known === undefined) this.dropOldest();
    try {
      await granting;
    } catch (error) {
      if (this.granted.get(filter) === granting) this.granted.delete(filter);
      throw error;
    }
  }

  /** Never rejects: the broker forgets it with the connection at the latest. */
  async end(filter: string): Promise<void> {
    const granting = this.granted.get(filter);
    this.granted.delete(filter);
    await granting?.then((end) => end()).catch(() => undefined);
  }

  async endAll(): Promise<void> {
    await Promise.all(this.filters.map((filter) => this.end(filter)));
  }

  private dropOldest(): void {
    if (this.granted.size <= this.limit) return;
    const [oldest] = this.granted.keys();
    if (oldest !== undefined) void this.end(oldest);
  }
}
