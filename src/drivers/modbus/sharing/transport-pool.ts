import { LeasePool, perClock, type Lease } from '../../../base/lease-pool';
import type { Clock } from '../../../base/ports';
import type { ModbusLink } from '../config/link';
import { routeKey, routeOf } from './route';
import { Transport } from './transport';

const pools = perClock(() => new LeasePool<Transport>({ close: (transport) => transport.close() }));

/** A share in the transport to a peer or line, which all that use it at the same time have in common. */
export function leaseTransport(link: ModbusLink, clock: Clock): Lease<Transport> {
  return pools(clock).acquire(routeKey(link), () => new Transport(routeOf(link, clock), clock));
}
