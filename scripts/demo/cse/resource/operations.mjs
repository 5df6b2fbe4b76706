import { demandAccess } from './access.mjs';
import { checkAttributes, checkEvents, contentOf, resolveMembers } from './attributes.mjs';
import { count, create } from './create.mjs';
import { discover, select } from './filter.mjs';
import { fanOut } from './group.mjs';
import { Refusal } from '../base/refusal.mjs';
import { attributesOf, changed, retrieved } from './represent.mjs';
import { INSTANCES } from '../base/resource-types.mjs';
import { formatTime, parseDeadline } from '../base/times.mjs';
import { instancesOf } from './tree.mjs';

const NAMES = { 1: 'create', 2: 'retrieve', 3: 'update', 4: 'delete', 5: 'notify' };
const CHILDREN_WANTED = [4, 5, 6, 8];
const DISCOVERY = 1;

/**
 * Does what a request asks of a resource here.
 *
 * @param request with `path`: `to`, CSE-relative
 * @param source `{ transport }`: `mqtt`, `http`, `ws`
 * @returns `{ rsc, pc?, cts?, cto? }`
 * @throws Refusal
 */
export async function operate(cse, request, source) {
  const found = cse.tree.find(request.path);
  if (found === undefined) throw new Refusal(4004, `No resource with this ID: ${request.path}`);
  const { resource, virtual } = found;
  if (virtual === 'fopt') return fanOut(cse, request, found, source);
  if (virtual === 'pcu') return cse.polling.serve(request, resource, source);
  const target = virtual === undefined ? resource : instance(resource, virtual, request.op);
  switch (NAMES[request.op]) {
    case 'create':
      return create(cse, request, target);
    case 'retrieve':
      return retrieve(cse, request, target, source);
    case 'update':
      return update(cse, request, target);
    case 'delete':
      return remove(cse, request, target);
    case 'notify':
      return cse.notifier.take(request, target);
    default:
      throw new Refusal(4000, `operation is unknown: ${request.op}`);
  }
}

/** What `la` and `ol` stand for. */
function instance(parent, virtual, op) {
  const name = virtual === 'la' ? '<latest>' : '<oldest>';
  if (INSTANCES[parent.ty] === undefined) throw new Refusal(4004, `No resource with this ID: ${virtual}`);
  if (op !== 2 && op !== 4) {
    throw new Refusal(4005, `${NAMES[op]?.toUpperCase()} operation not allowed for ${name} resource type`);
  }
  const found = instancesOf(parent).at(virtual === 'la' ? -1 : 0);
  if (found === undefined) throw new Refusal(4004, `no instance for ${name}`);
  return found;
}

function retrieve(cse, request, resource, { transport }) {
  const { fr, fc, pc } = request;
  if (fc?.fu === DISCOVERY) {
    demandAccess(cse, fr, resource, 'discover');
    return discover(cse, request, resource, transport);
  }
  demandAccess(cse, fr, resource, 'retrieve');
  const wanted = pc?.['m2m:atrl'];
  if (wanted !== undefined) return { rsc: 2000, pc: partial(cse, resource, wanted, transport) };
  if (!CHILDREN_WANTED.includes(request.rcn)) {
    if (![0, 1, 7, undefined].includes(request.rcn))
      throw new Refusal(4000, `rcn: ${request.rcn} not allowed for RETRIEVE`);
    if (resource.ty === 3 && resource.children.size === 0) cse.subscriptions.foundEmpty(resource);
    return { rsc: 2000, pc: retrieved(resource, request, [], cse) };
  }
  const { ignoresLevel } = cse.habits;
  // OpenMTC tells the children of its own, not what is below them.
  const isFlat = request.rcn === 5 && cse.habits.fills !== undefined;
  const { lvl, ...others } = fc ?? {};
  const { found, ...part } = select(resource, { ...others, lvl: isFlat ? 1 : ignoresLevel ? undefined : lvl });
  const drt = request.drt ?? (ignoresLevel && transport === 'mqtt' ? 2 : undefined);
  return { rsc: 2000, pc: retrieved(resource, { ...request, drt }, found, cse), ...part };
}

function partial(cse, resource, names, transport) {
  const own = attributesOf(resource, cse.habits);
  const { attributeLists } = cse.habits;
  if (attributeLists === 'refused' && transport === 'http') throw new Refusal(4000, 'atrl is not supported');
  if (attributeLists === 'all' || attributeLists === 'refused') return { [resource.wrapper]: own };
  if (attributeLists === 'nulls') {
    const isShown = (name) => transport === 'http' && names.includes(name);
    const shown = Object.entries(own).map(([name, value]) => [name, isShown(name) ? value : null]);
    return { [resource.wrapper]: Object.fromEntries(shown) };
  }
  const unknown = names.find((name) => !(name in own));
  if (unknown !== undefined) throw new Refusal(4000, `attribute: ${unknown} is not in resource: ${resource.wrapper}`);
  return { [resource.wrapper]: Object.fromEntries(names.map((name) => [name, own[name]])) };
}

function update(cse, request, resource) {
  const { ty, wrapper, attributes } = resource;
  if ([4, 5, 30].includes(ty)) throw new Refusal(4005, `UPDATE operation not allowed for ${wrapper} resource type`);
  demandAccess(cse, request.fr, resource, 'update');
  const [name, sent] = contentOf(request.pc);
  if (name !== wrapper)
    throw new Refusal(4000, `resource type and content do not match: ${wrapper} expected, not ${name}`);
  checkAttributes(cse, ty, wrapper, sent);
  if ('rn' in sent) throw new Refusal(4000, 'attribute: rn is not allowed in the request');
  const before = { ...attributes };
  for (const [key, value] of Object.entries(sent)) {
    if (value === null) delete attributes[key];
    else attributes[key] = value;
  }
  try {
    if (ty === 9 && sent.mid) resolveMembers(cse, resource);
    if (ty === 23) checkEvents(attributes);
    if (sent.et) attributes.et = expiry(cse, sent.et);
  } catch (error) {
    resource.attributes = before;
    throw error;
  }
  attributes.lt = formatTime(cse.now(), cse.habits.timeDigits);
  if (attributes.st !== undefined) attributes.st += 1;
  if (INSTANCES[ty] !== undefined && attributes.cni !== undefined) count(cse, resource, false);
  cse.subscriptions.updated(resource, Object.keys(sent));
  return { rsc: 2004, pc: changed(resource, request, sent, cse) };
}

function expiry(cse, et) {
  const ends = parseDeadline(et, cse.now());
  if (ends === undefined || ends <= cse.now())
    throw new Refusal(4000, `expirationTime is in the past or malformed: ${et}`);
  return formatTime(ends, cse.habits.timeDigits);
}

function remove(cse, request, resource) {
  if (resource.parent === undefined) throw new Refusal(4005, 'DELETE operation not allowed for CSEBase');
  demandAccess(cse, request.fr, resource, 'delete');
  const { rcn = 0 } = request;
  const children = CHILDREN_WANTED.includes(rcn) ? select(resource).found : [];
  const pc = retrieved(resource, { ...request, rcn }, children, cse);
  drop(cse, resource);
  return { rsc: 2002, pc };
}

/** Takes a resource and what is below out of the tree, and tells those who want to know. */
export function drop(cse, resource) {
  const { parent } = resource;
  const gone = cse.tree.remove(resource);
  if (INSTANCES[parent.ty] === resource.ty) count(cse, parent, false);
  for (const each of gone) cse.subscriptions.removed(each);
}
