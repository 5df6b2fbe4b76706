import { LeasePool } from '../../base/lease-pool';
import type { Ports } from '../../base/ports';
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

type Acquire = (options: SessionOptions, ports: Ports) => SessionLease;

/**
 * The sessions behind the address-space trees of open dialogs. One is made when somebody looks, serves every look that
 * follows within a minute, and is then closed. A deployed node with the same settings shares it.
 */
export class BrowseSessions {
  private readonly kept: LeasePool<SessionLease>;

  constructor(
    private readonly ports: Ports,
    private readonly acquire: Acquire = acquireSession,
  ) {
    const idle = { clock: ports.clock, keepMs: KEEP_MS, most: MOST_KEPT };
    this.kept = new LeasePool({ close: (session) => session.release(), idle });
  }

  /** Runs `look` with a session. One that fails is not kept: what is wrong may be mended in the dialog at any moment. */
  async use<T>(options: SessionOptions, signal: AbortSignal, look: (ua: UaSession) => Promise<T>): Promise<T> {
    const lease = this.kept.acquire(sessionKey(options), () => this.acquire(options, this.ports));
    try {
      const result = await look(await lease.value.ready(signal));
      await lease.release();
      return result;
    } catch (error) {
      lease.retire();
      await lease.release();
      throw error;
    }
  }

  /** Ends all at once; settles when they are closed. */
  close(): Promise<void> {
    return this.kept.closeAll();
  }
}
