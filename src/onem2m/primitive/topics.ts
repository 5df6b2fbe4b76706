import type { Serialization } from './codec';

/**
 * Topics of TS-0010: `/oneM2M/<kind>/<originator>/<receiver>/<serialization>`, and where peers write them otherwise
 * (docs/facts/onem2m.md#topics). `prefix`: text before the first slash, as ACME and tinyIoT can be told to put there.
 */
export type TopicKind = 'req' | 'resp' | 'reg_req' | 'reg_resp';

export interface ParsedTopic {
  readonly kind: TopicKind;
  /** The two levels as ids in topics are written; `:Mobius2`, which Mobius 2 makes of its CSE-ID, is `Mobius2` here. */
  readonly originator: string;
  readonly receiver: string;
  /** The level after them, whatever it says; absent at OpenMTC and in tinyIoT's notifications. */
  readonly type?: string;
}

export interface RequestTopic {
  readonly kind: 'req' | 'reg_req';
  /** An id, or the credential id of a `reg_req`. */
  readonly originator: string;
  readonly receiver: string;
  readonly serialization: Serialization;
  readonly prefix?: string;
}

export interface NotifiedAe {
  /** As the CSE assigned it: `Cae`, `/cse/Cae` or `//sp/cse/Cae`. */
  readonly aeID: string;
  /** `/cse`; empty where not known. */
  readonly cseID: string;
  /** `//sp`; empty where not known. */
  readonly spID: string;
  readonly prefix?: string;
}

export interface NotificationFilter {
  readonly filter: string;
  /** The form of TS-0010; the other forms are those of single CSEs, and a broker may refuse them. */
  readonly isStandard: boolean;
}

const ROOT = '/oneM2M/';
const KINDS: readonly TopicKind[] = ['req', 'resp', 'reg_req', 'reg_resp'];
const RESPONSE_KIND: Readonly<Record<RequestTopic['kind'], TopicKind>> = { req: 'resp', reg_req: 'reg_resp' };

/** An id as a topic level: `/cse/Cae` is `cse:Cae`, `//sp/cse/Cae` is `:sp:cse:Cae`, `Cae` stays. There is no way back. */
export function topicID(id: string): string {
  const isAbsolute = id.startsWith('//');
  return (isAbsolute ? ':' : '') + id.replace(/^\/+/u, '').replaceAll('/', ':');
}

export function requestTopic({ kind, originator, receiver, serialization, prefix }: RequestTopic): string {
  return `${head(prefix)}${ROOT}${kind}/${topicID(originator)}/${topicID(receiver)}/${serialization}`;
}

/** Where the answer to what came on `topic` goes: below the prefix, the levels as they came. Undefined if that is no topic of requests. */
export function responseTopicOf(topic: string, prefix = ''): string | undefined {
  const kind = parseTopic(topic, prefix)?.kind;
  if (kind !== 'req' && kind !== 'reg_req') return undefined;
  return head(prefix) + ROOT + RESPONSE_KIND[kind] + topic.slice(startOf(topic, prefix).length + kind.length);
}

/** Takes an incoming topic apart, below the prefix or not; undefined for any other, such as one that a user chose for notifications. */
export function parseTopic(topic: string, prefix = ''): ParsedTopic | undefined {
  const start = startOf(topic, prefix);
  if (start === '') return undefined;
  const [name = '', originator = '', receiver = '', type, ...more] = topic.slice(start.length).split('/');
  const kind = KINDS.find((known) => known === name);
  if (kind === undefined || originator === '' || receiver === '') return undefined;
  // tinyIoT appends the path of the notification URI, however many levels that has.
  if (more.length > 0 && kind !== 'req') return undefined;
  const last = more.at(-1) ?? type;
  const parsed = { kind, originator: withoutColon(originator), receiver: withoutColon(receiver) };
  return last === undefined || last === '' ? parsed : { ...parsed, type: last };
}

/** All answers to the requests sent with this originator (or credential id), with and without a type level. */
export function responseFilter(kind: RequestTopic['kind'], originator: string, prefix = ''): string {
  return `${head(prefix)}${ROOT}${RESPONSE_KIND[kind]}/${topicID(originator)}/#`;
}

/** All topics on which CSEs notify an AE, the standard one first, each once. */
export function notificationFilters({ aeID, cseID, spID, prefix = '' }: NotifiedAe): NotificationFilter[] {
  const parts = aeID.split('/').filter((part) => part !== '');
  const stem = parts.at(-1) ?? '';
  if (stem === '') return [];
  const [sp, cse] = aeID.startsWith('//')
    ? [parts[0] ?? '', parts.length > 2 ? (parts[1] ?? '') : topicID(cseID)]
    : [topicID(spID).replace(/^:/u, ''), parts.length > 1 ? (parts[0] ?? '') : topicID(cseID)];
  const ids = [stem, topicID(aeID)];
  if (cse !== '') ids.push(`${cse}:${stem}`);
  if (cse !== '' && sp !== '') ids.push(`:${sp}:${cse}:${stem}`);
  // An id assigned by the service provider (S...) is one without its CSE.
  if (sp !== '' && stem.startsWith('S')) ids.push(`:${sp}:${stem}`);
  // ACME listens below its prefix, but leaves it out when it notifies.
  const heads = [...new Set([head(prefix), ''])];
  const standard = heads.flatMap((start) => [...new Set(ids)].map((id) => `${start}${ROOT}req/+/${id}/#`));
  // Mobius4 takes the path of the notification URI as the topic, without anything in front, and speaks only JSON.
  return [...standard, `${stem}/json`].map((filter, index) => ({ filter, isStandard: index === 0 }));
}

/** All topics on which others send requests to a CSE, registrations among them. */
export const cseFilters = (cseID: string, prefix = ''): readonly string[] =>
  (['req', 'reg_req'] as const).map((kind) => `${head(prefix)}${ROOT}${kind}/+/${topicID(cseID)}/+`);

/** What a type level says; `other` for one that cannot be read here (xml), undefined where it is no serialization. */
export function serializationOf(type: string | undefined): Serialization | 'other' | undefined {
  if (type === 'json' || type === 'cbor') return type;
  return type === 'xml' ? 'other' : undefined;
}

/** `plant` and `plant/` both put `plant/oneM2M/...`. */
const head = (prefix = ''): string => prefix.replace(/\/+$/u, '');

/** What a topic has before its kind, with the prefix or without; empty where it is none of ours. */
const startOf = (topic: string, prefix: string): string =>
  [head(prefix) + ROOT, ROOT].find((start) => topic.startsWith(start)) ?? '';

const withoutColon = (level: string): string =>
  level.lastIndexOf(':') === 0 && level.length > 1 ? level.slice(1) : level;
