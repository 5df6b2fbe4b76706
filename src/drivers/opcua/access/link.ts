import type { Clock } from '../../../base/ports';
import type { OpcUaLibrary } from '../library/load';
import { AddressBook } from './node-address-book';
import { Batches } from '../library/batches';
import type { UaSession } from '../session/session-pool';
import { TypeBook } from './node-types';

/** All that reading, writing and subscribing share while one session lasts. Nothing of it outlives the session. */
export interface UaLink {
  readonly library: OpcUaLibrary;
  readonly ua: UaSession;
  readonly addresses: AddressBook;
  readonly types: TypeBook;
  readonly reads: Batches;
  readonly writes: Batches;
  readonly clock: Clock;
}

export function makeLink(library: OpcUaLibrary, ua: UaSession, clock: Clock): UaLink {
  const { maxNodesPerRead, maxNodesPerWrite } = ua.operationLimits;
  const reads = new Batches(maxNodesPerRead, 'read');
  return {
    library,
    ua,
    addresses: new AddressBook(library, ua),
    types: new TypeBook(library, ua.session, reads),
    reads,
    writes: new Batches(maxNodesPerWrite, 'write'),
    clock,
  };
}
