import { isRecord } from '../../base/records';
import { show } from '../../base/show';
import type { Incoming, OperationCode, RequestPrimitive, ResponsePrimitive } from './primitives';

/**
 * How deep members may be nested; more is an attack, or no primitive. Resource trees of rcn 4 stay far below.
 */
const MAX_DEPTH = 100;

type Members = Record<string, unknown>;

class Malformed extends Error {}

/**
 * What came over a binding, decoded, as a primitive. Never throws. Tolerates what CSEs do (docs/facts/onem2m.md#nine-facts, 2 and 6):
 * `m2m:rqp` and `m2m:rsp` around it, a bare notification, `ri` for `rqi`, null for what is absent, numbers as text, notifications
 * without `to`. The primitive is a copy: nothing in it has been seen by the caller.
 */
export function readIncoming(raw: unknown): Incoming {
  const members = asMembers(raw);
  if (members === undefined) {
    return { kind: 'malformed', reason: `is no primitive, got ${Array.isArray(raw) ? 'a list' : show(raw)}` };
  }
  const { body, kind } = unwrapped(members);
  const rqi = requestIdOf(body);
  try {
    return kind(body) === 'response'
      ? { kind: 'response', response: readResponse(body, rqi) }
      : { kind: 'request', request: readRequest(body, rqi) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'malformed', reason, ...(rqi === undefined ? {} : { rqi }) };
  }
}

type Kind = 'request' | 'response';

function unwrapped(members: Members): { readonly body: Members; readonly kind: (body: Members) => Kind } {
  const request = asMembers(members['m2m:rqp']);
  if (request !== undefined) return { body: request, kind: () => 'request' };
  const response = asMembers(members['m2m:rsp']);
  if (response !== undefined) return { body: response, kind: () => 'response' };
  if (isPresent(members['op']) && !isPresent(members['rsc'])) return { body: members, kind: () => 'request' };
  if ('m2m:sgn' in members || 'm2m:agn' in members) {
    return { body: { op: 5, pc: members }, kind: () => 'request' };
  }
  return { body: members, kind: () => 'response' };
}

/** Throws a Malformed. */
function readRequest(body: Members, rqi: string | undefined): RequestPrimitive {
  const op = numberOf(body['op']);
  if (!isOperation(op)) throw new Malformed(`op must be 1 to 5, got ${show(body['op'] ?? undefined)}`);
  const isNotify = op === 5;
  const to = textOf(body['to']);
  if (to === undefined && !isNotify) throw new Malformed(`to must be an address, got ${show(body['to'] ?? undefined)}`);
  if (rqi === undefined && !isNotify) throw new Malformed('rqi is missing');
  const ty = isPresent(body['ty']) ? numberOf(body['ty']) : undefined;
  if (isPresent(body['ty']) && (ty === undefined || ty < 0)) {
    throw new Malformed(`ty must be the number of a resource type, got ${show(body['ty'])}`);
  }
  const pc = isPresent(body['pc']) ? copy(body['pc'], isNotify, 'pc') : undefined;
  const fc = isPresent(body['fc']) ? copyFilter(body['fc']) : undefined;
  return {
    ...otherMembers(body, ['op', 'to', 'rqi', 'ri', 'ty', 'pc', 'fc']),
    op,
    to: to ?? '',
    rqi: rqi ?? '',
    ...(ty === undefined ? {} : { ty }),
    ...(pc === undefined ? {} : { pc }),
    ...(fc === undefined ? {} : { fc }),
  };
}

/** Throws a Malformed. */
function readResponse(body: Members, rqi: string | undefined): ResponsePrimitive {
  if (!isPresent(body['rsc'])) {
    throw new Malformed(rqi === undefined ? 'has neither op nor rsc: is no primitive' : 'rsc is missing');
  }
  const rsc = numberOf(body['rsc']);
  if (rsc === undefined || rsc < 1000 || rsc > 6999) {
    throw new Malformed(`rsc must be a status code, 1000 to 6999, got ${show(body['rsc'])}`);
  }
  if (rqi === undefined) throw new Malformed(`rqi is missing in an answer with rsc ${rsc}${debugText(body['pc'])}`);
  const pc = isPresent(body['pc']) ? copy(body['pc'], false, 'pc') : undefined;
  return { ...otherMembers(body, ['rsc', 'rqi', 'ri', 'pc']), rsc, rqi, ...(pc === undefined ? {} : { pc }) };
}

/** Members with a type of their own (`fr`, `rvi`, ...) are dropped where they are of another. */
function otherMembers(body: Members, taken: readonly string[]): Members {
  const others: Members = {};
  for (const [name, value] of Object.entries(body)) {
    if (taken.includes(name) || name === '__proto__' || !isPresent(value)) continue;
    const checked = CHECKS[name] === undefined ? copy(value, true, name) : CHECKS[name](value);
    if (checked !== undefined) others[name] = checked;
  }
  return others;
}

const CHECKS: Readonly<Record<string, ((value: unknown) => unknown) | undefined>> = Object.assign(
  Object.create(null) as Record<string, (value: unknown) => unknown>,
  {
    fr: textOf,
    to: textOf,
    rvi: textOf,
    ot: textOf,
    gid: textOf,
    rcn: numberOf,
    drt: numberOf,
    cts: numberOf,
    cto: numberOf,
    rt: responseTypeOf,
    rqet: textOrNumber,
    rset: textOrNumber,
    oet: textOrNumber,
  },
);

/** Also a bare number: `rt=2` of HTTP, and what some clients put into a primitive. */
function responseTypeOf(value: unknown): unknown {
  const members = asMembers(value);
  const rtv = numberOf(members === undefined ? value : members['rtv']);
  if (rtv === undefined || rtv < 1 || rtv > 5) return undefined;
  const given: unknown = members?.['nu'];
  const nu = (Array.isArray(given) ? given : [given]).filter((item) => typeof item === 'string');
  return nu.length === 0 ? { rtv } : { rtv, nu };
}

/** Nulls and empty lists mean "not given": OpenMTC sends every condition. */
function copyFilter(value: unknown): Members {
  const copied = asMembers(copy(value, true, 'fc'));
  if (copied === undefined) throw new Malformed(`fc must be an object, got ${show(value)}`);
  return Object.fromEntries(Object.entries(copied).filter(([, item]) => !(Array.isArray(item) && item.length === 0)));
}

/** A copy without `__proto__`, and without null members where `dropsNull`. Throws a Malformed for too deep nesting. */
function copy(value: unknown, dropsNull: boolean, place: string, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) throw new Malformed(`${place} is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item: unknown) => copy(item, dropsNull, place, depth + 1));
  if (!isPlain(value)) return value;
  const copied: Members = {};
  for (const [name, member] of Object.entries(value as Members)) {
    if (name === '__proto__' || (dropsNull && member === null)) continue;
    copied[name] = copy(member, dropsNull, place, depth + 1);
  }
  return copied;
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const asMembers = (value: unknown): Members | undefined => (isRecord(value) ? value : undefined);

const isOperation = (op: number | undefined): op is OperationCode =>
  op === 1 || op === 2 || op === 3 || op === 4 || op === 5;

/** Mobius4 writes `ri` in its notifications. An empty id is none. */
function requestIdOf(body: Members): string | undefined {
  const id = textOf(body['rqi']) ?? textOf(body['ri']);
  return id === '' ? undefined : id;
}

/** A text, or a number as text. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** An integer, also as text. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' && /^\s*\d{1,15}(\.0*)?\s*$/.test(value) ? Number(value) : undefined;
}

function textOrNumber(value: unknown): string | number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : textOf(value);
}

function debugText(pc: unknown): string {
  const text: unknown = asMembers(pc)?.['m2m:dbg'];
  return typeof text === 'string' ? `: ${show(text)}` : '';
}
