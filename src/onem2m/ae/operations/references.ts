import { isPlainRecord } from '../../../base/records';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { show } from '../../../base/show';

/** A resource that a discovery found. Only the address is known of what comes as `m2m:uril`. */
export interface Reference {
  readonly address: string;
  readonly name?: string;
  readonly type?: number;
}

/**
 * The resources in the answer of a discovery: `m2m:uril` (rcn 11) is a list of addresses, or text with spaces between them; `m2m:rrl`
 * (rcn 6) holds names and types too. An empty answer finds nothing. Throws BAD_RESPONSE for everything else.
 */
export function referencesIn(pc: unknown): Reference[] {
  if (pc === undefined || pc === null) return [];
  const inner = isPlainRecord(pc) ? (pc['m2m:uril'] ?? pc['uril'] ?? pc['m2m:rrl'] ?? pc['rrl']) : pc;
  if (inner === undefined || inner === null) {
    if (isPlainRecord(pc) && Object.values(pc).every((value) => value === null)) return [];
  } else if (typeof inner === 'string') {
    return inner.split(/\s+/).flatMap((address) => (address === '' ? [] : { address }));
  } else {
    const list: unknown = isPlainRecord(inner) ? (inner['rrf'] ?? []) : inner;
    return (Array.isArray(list) ? (list as unknown[]) : [list]).map(reference);
  }
  throw unexpected(pc);
}

function reference(item: unknown): Reference {
  if (typeof item === 'string') return { address: item };
  if (!isPlainRecord(item)) throw unexpected(item);
  const { val, nm, typ } = item;
  if (typeof val !== 'string') throw unexpected(item);
  return {
    address: val,
    ...(typeof nm === 'string' ? { name: nm } : {}),
    ...(typeof typ === 'number' ? { type: typ } : {}),
  };
}

const unexpected = (given: unknown): DeviceError =>
  new DeviceError(ErrorCode.BAD_RESPONSE, `the answer to a discovery is no list of resources: ${show(given)}`);

/**
 * The address as one may use it here: what another CSE answers relative to itself (`onem2m/ae`) gets that CSE's id in front, as
 * in the address the discovery was sent to (`/mn-cse-1/onem2m`, `//sp/mn-cse-1/onem2m`).
 */
export function fromHere(address: string, to: string): string {
  if (address.startsWith('/')) return address;
  const cse = /^(?:\/\/[^/]+)?\/[^/]+(?=\/|$)/.exec(to)?.[0];
  return cse === undefined ? address : `${cse}/${address}`;
}
