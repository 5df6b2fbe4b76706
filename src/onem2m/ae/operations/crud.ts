import { isPlainRecord } from '../../../base/records';
import { show } from '../../../base/show';
import { OPERATIONS } from '../../primitive/primitives';
import { unwrap } from '../../resource/resource-types';
import type { AeMessage } from '../model/messages';
import { ask, badMessage, type Operation } from './context';
import { decodeAnswer } from './decode';
import { addressOf, describe, draft, isGiven, membersOf, requiredAddress, without } from './message';
import { changes, newResource } from './representation';

/** `msg.topic`: the parent. `msg.ty` and the representation as payload; `msg.name` and `msg.labels` where it has none. */
export const create: Operation = async (message, context, signal) => {
  const members = membersOf(message);
  const to = addressOf(message, members, context);
  const resource = newResource(message, members);
  const request = draft(OPERATIONS.create, to, {}, { ...members, ...resource });
  return decodeAnswer(await ask(context.requester, request, signal), 'create', { content: false });
};

/** `msg.attributes`: short names of those wanted. */
export const retrieve: Operation = async (message, context, signal) => {
  const members = membersOf(message);
  const to = addressOf(message, members, context);
  const attributes = attributesOf(message);
  const isAsked = attributes.length > 0 && context.picksAttributes?.() !== false;
  const own = isAsked ? { pc: { 'm2m:atrl': attributes } } : {};
  const request = draft(OPERATIONS.retrieve, to, own, without(members, 'ty'));
  const exchange = await ask(context.requester, request, signal);
  if (attributes.length === 0) return decodeAnswer(exchange, 'retrieve', { content: true });
  // Some CSEs answer with all, or with null for what is absent.
  const { response } = exchange;
  const picked = { ...exchange, response: { ...response, pc: pick(response.pc, attributes) } };
  const { payload, onem2m } = decodeAnswer(picked, 'retrieve', { content: true });
  return { payload, onem2m: { ...onem2m, raw: response } };
};

/** The attributes to change as payload; null deletes one. */
export const update: Operation = async (message, context, signal) => {
  const members = membersOf(message);
  const to = addressOf(message, members, context);
  const pc = await changes(message, members, to, context, signal);
  const request = draft(OPERATIONS.update, to, {}, { ...without(members, 'ty'), pc });
  return decodeAnswer(await ask(context.requester, request, signal), 'update', { content: false });
};

/** Never the AE itself by an empty topic: that is what `deregister` is for. */
export const remove: Operation = async (message, context, signal) => {
  const members = membersOf(message);
  const to = requiredAddress(message, members, context, 'what to delete (the AE itself: operation "deregister")');
  const request = draft(OPERATIONS.delete, to, {}, without(members, 'ty'));
  return decodeAnswer(await ask(context.requester, request, signal), 'delete', { content: false });
};

/** The payload as it is: `{ "m2m:sgn": { ... } }` and the like. */
export const notify: Operation = async (message, context, signal) => {
  const members = membersOf(message);
  const to = requiredAddress(message, members, context, 'who is notified');
  const pc = members['pc'] ?? message['payload'];
  if (!isPlainRecord(pc)) {
    throw badMessage('msg.payload', `must be a notification such as { "m2m:sgn": { ... } }, got ${describe(pc)}`);
  }
  const request = draft(OPERATIONS.notify, to, { pc }, without(members, 'ty'));
  return decodeAnswer(await ask(context.requester, request, signal), 'notify', { content: false });
};

/** Of a representation, in its wrapper, the attributes of these names that have a value. */
function pick(pc: unknown, names: readonly string[]): unknown {
  const content = unwrap(pc);
  if (content === undefined || !isPlainRecord(content.representation)) return pc;
  const { wrapper, representation } = content;
  const own = names.filter((name) => isGiven(representation[name]) || representation[name] === '');
  return { [wrapper]: Object.fromEntries(own.map((name) => [name, representation[name]])) };
}

function attributesOf(message: AeMessage): readonly string[] {
  const given = message['attributes'];
  if (!isGiven(given)) return [];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.every((name) => typeof name === 'string' && name !== '')) return list as string[];
  throw badMessage('msg.attributes', `must be a list of short names such as ["lbl", "cni"], got ${show(given)}`);
}
