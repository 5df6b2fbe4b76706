import type { Clock } from '../../../base/ports';
import type { OpcUaLibrary } from '../library/load';
import type { Begun } from './begun';
import { AddressBook } from './node-address-book';
import { Batches } from '../library/batches';
import type { UaSession } from '../session/session-pool';
import { TypeBook } from './node-types';
import { RangeGuard } from './range-guard';

/** All that reading, writing and subscribing share while one session lasts. Nothing of it outlives the session. */
export interface UaLink {
  readonly library: OpcUaLibrary;
  readonly ua: UaSession;
  readonly addresses: AddressBook;
  readonly types: TypeBook;
  readonly ranges: RangeGuard;
  readonly reads: Batches;
  readonly writes: Batches;
  readonly clock: Clock;
  /** Waited for before the session may go. */
  readonly begun: Begun;
}

export function makeLink(library: OpcUaLibrary, ua: UaSession, clock: Clock, begun: Begun): UaLink {
  const { maxNodesPerRead, maxNodesPerWrite } = ua.operationLimits;
  const reads = new Batches(maxNodesPerRead, 'read');
  return {
    library,
    ua,
    addresses: new AddressBook(library, ua),
    types: new TypeBook(library, ua.session, reads),
    ranges: new RangeGuard(library, ua.session, reads),
    reads,
    writes: new Batches(maxNodesPerWrite, 'write'),
    clock,
    begun,
  };
}
