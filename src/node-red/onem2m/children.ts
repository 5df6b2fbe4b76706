import { isRecord } from '../../base/records';
import { join, lastSegment, parseAddress } from '../../onem2m/primitive/addressing';
import { resourceType, typeName, unwrap } from '../../onem2m/resource/resource-types';

/** One resource of a tree, as `POST /devicelink/onem2m/browse` tells it. */
export interface ChildResource {
  readonly name: string;
  /** `container`; empty where the CSE does not say. */
  readonly type: string;
  /** 0 where the CSE does not say. */
  readonly ty: number;
  /** Structured where the CSE tells names. */
  readonly address: string;
  /** Whether it may have children. */
  readonly hasChildren: boolean;
}

/** accessControlPolicy, contentInstance, pollingChannel, request, subscription, timeSeriesInstance, flexContainerInstance. */
const LEAVES: ReadonlySet<number> = new Set([1, 4, 15, 17, 23, 30, 58]);

/**
 * The children in the answer to a RETRIEVE with rcn 6 or to a discovery, in whichever form a CSE tells them: `m2m:rrl` (or its bare
 * list), `ch` of the resource itself, `m2m:uril`. What is deeper down is left out. Undefined where it tells none of these.
 */
export function childrenOf(pc: unknown, to: string): ChildResource[] | undefined {
  const content = unwrap(pc);
  if (content === undefined) return undefined;
  const { wrapper, representation } = content;
  const references = wrapper === 'm2m:uril' ? addressesIn(representation) : referencesIn(representation);
  return references?.flatMap((reference) => {
    const child = childOf(reference, to);
    return child === undefined ? [] : [child];
  });
}

interface Reference {
  readonly nm?: unknown;
  readonly typ?: unknown;
  readonly val?: unknown;
}

/** A list, or a text of addresses with spaces between them. */
function addressesIn(list: unknown): Reference[] | undefined {
  const addresses: unknown = typeof list === 'string' ? list.split(/\s+/).filter((one) => one !== '') : list;
  return Array.isArray(addresses) ? addresses.map((val: unknown) => ({ val })) : undefined;
}

function referencesIn(representation: unknown): Reference[] | undefined {
  if (Array.isArray(representation)) return representation.filter(isRecord);
  if (!isRecord(representation)) return undefined;
  const list = representation['rrf'] ?? representation['ch'];
  if (Array.isArray(list)) return list.filter(isRecord);
  // A resource without children may leave the list out.
  return 'ri' in representation || 'rrf' in representation || Object.keys(representation).length === 0 ? [] : undefined;
}

function childOf({ nm, typ, val }: Reference, to: string): ChildResource | undefined {
  if (typeof val !== 'string' || val === '') return undefined;
  const name = nameBelow(val, to);
  if (name === undefined) return undefined;
  const told = typeof nm === 'string' && nm !== '' ? nm : undefined;
  const ty = resourceType(typeof typ === 'number' ? Math.trunc(typ) : typ)?.ty ?? (Number(typ) || 0);
  const shown = name === '' ? told : name;
  return {
    name: shown ?? lastSegment(val),
    type: ty === 0 ? '' : typeName(ty),
    ty,
    address: shown === undefined ? val : join(to, shown),
    hasChildren: !LEAVES.has(ty),
  };
}

/** The name of `address` directly below `to`; empty for one that is not structured, undefined for what is elsewhere. */
function nameBelow(address: string, to: string): string | undefined {
  const path = pathOf(address);
  if (!path.includes('/')) return '';
  const parent = pathOf(to);
  if (!path.startsWith(`${parent}/`)) return undefined;
  const name = path.slice(parent.length + 1);
  return name.includes('/') ? undefined : name;
}

/** CSE-relative. */
function pathOf(address: string): string {
  try {
    return parseAddress(address).path;
  } catch {
    return address;
  }
}
