import { isPlainRecord } from '../../../base/records';
import { DeviceError } from '../../../base/errors';
import { show } from '../../../base/show';
import { join } from '../../primitive/addressing';
import { OPERATIONS, type OperationCode } from '../../primitive/primitives';
import { isSuccess, refusalOf, rscText } from '../../primitive/status-codes';
import type { AeMessage } from '../model/messages';
import { ask, badMessage, describeRequest, type Operation, type OperationContext } from './context';
import { CONTENT_INSTANCE, newInstance, TIME_SERIES_INSTANCE } from './content';
import { decode, resultInfo } from './decode';
import { draft, isGiven, membersOf, nameOfCode, requiredAddress, without, type Members } from './message';
import { changes, newResource, typeGiven, wrapped } from './representation';

const INNER = ['create', 'push', 'retrieve', 'update', 'delete'] as const;
type Inner = (typeof INNER)[number];

/** One member's answer. */
interface MemberResult {
  /** Its address, where the CSE says it. */
  readonly to?: string;
  readonly rsc: number;
  readonly rscText: string;
  readonly payload: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * The same operation on all members of a group, by its virtual child `fopt`. `msg.fanout`: which (by default `push`); `msg.path`: what
 * of each member (`la`, `commands`). Answers a list with what came of each; only if all members refuse, it throws.
 */
export const fanout: Operation = async (message, context, signal) => {
  const members = membersOf(message);
  const group = requiredAddress(message, members, context, 'the group');
  const inner = innerOf(message, members);
  const to = targetOf(group, message);
  const own = await bodyOf(inner, message, members, to, context, signal);
  const request = draft(codeOf(inner), to, {}, { ...without(members, 'ty'), ...own });
  const exchange = await ask(context.requester, request, signal);
  const results = memberAnswers(exchange.response.pc).map((answer) => memberResult(answer, inner, exchange.request.fr));
  const failed = results.filter(({ error }) => error !== undefined);
  const [first] = failed;
  if (first?.error !== undefined && failed.length === results.length) {
    const all = results.length === 1 ? 'the only member' : `all ${results.length} members`;
    throw new DeviceError(first.error.code, `${describeRequest(exchange.request)}: ${all} ${first.error.message}`);
  }
  const ty = typeof own['ty'] === 'number' ? own['ty'] : undefined;
  return { payload: results, onem2m: { ...resultInfo(exchange, 'fanout', ty), failed: failed.length } };
};

const codeOf = (inner: Inner): OperationCode => OPERATIONS[inner === 'push' ? 'create' : inner];

function innerOf(message: AeMessage, members: Members): Inner {
  const given = isGiven(message['fanout']) ? message['fanout'] : members['op'];
  if (given === undefined || given === 'fanout') return 'push';
  const name = nameOfCode(given) ?? given;
  const inner = INNER.find((one) => one === name);
  if (inner !== undefined) return inner;
  throw badMessage('msg.fanout', `must be one of ${INNER.join(', ')}, got ${show(given)}`);
}

function targetOf(group: string, message: AeMessage): string {
  const path = message['path'];
  const base = /\/fopt(?:\/|$)/.test(group) ? group : join(group, 'fopt');
  if (!isGiven(path)) return base;
  if (typeof path === 'string') return join(base, path);
  throw badMessage('msg.path', `must be text such as "la", got ${show(path)}`);
}

/** The members of the request that differ with the operation. */
async function bodyOf(
  inner: Inner,
  message: AeMessage,
  members: Members,
  to: string,
  context: OperationContext,
  signal?: AbortSignal,
): Promise<Members> {
  switch (inner) {
    case 'retrieve':
    case 'delete':
      return {};
    case 'update':
      return { pc: await changes(message, members, to, context, signal) };
    case 'create':
    case 'push': {
      const ty = typeGiven(message, members)?.ty;
      const isContent = ty === undefined || ty === CONTENT_INSTANCE || ty === TIME_SERIES_INSTANCE;
      const isRepresentation = wrapped(members['pc'] ?? message['payload']) !== undefined;
      if (inner === 'create' && (!isContent || isRepresentation)) return newResource(message, members);
      const kind = ty === TIME_SERIES_INSTANCE ? TIME_SERIES_INSTANCE : CONTENT_INSTANCE;
      const { ty: type, pc } = newInstance(kind, message, members, context);
      return { ty: type, pc };
    }
  }
}

/** `{ "m2m:agr": { "m2m:rsp": [ ... ] } }`, also with shorter names or without the list's; a group without members answers nothing. */
export function memberAnswers(pc: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!isPlainRecord(pc)) return [];
  const aggregated = pc['m2m:agr'] ?? pc['agr'];
  const list = isPlainRecord(aggregated) ? (aggregated['m2m:rsp'] ?? aggregated['rsp']) : aggregated;
  return (Array.isArray(list) ? (list as unknown[]) : [list]).filter(isPlainRecord);
}

function memberResult(
  answer: Readonly<Record<string, unknown>>,
  inner: Inner,
  originator: string | undefined,
): MemberResult {
  const rsc = typeof answer['rsc'] === 'number' ? answer['rsc'] : 0;
  const to = addressIn(answer, originator);
  const refusal = isSuccess(rsc) ? undefined : refusalOf({ rsc, pc: answer['pc'] });
  return {
    ...(to === undefined ? {} : { to }),
    rsc,
    rscText: rscText(rsc),
    payload: decode(answer['pc'], { content: inner === 'retrieve' }).payload,
    ...(refusal === undefined ? {} : { error: { code: refusal.code, message: refusal.message } }),
  };
}

/** By the specification `fr` is the member and `to` we; some CSEs have it the other way round. */
function addressIn(answer: Readonly<Record<string, unknown>>, originator: string | undefined): string | undefined {
  const isOurs = (id: string): boolean => id === originator || id.endsWith(`/${originator ?? ''}`);
  return [answer['fr'], answer['to']].find((id): id is string => typeof id === 'string' && id !== '' && !isOurs(id));
}
