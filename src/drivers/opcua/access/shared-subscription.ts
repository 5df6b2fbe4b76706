import type { ClientMonitoredItemGroup, ClientSession, ClientSubscription } from 'node-opcua-client';
import { LeasePool, type Lease } from '../../../base/lease-pool';
import { settlesWithin } from '../../../base/settle-within';
import { unlessAborted } from '../../../base/waiting';
import type { UaLink } from './link';
import { createSubscription } from './new-subscription';

/** A sign of life at least this often, and the end of the subscription after this much silence of the client; ms. */
const KEEP_ALIVE_MS = 10_000;
const LIFETIME_MS = 120_000;
const CLOSE_MS = 1000;

/** Being made, or made; in use by the devices of one session that have the same publishing interval. */
interface Shared {
  readonly made: Promise<ClientSubscription>;
  users: number;
}

const pools = new WeakMap<ClientSession, LeasePool<Shared>>();

function poolOf(session: ClientSession): LeasePool<Shared> {
  const pool = pools.get(session) ?? new LeasePool<Shared>({ close: endSubscription });
  pools.set(session, pool);
  return pool;
}

const endSubscription = async ({ made }: Shared): Promise<void> => {
  await settlesWithin(
    CLOSE_MS,
    made.then((subscription) => subscription.terminate()),
  );
};

/**
 * A device's share in the one subscription of its session with this publishing interval: small servers allow few. The last
 * share ends it; the others take their monitored items with them.
 */
export class SubscriptionShare {
  private readonly groups = new Set<ClientMonitoredItemGroup>();

  private constructor(
    private readonly link: UaLink,
    private readonly lease: Lease<Shared>,
    readonly subscription: ClientSubscription,
  ) {
    subscription.setMaxListeners(0);
    subscription.on('terminated', this.gone);
  }

  /** Called once the server has ended it, or its session is gone. */
  onGone: (() => void) | undefined;
  private readonly gone = (): void => {
    this.lease.retire();
    this.onGone?.();
  };

  /** @throws DeviceError with what the server said when there can be none */
  static async open(link: UaLink, publishingIntervalMs: number, signal: AbortSignal): Promise<SubscriptionShare> {
    const keepAliveCount = Math.max(3, Math.ceil(KEEP_ALIVE_MS / publishingIntervalMs));
    const parameters = {
      requestedPublishingInterval: publishingIntervalMs,
      requestedMaxKeepAliveCount: keepAliveCount,
      requestedLifetimeCount: Math.max(3 * keepAliveCount, Math.ceil(LIFETIME_MS / publishingIntervalMs)),
      maxNotificationsPerPublish: 0,
      publishingEnabled: true,
      priority: 0,
    };
    const never = new AbortController().signal;
    const lease = poolOf(link.ua.session).acquire(String(publishingIntervalMs), () => ({
      made: createSubscription(link, parameters, never, 'subscribe'),
      users: 0,
    }));
    lease.value.users += 1;
    try {
      return new SubscriptionShare(link, lease, await unlessAborted(lease.value.made, signal, 'subscribe'));
    } catch (error) {
      lease.value.users -= 1;
      // Others may wait for the same one; who comes next makes another where it has failed.
      lease.value.made.catch(() => lease.retire());
      void link.begun.add(lease.release());
      throw error;
    }
  }

  /** To be told of each group before it is awaited, so that nothing stays at the server that was made too late. */
  add(group: ClientMonitoredItemGroup): void {
    this.groups.add(group);
  }

  /** Settles within 2 s; the session's end ends it anyway. */
  async release(made: Promise<unknown>): Promise<void> {
    this.subscription.off('terminated', this.gone);
    this.lease.value.users -= 1;
    if (this.lease.value.users > 0) await settlesWithin(CLOSE_MS, this.link.begun.add(this.removeItems(made)));
    await this.lease.release();
  }

  private async removeItems(made: Promise<unknown>): Promise<void> {
    await made.catch(() => undefined);
    for (const group of this.groups) {
      if (!this.subscription.isActive) return;
      // The server has no others, and node-opcua would name them all.
      const items = group.monitoredItems.filter(({ statusCode }) => (statusCode as StatusLike | undefined)?.isGood());
      if (items.length > 0) await Object.assign(group, { monitoredItems: items }).terminate();
    }
  }
}

interface StatusLike {
  isGood(): boolean;
}
