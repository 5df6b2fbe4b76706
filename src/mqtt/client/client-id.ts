/**
 * Client ids: the default rule of the specification and the limit of MQTT 3.1. docs/facts/octopus.md#client-ids.
 * Pure: also runs in the editor.
 */
import { show } from '../../base/fields/fields';
import type { TopicIdentity } from './topic';

export type ProtocolVersion = 0 | 3 | 4 | 5;

const PREFIX = 'octopus-';

/** "Between 1 and 23 characters long" (MQTT 3.1, 3.1, Client Identifier). */
const MAX_LENGTH_MQTT_31 = 23;

/** Enough digits to tell devices apart when a given client id leaves little room. */
const MIN_DIGITS_MQTT_31 = 8;

const KEYWORD = /:(namespace|name|uid)(?![A-Za-z0-9])/g;

/** The client id where none is given: `octopus-` and the uid without hyphens, for MQTT 3.1 shortened to 23 characters. */
export function defaultClientId(uid: string, version: ProtocolVersion): string {
  return PREFIX + uidDigits(uid, version === 3 ? MAX_LENGTH_MQTT_31 - PREFIX.length : 32);
}

/** Whether a client id has `:namespace`, `:name` or `:uid` in it, anywhere. */
export const hasKeyword = (clientId: string): boolean => clientId.search(KEYWORD) >= 0;

/** `clientId` with `-:uid`, unless it has a keyword already: shortened for MQTT 3.1, so that enough digits have room. */
export function withUid(clientId: string, version: ProtocolVersion): string {
  if (hasKeyword(clientId)) return clientId;
  const base = version === 3 ? clientId.slice(0, MAX_LENGTH_MQTT_31 - MIN_DIGITS_MQTT_31 - 1) : clientId;
  return `${base}-:uid`;
}

export type ClientIdResult =
  | { readonly ok: true; readonly clientId: string }
  | { readonly ok: false; readonly field: string; readonly message: string };

/**
 * The client id of one device's own connection: as given, with its keywords replaced. `:uid` is without hyphens, as in the default;
 * for MQTT 3.1 it has the digits that there is room for.
 */
export function renderClientId(given: string, identity: TopicIdentity, version: ProtocolVersion): ClientIdResult {
  const keywords = [...given.matchAll(KEYWORD)].map(([, keyword]) => keyword as keyof TopicIdentity);
  const empty = keywords.find((keyword) => keyword !== 'uid' && identity[keyword] === '');
  if (empty !== undefined) {
    return { ok: false, field: empty, message: 'is required, because the client id contains it' };
  }
  const fill = (uid: string): string =>
    given.replace(KEYWORD, (_whole, keyword: keyof TopicIdentity) => (keyword === 'uid' ? uid : identity[keyword]));
  const uids = keywords.filter((keyword) => keyword === 'uid').length;
  const room = version === 3 && uids > 0 ? Math.floor((MAX_LENGTH_MQTT_31 - Array.from(fill('')).length) / uids) : 32;
  if (room < MIN_DIGITS_MQTT_31) {
    const message = `leaves no room for :uid: MQTT 3.1 allows ${MAX_LENGTH_MQTT_31} characters, got ${show(given)}`;
    return { ok: false, field: 'clientID', message };
  }
  const clientId = fill(uidDigits(identity.uid, Math.min(32, room)));
  const message = checkClientId(clientId, version);
  return message === undefined ? { ok: true, clientId } : { ok: false, field: 'clientID', message };
}

/** What is wrong with a client id given by the user, or undefined. */
export function checkClientId(clientId: string, version: ProtocolVersion): string | undefined {
  if (/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(clientId)) {
    return `must not contain control characters or broken Unicode, got ${show(clientId)}`;
  }
  const length = Array.from(clientId).length;
  if (version === 3 && length > MAX_LENGTH_MQTT_31) {
    return `must be at most ${MAX_LENGTH_MQTT_31} characters with MQTT 3.1, got ${length}`;
  }
  const bytes = new TextEncoder().encode(clientId).length;
  return bytes > 65_535 ? `must be at most 65535 bytes of UTF-8, got ${bytes}` : undefined;
}

/** `length` (1 to 32) hexadecimal digits of a uid. */
function uidDigits(uid: string, length: number): string {
  return shortenUuid(asUuid(uid), length);
}

/**
 * Octopus' ring walk: from the start of the UUID's 36 characters, blank a digit, then step on by the digit's value plus
 * one, around the end, over hyphens and blanks to the next digit; until `length` digits are left.
 */
function shortenUuid(uuid: string, length: number): string {
  const ring = Array.from(uuid, (character) => (character === '-' ? '' : character));
  let cursor = 0;
  for (let left = 32; left > length; left--) {
    while (ring[cursor] === '') cursor = (cursor + 1) % ring.length;
    const step = parseInt(ring[cursor] ?? '', 16) + 1;
    ring[cursor] = '';
    cursor = (cursor + step) % ring.length;
  }
  return ring.join('');
}

/** A UUID in any spelling as it is in lower case with hyphens; any other text by its hash, in the same form. */
function asUuid(uid: string): string {
  const plain = uid.trim().toLowerCase().replaceAll('-', '');
  const digits = /^[0-9a-f]{32}$/.test(plain) ? plain : fnv1a128(uid);
  return [8, 12, 16, 20, 32].map((end, index, ends) => digits.slice(ends[index - 1] ?? 0, end)).join('-');
}

/** FNV-1a, 128 bits (draft-eastlake-fnv): spreads any text evenly; it need not resist attack. */
function fnv1a128(text: string): string {
  let hash = 0x6c62272e07bb014262b821756295c58dn;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * 0x1000000000000000000013bn);
  }
  return hash.toString(16).padStart(32, '0');
}
