/**
 * The primitives of oneM2M (TS-0001 clause 8, TS-0004 clause 7) with their short names, as they travel over every binding:
 * bare, without an `m2m:rqp` or `m2m:rsp` around them. Members that are not listed pass through untouched.
 */

/** Operation codes (TS-0004 6.3.4.2.5). */
export const OPERATIONS = { create: 1, retrieve: 2, update: 3, delete: 4, notify: 5 } as const;

export type OperationName = keyof typeof OPERATIONS;
export type OperationCode = (typeof OPERATIONS)[OperationName];

/** How the answer is wanted (TS-0004 6.3.5.30). `rtv` 1 nonBlockingSync, 2 nonBlockingAsync, 3 blocking, 4 flexBlocking, 5 noResponse. */
export interface ResponseType {
  readonly rtv: 1 | 2 | 3 | 4 | 5;
  /** Where the result of a nonBlockingAsync request is to be sent. */
  readonly nu?: readonly string[];
}

/** All members of a request but its identifier. */
export interface RequestMembers {
  readonly op: OperationCode;
  /** CSE-relative, SP-relative (`/cse/...`) or absolute (`//sp/cse/...`). */
  readonly to: string;
  /** The originator; absent only in the CREATE of an AE whose id the CSE assigns. */
  readonly fr?: string;
  /** Release version: `2a`, `3`, `4`, `5`. */
  readonly rvi?: string;
  /** Resource type, only with CREATE. */
  readonly ty?: number;
  /** `{ "m2m:cnt": { ... } }` and the like. */
  readonly pc?: unknown;
  /** Result content. */
  readonly rcn?: number;
  /** 1 structured, 2 unstructured. */
  readonly drt?: 1 | 2;
  /** Filter criteria, by short names. */
  readonly fc?: Readonly<Record<string, unknown>>;
  readonly rt?: ResponseType;
  readonly rp?: unknown;
  /** Originating time, `YYYYMMDDTHHMMSS[,ffffff]` UTC. */
  readonly ot?: string;
  /** Request expiration: a timestamp as above, or ms from now. */
  readonly rqet?: string | number;
  readonly rset?: string | number;
  readonly oet?: string | number;
  readonly ec?: unknown;
  readonly da?: unknown;
  readonly gid?: string;
  readonly rids?: unknown;
  readonly tids?: unknown;
  readonly ltids?: unknown;
  readonly tqi?: unknown;
  readonly vsi?: unknown;
  readonly sqi?: unknown;
  readonly ma?: unknown;
  readonly [member: string]: unknown;
}

export interface RequestPrimitive extends RequestMembers {
  /** Unique for its originator; answers carry it back. Empty only in what peers send us that expects no answer. */
  readonly rqi: string;
}

/** Types whose CREATE is a registration: AE and remoteCSE. */
const REGISTERED_TYPES: ReadonlySet<number> = new Set([2, 16]);

/** Whether somebody registers with it. */
export const isRegistration = ({ op, ty }: RequestMembers): boolean =>
  op === OPERATIONS.create && ty !== undefined && REGISTERED_TYPES.has(ty);

export interface ResponsePrimitive {
  /** Response status code: 1000 to 6999. */
  readonly rsc: number;
  readonly rqi: string;
  readonly pc?: unknown;
  readonly to?: string;
  readonly fr?: string;
  readonly rvi?: string;
  readonly ot?: string;
  readonly rset?: string | number;
  /** Content status: 1 partial, 2 full. */
  readonly cts?: number;
  /** Content offset: where the next part of a partial answer begins. */
  readonly cto?: number;
  readonly ec?: unknown;
  readonly vsi?: unknown;
  readonly [member: string]: unknown;
}

/** Something that came over a binding and is no primitive; `rqi` where it could still be told. */
export interface MalformedPrimitive {
  readonly reason: string;
  readonly rqi?: string;
}

/** What an incoming message is. A bare `{"m2m:sgn": ...}` (tinyIoT) counts as a NOTIFY request with an empty `rqi`. */
export type Incoming =
  | { readonly kind: 'request'; readonly request: RequestPrimitive }
  | { readonly kind: 'response'; readonly response: ResponsePrimitive }
  | ({ readonly kind: 'malformed' } & MalformedPrimitive);
