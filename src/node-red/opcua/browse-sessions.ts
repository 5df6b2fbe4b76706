import type { Clock, Ports, TimerHandle } from '../../base/ports';
import { sessionKey } from '../../drivers/opcua/session/session-options';
import {
  acquireSession,
  type SessionLease,
  type SessionOptions,
  type UaSession,
} from '../../drivers/opcua/session/session-pool';

/** How long a session waits for the next look of the dialog, ms. */
const KEEP_MS = 60_000;
/** Sessions that are kept: each occupies one of the server's. */
const MOST_KEPT = 4;

interface Kept {
  readonly lease: SessionLease;
  uses: number;
  timer?: TimerHandle;
}

type Acquire = (options: SessionOptions, ports: Ports) => SessionLease;

/**
 * The sessions behind the address-space trees of open dialogs. One is made when somebody looks, serves every look that
 * follows within a minute, and is then closed. A deployed node with the same settings shares it.
 */
export class BrowseSessions {
  private readonly kept = new Map<string, Kept>();
  private readonly clock: Clock;

  constructor(
    private readonly ports: Ports,
    private readonly acquire: Acquire = acquireSession,
  ) {
    this.clock = ports.clock;
  }

  /** Runs `look` with a session. One that fails is not kept: what is wrong may be mended in the dialog at any moment. */
  async use<T>(options: SessionOptions, signal: AbortSignal, look: (ua: UaSession) => Promise<T>): Promise<T> {
    const key = sessionKey(options);
    const kept = this.kept.get(key) ?? this.open(key, options);
    kept.uses += 1;
    if (kept.timer !== undefined) this.clock.clearTimeout(kept.timer);
    try {
      const result = await look(await kept.lease.ready(signal));
      kept.uses -= 1;
      if (kept.uses === 0) this.keepFor(key, kept);
      return result;
    } catch (error) {
      kept.uses -= 1;
      if (kept.uses === 0) await this.drop(key, kept);
      throw error;
    }
  }

  /** Ends all at once; settles when they are closed. */
  async close(): Promise<void> {
    await Promise.all([...this.kept].map(([key, kept]) => this.drop(key, kept)));
  }

  private open(key: string, options: SessionOptions): Kept {
    const idle = [...this.kept].filter(([, { uses }]) => uses === 0);
    for (const [oldKey, old] of idle.slice(0, Math.max(0, this.kept.size + 1 - MOST_KEPT))) void this.drop(oldKey, old);
    const kept: Kept = { lease: this.acquire(options, this.ports), uses: 0 };
    this.kept.set(key, kept);
    return kept;
  }

  private keepFor(key: string, kept: Kept): void {
    if (this.kept.get(key) !== kept) {
      void kept.lease.release();
      return;
    }
    kept.timer = this.clock.setTimeout(() => void this.drop(key, kept), KEEP_MS);
  }

  private async drop(key: string, kept: Kept): Promise<void> {
    if (this.kept.get(key) === kept) this.kept.delete(key);
    if (kept.timer !== undefined) this.clock.clearTimeout(kept.timer);
    await kept.lease.release();
  }
}
