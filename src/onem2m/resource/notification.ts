/** What is in a notification (TS-0004 7.5.1), and in the forms in which CSEs send it: docs/facts/onem2m.md#notifications. */
import { isRecord } from '../../base/records';
import { decodeContent } from './content-codec';
import { eventName } from './enumerations';
import { unwrap } from './resource-types';
import type { ResponsePrimitive } from '../primitive/primitives';

export interface NotificationItem {
  /**
   * `event`: something happened to what is subscribed to; `verification`: may this AE be notified?; `deletion`: the subscription is
   * gone; `result`: of a non-blocking request; `unknown`: none of these, `representation` has it as it came.
   */
  readonly kind: 'event' | 'verification' | 'deletion' | 'result' | 'unknown';
  /** Address of the subscription as the CSE names it; empty where it does not. */
  readonly subscription: string;
  /** `createChild` ..., or `unknown`. */
  readonly event?: string;
  /** As notified, with its wrapper. */
  readonly representation?: unknown;
  /** Decoded content of an instance; an address (nct 3); else the representation without its wrapper. */
  readonly payload?: unknown;
  readonly creator?: string;
  readonly response?: ResponsePrimitive;
  /** Place in its batch, from 0, and its size. */
  readonly batch?: { readonly index: number; readonly size: number };
}

type Members = Readonly<Record<string, unknown>>;

/** Batches within batches; nobody sends them. */
const MOST_NESTING = 4;

/** The content of a NOTIFY, one item for each notification in it; at least one. Never throws, whatever it is given. */
export function parseNotification(pc: unknown): readonly NotificationItem[] {
  const items = itemsIn(pc, MOST_NESTING);
  return items.length === 0 ? [unknownItem(pc)] : items;
}

function itemsIn(pc: unknown, nesting: number): NotificationItem[] {
  if (!isRecord(pc) || nesting === 0) return [unknownItem(pc)];
  const batch = member(pc, 'agn');
  if (batch !== undefined) return splitBatch(batch, nesting);
  const single = member(pc, 'sgn');
  if (Array.isArray(single)) return splitBatch(single, nesting);
  if (single !== undefined) return [isRecord(single) ? parseSingle(single) : unknownItem(pc)];
  const response = member(pc, 'rsp');
  if (response !== undefined) return [parseResult(response, pc)];
  const missing = member(pc, 'tsn');
  if (isRecord(missing)) return [event({ rep: { 'm2m:tsn': missing }, net: 8 }, '', undefined)];
  return [unknownItem(pc)];
}

/** `{ "m2m:sgn": [ ... ] }`, or the list alone; its items with or without their wrapper. */
function splitBatch(batch: unknown, nesting: number): NotificationItem[] {
  const inner = isRecord(batch) ? (member(batch, 'sgn') ?? batch) : batch;
  const list: unknown[] = Array.isArray(inner) ? inner : [inner];
  const items = list.flatMap((item) => {
    if (isRecord(item) && member(item, 'sgn') === undefined && member(item, 'agn') === undefined)
      return parseSingle(item);
    return itemsIn(item, nesting - 1);
  });
  return items.map((item, index) => ({ ...item, batch: { index, size: items.length } }));
}

function parseSingle(notification: Members): NotificationItem {
  const nev = isRecord(notification['nev']) ? notification['nev'] : undefined;
  const subscription = textOf(notification['sur']) ?? textOf(nev?.['sur']) ?? '';
  const creator = textOf(notification['cr']);
  // tinyIoT sends an event along with both; it tells nothing.
  if (notification['sud'] === true) return { kind: 'deletion', subscription, ...withCreator(creator) };
  if (notification['vrq'] === true) return { kind: 'verification', subscription, ...withCreator(creator) };
  if (nev !== undefined) return event(nev, subscription, creator);
  return { ...unknownItem({ 'm2m:sgn': notification }), subscription, ...withCreator(creator) };
}

function event(nev: Members, subscription: string, creator: string | undefined): NotificationItem {
  const { rep, net } = nev;
  const representation = rep ?? null;
  const { wrapper, representation: inner } = unwrap(representation) ?? { wrapper: '', representation };
  return {
    kind: 'event',
    subscription,
    event: eventName(net) ?? (isAbsent(net) ? deducedEvent(wrapper) : 'unknown'),
    representation,
    payload: contentOf(wrapper, inner),
    ...withCreator(creator),
  };
}

/** Without `net` (OpenMTC): an instance cannot but have been created, and only a timeSeries tells of missing data. */
function deducedEvent(wrapper: string): string {
  if (wrapper === 'm2m:cin' || wrapper === 'm2m:tsi' || wrapper === 'm2m:fcin') return 'createChild';
  return wrapper === 'm2m:tsn' ? 'missingData' : 'unknown';
}

function contentOf(wrapper: string, representation: unknown): unknown {
  if (!isRecord(representation) || (wrapper !== 'm2m:cin' && wrapper !== 'm2m:tsi')) return representation;
  const { con, cnf } = representation;
  return con === undefined ? representation : decodeContent(con, textOf(cnf));
}

function parseResult(response: unknown, pc: Members): NotificationItem {
  if (!isRecord(response)) return unknownItem(pc);
  const { rsc, rqi } = response;
  if (typeof rsc !== 'number' || typeof rqi !== 'string') return unknownItem(pc);
  return { kind: 'result', subscription: '', response: { ...response, rsc, rqi } };
}

const unknownItem = (pc: unknown): NotificationItem => ({
  kind: 'unknown',
  subscription: '',
  representation: pc ?? null,
});

const withCreator = (creator: string | undefined): { creator?: string } => (creator === undefined ? {} : { creator });

/** With or without `m2m:`; null is nothing (OpenMTC writes it for whatever is absent). */
const member = (pc: Members, name: string): unknown => pc[`m2m:${name}`] ?? pc[name] ?? undefined;

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
