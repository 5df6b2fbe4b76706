/** Enumerated values of oneM2M by names that read well in a flow (TS-0004 6.3.4.2). Pure: also runs in the editor. */

import type { OperationName } from '../primitive/primitives';

/** A table of numbers and names, looked up either way. */
export interface Enumeration<Name extends string> {
  readonly names: readonly Name[];
  /** Name of a number, also of one given as text. */
  nameOf(value: unknown): Name | undefined;
  /** Number of a name (in any case), or of a number that is in the table, also as text. */
  numberOf(given: unknown): number | undefined;
  /** For messages: `update (1), delete (2)`. */
  describe(): string;
}

function enumeration<Name extends string>(table: Readonly<Record<Name, number>>): Enumeration<Name> {
  const entries = Object.entries<number>(table) as [Name, number][];
  const asNumber = (given: unknown): unknown =>
    typeof given === 'string' && /^\d{1,3}$/.test(given.trim()) ? Number(given) : given;
  return {
    names: entries.map(([name]) => name),
    nameOf(value) {
      const number = asNumber(value);
      return entries.find(([, item]) => item === number)?.[0];
    },
    numberOf(given) {
      const value = asNumber(given);
      const name = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
      return entries.find(([item, number]) => number === value || item.toLowerCase() === name)?.[1];
    },
    describe: () => entries.map(([name, number]) => `${name} (${number})`).join(', '),
  };
}

/** `net`, what a subscription notifies of. */
export const EVENT_NAMES = {
  update: 1,
  delete: 2,
  createChild: 3,
  deleteChild: 4,
  retrieve: 5,
  trigger: 6,
  blockingUpdate: 7,
  missingData: 8,
} as const;

export type EventName = keyof typeof EVENT_NAMES;

export const EVENTS = enumeration(EVENT_NAMES);

export const eventNumber = (given: unknown): number | undefined => EVENTS.numberOf(given);
export const eventName = (net: unknown): EventName | undefined => EVENTS.nameOf(net);

/** `nct`, what a notification contains. */
export const CONTENT_NAMES = { all: 1, modified: 2, resourceId: 3, trigger: 4, timeSeries: 5 } as const;

export type ContentName = keyof typeof CONTENT_NAMES;

export const NOTIFICATION_CONTENTS = enumeration(CONTENT_NAMES);

export const contentNumber = (given: unknown): number | undefined => NOTIFICATION_CONTENTS.numberOf(given);
export const contentName = (nct: unknown): ContentName | undefined => NOTIFICATION_CONTENTS.nameOf(nct);

/** `rs` of a `<request>` resource: what has become of a non-blocking request. */
export const REQUEST_STATUS = enumeration({ completed: 1, failed: 2, pending: 3, forwarded: 4 });

/** `cst`, the kind of a CSE. */
export const CSE_TYPES = enumeration({ IN: 1, MN: 2, ASN: 3 });

/** `rcn`, what an answer contains. */
export const RESULT_CONTENTS = enumeration({
  nothing: 0,
  attributes: 1,
  hierarchicalAddress: 2,
  hierarchicalAddressAndAttributes: 3,
  attributesAndChildren: 4,
  attributesAndChildReferences: 5,
  childReferences: 6,
  originalResource: 7,
  children: 8,
  modifiedAttributes: 9,
  semanticContent: 10,
  discoveryResult: 11,
  permissions: 12,
});

/** Which `rcn` an operation allows (TS-0004 7.5.2); `discovery` is a RETRIEVE with `fu` 1. */
export const RESULT_CONTENTS_OF: Readonly<Record<OperationName | 'discovery', readonly number[]>> = {
  create: [0, 1, 2, 3, 9],
  retrieve: [1, 4, 5, 6, 7, 8, 10, 12],
  discovery: [6, 11],
  update: [0, 1, 9],
  delete: [0, 1, 4, 5, 6, 8],
  notify: [0],
};

/** Why an operation cannot be sent with this `rcn`, in words; undefined where it can. */
export function resultContentProblem(operation: OperationName | 'discovery', rcn: number): string | undefined {
  const allowed = RESULT_CONTENTS_OF[operation];
  if (allowed.includes(rcn)) return undefined;
  const list = allowed.map((value) => `${value} (${RESULT_CONTENTS.nameOf(value) ?? ''})`).join(', ');
  return `rcn ${rcn} does not go with ${operation}; allowed are ${list}`;
}

/** `acop`, the operations that an access control rule allows: a sum of bits. */
export const PRIVILEGES = { create: 1, retrieve: 2, update: 4, delete: 8, notify: 16, discovery: 32 } as const;

export type Privilege = keyof typeof PRIVILEGES;

const PRIVILEGE_NAMES = Object.keys(PRIVILEGES) as Privilege[];
const ALL_PRIVILEGES = 63;

/** `acop` of a sum, of names (`['create', 'retrieve']`, `'create, retrieve'`) or of `all`; undefined where a name is unknown. */
export function privilegesOf(given: unknown): number | undefined {
  if (typeof given === 'number') {
    return Number.isInteger(given) && given >= 0 && given <= ALL_PRIVILEGES ? given : undefined;
  }
  const words: unknown = typeof given === 'string' ? given.split(/[\s,|+]+/).filter((word) => word !== '') : given;
  if (!Array.isArray(words) || words.length === 0) return undefined;
  let sum = 0;
  for (const word of words) {
    const bits = bitsOf(word);
    if (bits === undefined) return undefined;
    sum |= bits;
  }
  return sum;
}

/** The names in an `acop`. */
export const privilegeNames = (acop: number): readonly Privilege[] =>
  PRIVILEGE_NAMES.filter((name) => (acop & PRIVILEGES[name]) !== 0);

function bitsOf(word: unknown): number | undefined {
  if (typeof word !== 'string') return privilegesOf(word === null || typeof word === 'object' ? undefined : word);
  const text = word.trim().toLowerCase();
  if (/^\d{1,2}$/.test(text)) return privilegesOf(Number(text));
  if (text === 'all') return ALL_PRIVILEGES;
  const name = text === 'discover' ? 'discovery' : PRIVILEGE_NAMES.find((item) => item === text);
  return name === undefined ? undefined : PRIVILEGES[name];
}

/** `rvi`, the releases of oneM2M; `1` is sent without `rvi`. */
export const RELEASES = ['1', '2', '2a', '3', '4', '5'] as const;
