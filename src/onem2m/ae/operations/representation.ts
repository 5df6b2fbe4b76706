import { isPlainRecord } from '../../../base/records';
import { show } from '../../../base/show';
import { describeTypes, resourceType, unwrap } from '../../resource/resource-types';
import { OPERATIONS } from '../../primitive/primitives';
import type { AeMessage } from '../model/messages';
import { ask, badMessage, type OperationContext } from './context';
import { describe, draft, isGiven, labelsOf, type Members } from './message';

type Representation = Readonly<Record<string, unknown>>;

interface Wrapped {
  readonly wrapper: string;
  readonly representation: Representation;
}

/** `{ "m2m:cnt": { ... } }` taken apart; undefined where `value` is something else. */
export function wrapped(value: unknown): Wrapped | undefined {
  if (!isPlainRecord(value)) return undefined;
  const [[wrapper, representation] = ['', undefined], ...more] = Object.entries(value);
  return more.length === 0 && wrapper.includes(':') && isPlainRecord(representation)
    ? { wrapper, representation }
    : undefined;
}

/** Names of kinds of resources: theirs depends on what they are (`cod:tempe`, `m2m:bat`), so a number alone does not tell it. */
const GENERIC: ReadonlySet<string> = new Set(['m2m:fcnt', 'm2m:fcntA', 'm2m:mgo', 'm2m:mgoA']);

/**
 * The type in `msg.onem2m.ty` or `msg.ty`, by number or name; undefined where none is given. `wrapper` is empty where the type does
 * not tell it.
 */
export function typeGiven(message: AeMessage, members: Members): { ty: number; wrapper: string } | undefined {
  const field = members['ty'] === undefined ? 'msg.ty' : 'msg.onem2m.ty';
  const given = members['ty'] ?? message['ty'];
  if (!isGiven(given)) return undefined;
  const type = resourceType(given);
  if (type !== undefined) {
    const isGeneric = GENERIC.has(type.wrapper) && given !== type.wrapper;
    return { ty: type.ty, wrapper: isGeneric ? '' : type.wrapper };
  }
  if (typeof given === 'number' && Number.isSafeInteger(given)) return { ty: given, wrapper: '' };
  throw badMessage(field, `is not a resource type: expected ${describeTypes()}, got ${show(given)}`);
}

/** Type and content of a CREATE. A raw `msg.onem2m.pc` is passed on as it is. */
export function newResource(message: AeMessage, members: Members): { ty: number; pc: unknown } {
  const raw = members['pc'];
  const field = raw === undefined ? 'msg.payload' : 'msg.onem2m.pc';
  const body = raw ?? message['payload'];
  if (!isPlainRecord(body)) {
    throw badMessage(field, `must be the representation of the new resource, an object, got ${describe(body)}`);
  }
  const inner = wrapped(body);
  const given = typeGiven(message, members);
  const known = inner === undefined ? undefined : resourceType(inner.wrapper);
  const ty = given?.ty ?? known?.ty;
  if (ty === undefined) {
    throw badMessage('msg.ty', `is required: the type of the new resource, ${describeTypes()}`);
  }
  // Vendors' namespaces do not tell flexContainers from management objects.
  if (known !== undefined && known.ty !== ty && inner?.wrapper.startsWith('m2m:') === true) {
    throw badMessage('msg.ty', `is ${ty}, but "${inner.wrapper}" in ${field} is of type ${known.ty}`);
  }
  const wrapper = inner?.wrapper ?? given?.wrapper ?? '';
  if (wrapper === '') {
    throw badMessage(field, `must have the name of the resource around it, as in { "cod:tempe": { ... } }: type ${ty}`);
  }
  if (raw !== undefined) return { ty, pc: raw };
  const labels = labelsOf(message);
  const name = nameOf(message);
  const representation = {
    ...(name === undefined ? {} : { rn: name }),
    ...(labels.length === 0 ? {} : { lbl: labels }),
    ...(inner?.representation ?? body),
  };
  return { ty, pc: { [wrapper]: representation } };
}

function nameOf(message: AeMessage): string | undefined {
  const given = message['name'];
  if (!isGiven(given)) return undefined;
  if (typeof given === 'string' && !/[/\s]/.test(given)) return given;
  throw badMessage('msg.name', `must be the name of the new resource, without "/" and spaces, got ${show(given)}`);
}

/**
 * Content of an UPDATE. Attributes without a wrapper get that of `msg.ty`, or of `resources`; where neither knows it, the resource
 * is retrieved to learn it.
 */
export async function changes(
  message: AeMessage,
  members: Members,
  to: string,
  context: OperationContext,
  signal?: AbortSignal,
): Promise<unknown> {
  const raw = members['pc'];
  if (raw !== undefined) {
    if (isPlainRecord(raw)) return raw;
    throw badMessage('msg.onem2m.pc', `must be an object, got ${describe(raw)}`);
  }
  const payload = message['payload'];
  if (!isPlainRecord(payload)) {
    throw badMessage('msg.payload', `must be an object of the attributes to change, got ${describe(payload)}`);
  }
  if (wrapped(payload) !== undefined) return payload;
  const wrapper = typeGiven(message, members)?.wrapper || knownWrapper(to, context);
  return { [wrapper ?? (await askForWrapper(to, context, signal))]: payload };
}

function knownWrapper(to: string, context: OperationContext): string | undefined {
  const known = context.wrapperOf?.(to);
  if (known !== undefined && known !== '') return known;
  const ty = context.typeOf?.(to);
  const wrapper = ty === undefined ? undefined : resourceType(ty)?.wrapper;
  return wrapper === '' || (wrapper !== undefined && GENERIC.has(wrapper)) ? undefined : wrapper;
}

async function askForWrapper(to: string, context: OperationContext, signal?: AbortSignal): Promise<string> {
  const { response } = await ask(context.requester, draft(OPERATIONS.retrieve, to, {}, {}), signal);
  const wrapper = unwrap(response.pc)?.wrapper;
  if (wrapper !== undefined) return wrapper;
  throw badMessage('msg.ty', `is required: what the CSE answers does not tell the type of ${to}`);
}
