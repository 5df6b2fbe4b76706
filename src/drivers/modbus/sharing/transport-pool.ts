import type { Clock } from '../../../base/ports';
import { formatTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';
import { openTcpChannel } from '../channel/tcp-channel';
import { mbap } from '../framing/mbap';
import { Transport } from './transport';

/** The use of a transport by one device. */
export interface TransportLease {
  readonly transport: Transport;
  /** Ends the use; call it once. The transport of an endpoint that nobody uses is forgotten. */
  release(): void;
}

interface Entry {
  readonly transport: Transport;
  leases: number;
}

/** Clocks differ between tests only; whoever shares a connection must share the clock. */
const pools = new WeakMap<Clock, Map<string, Entry>>();

/** The transport to an endpoint, shared by all that use it at the same time. */
export function leaseTransport(endpoint: TcpEndpoint, clock: Clock): TransportLease {
  const pool = pools.get(clock) ?? new Map<string, Entry>();
  pools.set(clock, pool);
  const key = formatTcpEndpoint(endpoint);
  const open = (signal: AbortSignal) => openTcpChannel(endpoint, signal);
  const entry = pool.get(key) ?? { transport: new Transport({ name: key, open, framing: mbap }, clock), leases: 0 };
  pool.set(key, entry);
  entry.leases++;
  return {
    transport: entry.transport,
    release: () => {
      entry.leases--;
      if (entry.leases === 0) pool.delete(key);
    },
  };
}
