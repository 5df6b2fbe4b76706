import type { Clock } from '../../../base/ports';
import { formatTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';
import { TcpTransport, type TransportUser } from './transport';

/** Clocks differ between tests only; whoever shares a connection must share the clock. */
const pools = new WeakMap<Clock, Map<string, TcpTransport>>();

/** The transport of an endpoint, shared by all that use it at the same time; `user` is on it until `leaveTransport`. */
export function joinTransport(endpoint: TcpEndpoint, clock: Clock, user: TransportUser): TcpTransport {
  const pool = pools.get(clock) ?? new Map<string, TcpTransport>();
  pools.set(clock, pool);
  const key = formatTcpEndpoint(endpoint);
  const transport = pool.get(key) ?? new TcpTransport(endpoint, clock);
  pool.set(key, transport);
  transport.add(user);
  return transport;
}

/** Takes `user` off; the last one closes the connection. */
export function leaveTransport(endpoint: TcpEndpoint, clock: Clock, user: TransportUser): void {
  const pool = pools.get(clock);
  const key = formatTcpEndpoint(endpoint);
  const transport = pool?.get(key);
  transport?.remove(user);
  if (transport?.hasUsers === false) pool?.delete(key);
}
