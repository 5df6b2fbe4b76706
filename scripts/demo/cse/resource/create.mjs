import { demandAccess } from './access.mjs';
import { contentOf, checkAttributes, checkEvents, resolveMembers } from './attributes.mjs';
import { aeIdFor } from '../base/ids.mjs';
import { Refusal } from '../base/refusal.mjs';
import { changed } from './represent.mjs';
import { INSTANCES, MANDATORY, mayContain, wrapperOf } from '../base/resource-types.mjs';
import { addPoint } from './time-series.mjs';
import { formatTime, parseDeadline } from '../base/times.mjs';
import { instancesOf, pathOf } from './tree.mjs';

/** CREATE of a child of `parent`. */
export async function create(cse, request, parent) {
  const { ty, fr } = request;
  if (!Number.isInteger(ty)) throw new Refusal(4000, 'resource type (ty) is missing or no number');
  const [wrapper, sent] = contentOf(request.pc);
  const expected = wrapperOf(ty);
  if (expected !== undefined && wrapper !== expected) {
    throw new Refusal(4000, `resource type and content do not match: ${expected} expected, not ${wrapper}`);
  }
  if (!mayContain(parent.ty, ty))
    throw new Refusal(4108, `resource type ${ty} is not a valid child of type ${parent.ty}`);
  if (ty !== 2 && ty !== 16) demandAccess(cse, fr, parent, 'create');
  const given = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null));
  checkAttributes(cse, ty, wrapper, given);
  for (const name of MANDATORY[ty] ?? []) {
    if (given[name] === undefined) throw new Refusal(4000, `missing or empty attribute: ${name}`);
  }
  const resource = { ty, wrapper, parent, children: new Map(), creator: fr, attributes: undefined };
  resource.attributes = { ...given, ...identify(cse, request, parent, given), ...stamps(cse, given) };
  if ('cr' in sent && sent.cr === null) resource.attributes.cr = fr;
  SPECIALS[ty]?.(cse, resource, fr);
  const instance = INSTANCES[parent.ty] === ty;
  if (instance) checkRoom(parent, resource);
  if (ty === 23) await cse.subscriptions.verify(resource, fr);
  refuseNameConflict(parent, resource.attributes.rn);
  cse.tree.add(resource);
  if (instance) count(cse, parent);
  if (ty === 30) addPoint(cse, parent, resource);
  cse.subscriptions.created(resource);
  return { rsc: 2001, pc: changed(resource, request, sent, cse) };
}

/** `rn`, `ri`, `pi`, `ty`, and `aei` of an AE. */
function identify(cse, { ty, fr }, parent, { rn, csi }) {
  const pi = parent.attributes.ri;
  const ri = cse.newId(ty);
  if (ty === 2) {
    const aei = aeIdFor(fr, { aeIds: cse.habits.aeIds, id: cse.name }, cse.count);
    if (aei === undefined) throw new Refusal(4126, `originator: ${fr} may not be an AE-ID`);
    refuseSecond(cse, cse.tree.ae(aei), aei);
    refuseNameConflict(parent, rn);
    return { rn: rn ?? aei, pi, ri: aei, ty, aei };
  }
  refuseNameConflict(parent, rn);
  if (ty === 16) {
    refuseSecond(cse, cse.tree.remote(csi), csi);
    return { rn: rn ?? csi.slice(1), pi, ri: cse.habits.fills ? ri : csi.slice(1), ty };
  }
  return { rn: rn ?? `${wrapperOf(ty)?.slice(4) ?? 'res'}_${ri}`, pi, ri, ty };
}

function refuseNameConflict(parent, rn) {
  if (rn === undefined || !parent.children.has(rn)) return;
  throw new Refusal(4105, `Resource with structured id: ${pathOf(parent)}/${rn} already exists`);
}

function refuseSecond({ habits }, resource, id) {
  const [rsc, text] = habits.twiceRegistered;
  if (resource !== undefined) throw new Refusal(rsc, text.replace('{aei}', id));
}

function stamps(cse, { et }) {
  const now = cse.now();
  const ends = et === undefined ? now + cse.habits.lifetimeS * 1000 : parseDeadline(et, now);
  if (ends === undefined || ends <= now) throw new Refusal(4000, `expirationTime is in the past or malformed: ${et}`);
  const time = formatTime(now, cse.habits.timeDigits);
  return { ct: time, lt: time, et: formatTime(ends, cse.habits.timeDigits) };
}

/** What else belongs to a resource of a type: `(cse, resource, originator)`. */
const SPECIALS = {
  2: ({ habits }, { attributes }) => {
    for (const name of habits.aeNeeds) {
      if (attributes[name] === undefined) throw new Refusal(4000, `missing or empty attribute: ${name}`);
    }
    if (habits.checksApi && !/^[NR]/.test(attributes.api)) throw new Refusal(4000, 'missing or empty attribute: api');
    Object.assign(attributes, habits.aeDefaults);
  },
  3: (cse, { attributes }) => Object.assign(attributes, { st: 0, cni: 0, cbs: 0 }),
  4: (cse, { attributes, parent }) => {
    Object.assign(attributes, { cs: sizeOf(attributes.con), st: (parent.attributes.st ?? 0) + 1 });
  },
  9: (cse, resource) => resolveMembers(cse, resource),
  15: ({ habits }, { attributes }) => {
    if (!habits.hasPollingChannel) throw new Refusal(5001, 'pollingChannel is not supported');
    attributes.rqag ??= false;
  },
  23: (cse, { attributes }) => {
    checkEvents(attributes);
    attributes.nct ??= 1;
  },
  28: (cse, { attributes }) => Object.assign(attributes, { st: 0, cs: sizeOf(attributes) }),
  29: (cse, { attributes }) => {
    Object.assign(attributes, { st: 0, cni: 0, cbs: 0 });
    if (attributes.pei !== undefined) attributes.peid ??= Math.floor(attributes.pei / 4);
    if (attributes.mdd === true) Object.assign(attributes, { mdc: 0, mdlt: [] });
  },
  30: (cse, { attributes, parent }) => {
    attributes.cs = sizeOf(attributes.con);
    if (instancesOf(parent).some((each) => each.attributes.dgt === attributes.dgt)) {
      throw new Refusal(4105, `timeSeriesInstance with the same dgt already exists: ${attributes.dgt}`);
    }
  },
};

const sizeOf = (content) => Buffer.byteLength(typeof content === 'string' ? content : JSON.stringify(content));

function checkRoom({ attributes }, { attributes: { cs } }) {
  if (attributes.mbs !== undefined && cs > attributes.mbs) {
    throw new Refusal(5207, `contentSize: ${cs} is larger than maxByteSize: ${attributes.mbs}`);
  }
}

/** Brings `cni`, `cbs` and `st` up to date, and drops the oldest instances where there are more than `mni` and `mbs` allow. */
export function count(cse, parent, isGrowing = true) {
  const { attributes } = parent;
  let instances = instancesOf(parent);
  let size = instances.reduce((sum, each) => sum + each.attributes.cs, 0);
  while (instances.length > (attributes.mni ?? Infinity) || size > (attributes.mbs ?? Infinity)) {
    size -= instances[0].attributes.cs;
    cse.tree.remove(instances[0]);
    instances = instances.slice(1);
  }
  Object.assign(attributes, { cni: instances.length, cbs: size });
  if (isGrowing) {
    attributes.st = (attributes.st ?? 0) + 1;
    attributes.lt = formatTime(cse.now(), cse.habits.timeDigits);
  }
}
