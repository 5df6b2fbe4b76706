import { LeasePool, perClock, type Lease } from '../../../base/lease-pool';
import type { Clock } from '../../../base/ports';
import { formatTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';
import { openTcpChannel } from '../channel/tcp-channel';
import { mbap } from '../framing/mbap';
import { Transport } from './transport';

const pools = perClock(() => new LeasePool<Transport>({ close: (transport) => transport.close() }));

/** A share in the transport to an endpoint, which all that use it at the same time have in common. */
export function leaseTransport(endpoint: TcpEndpoint, clock: Clock): Lease<Transport> {
  const name = formatTcpEndpoint(endpoint);
  const open = (signal: AbortSignal) => openTcpChannel(endpoint, signal);
  return pools(clock).acquire(name, () => new Transport({ name, open, framing: mbap }, clock));
}
