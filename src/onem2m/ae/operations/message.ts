import { isPlainRecord } from '../../../base/records';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { show } from '../../../base/show';
import { RESPONSE_ONLY, checkMember } from './member-checks';
import type { OperationCode } from '../../primitive/primitives';
import { OPERATIONS } from '../../primitive/primitives';
import type { AeMessage } from '../model/messages';
import type { RequestDraft, Requester } from '../../exchange/requester';
import { badMessage, type OperationContext } from './context';

/** Raw members of a request primitive as the flow gives them in `msg.onem2m`, checked for their basic types. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * What `msg.onem2m` gives for the request. Null, undefined and empty text count as absent. What an earlier result or
 * notification left in the message (it has `rsc`, or `event`) is no request and counts as absent altogether.
 */
export function membersOf(message: AeMessage): Members {
  const given = message['onem2m'];
  if (!isGiven(given)) return {};
  if (!isPlainRecord(given))
    throw badMessage('msg.onem2m', `must be an object of primitive members, got ${show(given)}`);
  if (RESPONSE_ONLY.some((name) => isGiven(given[name]))) return {};
  const members = Object.entries(given).filter(([, value]) => isGiven(value));
  for (const [name, value] of members) checkMember(name, value);
  return Object.fromEntries(members);
}

/**
 * What a message asks for: `msg.operation`, else the name of `msg.onem2m.op`, else `push`. Not checked whether there is such an
 * operation.
 */
export function operationOf(message: AeMessage): string {
  const given = message['operation'];
  if (isGiven(given)) {
    if (typeof given === 'string') return given.trim();
    throw badMessage('msg.operation', `must be the name of an operation, got ${show(given)}`);
  }
  const { op } = membersOf(message);
  if (op === undefined) return 'push';
  return typeof op === 'string' ? op : (nameOfCode(op) ?? 'push');
}

/** `create` of 1 and the like. */
export const nameOfCode = (code: unknown): keyof typeof OPERATIONS | undefined =>
  (Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]).find((name) => OPERATIONS[name] === code);

/** Where the request goes: `msg.onem2m.to` as it is, else `msg.topic`, else `fallback`; undefined where there is none of them. */
export function findAddress(
  message: AeMessage,
  members: Members,
  { requester }: OperationContext,
  fallback?: string,
): string | undefined {
  const { to } = members;
  if (typeof to === 'string') return to;
  const topic = message['topic'];
  if (isGiven(topic) && typeof topic !== 'string') {
    throw badMessage('msg.topic', `must be the address of a resource, got ${show(topic)}`);
  }
  const target = typeof topic === 'string' && topic.trim() !== '' ? topic.trim() : fallback;
  return target === undefined ? undefined : resolved(target, requester);
}

function resolved(target: string, requester: Requester): string {
  try {
    return requester.resolve(target);
  } catch (error) {
    if (error instanceof DeviceError && error.code === ErrorCode.BAD_VALUE)
      throw badMessage('msg.topic', `is wrong: ${error.message}`);
    throw error;
  }
}

/** As above; where nothing is given, the AE itself. */
export const addressOf = (message: AeMessage, members: Members, context: OperationContext): string =>
  findAddress(message, members, context, '') ?? '';

/** As above, for operations that must not meet the AE by mistake. */
export function requiredAddress(
  message: AeMessage,
  members: Members,
  context: OperationContext,
  expected: string,
  fallback?: string,
): string {
  const address = findAddress(message, members, context, fallback);
  if (address === undefined) throw badMessage('msg.topic', `is required: ${expected}`);
  return address;
}

/** A request: the operation's own members, and over them those that the flow gives. */
export function draft(op: OperationCode, to: string, own: Members, given: Members): RequestDraft {
  return { ...own, ...given, op, to };
}

/** Without `ty` where there is no CREATE: a type then only says what the flow means. Without `rqi` where a request is repeated. */
export function without(members: Members, ...names: string[]): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}

/** `msg.labels`: a list of texts, or one. */
export function labelsOf(message: AeMessage): readonly string[] {
  const given = message['labels'];
  if (!isGiven(given)) return [];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.every((label) => typeof label === 'string')) return list;
  throw badMessage('msg.labels', `must be a list of texts, got ${show(given)}`);
}

/** An option that is true or false; absent: the default. */
export function flagOf(message: AeMessage, name: string, fallback: boolean): boolean {
  const given = message[name];
  if (!isGiven(given)) return fallback;
  if (typeof given === 'boolean') return given;
  throw badMessage(`msg.${name}`, `must be true or false, got ${show(given)}`);
}

export const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** For messages: bytes are not written out. */
export const describe = (value: unknown): string => (ArrayBuffer.isView(value) ? 'bytes' : show(value));
