import { EventEmitter } from 'node:events';
import type { DeviceError } from '../../../base/errors';
import type { Clock, Ports } from '../../../base/ports';
import { Orphans } from './session-orphans';
import { sessionKey, type SessionOptions } from './session-options';
import { SharedSession, type UaSession } from './shared-session';

export type { OperationLimits } from './session-info';
export type { SessionIdentity, SessionOptions } from './session-options';
export type { UaSession } from './shared-session';

/** A node's share in a session. */
export interface SessionLease {
  /**
   * The session, once it works. While the connection is being made this waits for it; after a loss it waits for the
   * recovery up to the time-out of the options.
   * @throws DeviceError with what is wrong
   */
  ready(signal: AbortSignal): Promise<UaSession>;
  /** `lost`: the session is of no use any more. `restored`: there is a new one; `ready` gives it at once. */
  readonly events: EventEmitter<{ lost: [DeviceError]; restored: [] }>;
  /** Gives the share back; the last one closes the session. Settles within 5 s. May be called more than once. */
  release(): Promise<void>;
}

interface Pool {
  readonly sessions: Map<string, SharedSession>;
  /** By key, for the next session with the same options. */
  readonly orphans: Map<string, Orphans>;
  /** Sessions being closed; a server with few of them must get one back before the next is opened. */
  readonly closing: Map<string, Promise<void>>;
}

/** Clocks differ between tests only; whoever shares a session must share the clock. */
const pools = new WeakMap<Clock, Pool>();

/** A share in the one session of all nodes with this endpoint, security and identity. Nothing is connected before `ready`. */
export function acquireSession(options: SessionOptions, ports: Ports): SessionLease {
  const pool: Pool = pools.get(ports.clock) ?? { sessions: new Map(), orphans: new Map(), closing: new Map() };
  pools.set(ports.clock, pool);
  const key = sessionKey(options);
  for (const [known, orphans] of pool.orphans) {
    if (orphans.list().length === 0 && !pool.sessions.has(known)) pool.orphans.delete(known);
  }
  const orphans = pool.orphans.get(key) ?? new Orphans(ports.clock);
  pool.orphans.set(key, orphans);
  const shared = pool.sessions.get(key) ?? new SharedSession(options, ports, orphans, pool.closing.get(key));
  pool.sessions.set(key, shared);
  return new Lease(shared, () => leave(pool, key, shared));
}

/** After a user has gone: closes the session when that was the last. */
async function leave(pool: Pool, key: string, shared: SharedSession): Promise<void> {
  if (shared.hasUsers) return;
  if (pool.sessions.get(key) === shared) pool.sessions.delete(key);
  const closing = shared.close();
  pool.closing.set(key, closing);
  await closing;
  if (pool.closing.get(key) === closing) pool.closing.delete(key);
}

class Lease implements SessionLease {
  readonly events = new EventEmitter<{ lost: [DeviceError]; restored: [] }>();
  private released: Promise<void> | undefined;

  constructor(
    private readonly shared: SharedSession,
    private readonly onRelease: () => Promise<void>,
  ) {
    shared.add(this.events);
  }

  ready(signal: AbortSignal): Promise<UaSession> {
    return this.shared.ready(signal);
  }

  release(): Promise<void> {
    this.released ??= this.leave();
    return this.released;
  }

  private async leave(): Promise<void> {
    this.shared.remove(this.events);
    await this.onRelease();
  }
}
