import { EventEmitter } from 'node:events';
import { LeasePool, perClock, type Lease } from '../../../base/lease-pool';
import type { DeviceError } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
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
  readonly sessions: LeasePool<SharedSession>;
  /** By key, for the next session with the same options. */
  readonly orphans: Map<string, Orphans>;
}

const poolOf = perClock((): Pool => {
  return { sessions: new LeasePool({ close: (shared) => shared.close() }), orphans: new Map() };
});

/** A share in the one session of all nodes with this endpoint, security and identity. Nothing is connected before `ready`. */
export function acquireSession(options: SessionOptions, ports: Ports): SessionLease {
  const { sessions, orphans } = poolOf(ports.clock);
  const key = sessionKey(options);
  for (const [known, left] of orphans) {
    if (left.list().length === 0 && sessions.find(known) === undefined) orphans.delete(known);
  }
  const own = orphans.get(key) ?? new Orphans(ports.clock);
  orphans.set(key, own);
  // A server with few sessions must get one back before the next is opened: `former` is waited for.
  return new Share(sessions.acquire(key, (former) => new SharedSession(options, ports, own, former)));
}

class Share implements SessionLease {
  readonly events = new EventEmitter<{ lost: [DeviceError]; restored: [] }>();

  constructor(private readonly lease: Lease<SharedSession>) {
    lease.value.add(this.events);
  }

  ready(signal: AbortSignal): Promise<UaSession> {
    return this.lease.value.ready(signal);
  }

  release(): Promise<void> {
    this.lease.value.remove(this.events);
    return this.lease.release();
  }
}
