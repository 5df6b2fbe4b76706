import { Refusal } from '../base/refusal.mjs';
import { hasAttribute, READ_ONLY } from '../base/resource-types.mjs';

const CREATE_CHILD = 3;
const MODIFIED_ATTRIBUTES = 2;

/** @returns the one wrapper of a resource content and what it holds */
export function contentOf(pc) {
  const entries = pc !== null && typeof pc === 'object' ? Object.entries(pc) : [];
  const [entry] = entries;
  if (entries.length !== 1 || entry[1] === null || typeof entry[1] !== 'object') {
    throw new Refusal(4000, 'content (pc) must be one resource in its wrapper');
  }
  return entry;
}

/** Refuses what is unknown and what only the CSE may set. */
export function checkAttributes(cse, ty, wrapper, given) {
  for (const name of Object.keys(given)) {
    if (!hasAttribute(ty, name) || cse.habits.unknownAttributes.includes(name)) {
      throw new Refusal(4000, `unknown attribute: ${name} in resource: ${wrapper}`);
    }
    if (READ_ONLY.includes(name)) throw new Refusal(4000, `attribute: ${name} is not allowed in the request`);
  }
}

/** Only what changed cannot be told of a child that is new. */
export function checkEvents({ nct, enc, nu }) {
  if (!Array.isArray(nu) || nu.length === 0) throw new Refusal(4000, 'nu must be a list of at least one target');
  if (nct === MODIFIED_ATTRIBUTES && enc?.net?.includes(CREATE_CHILD)) {
    throw new Refusal(4000, 'nct = 2 (modifiedAttributes) is not allowed with net = 3 (createDirectChild)');
  }
}

/** The members of a group by their ids, each once; they must be there and, where `mt` says so, of one type. */
export function resolveMembers(cse, { attributes }) {
  if (attributes.mnm !== undefined && attributes.mid.length > attributes.mnm) {
    throw new Refusal(6010, `maxNrOfMembers: ${attributes.mnm} is exceeded`);
  }
  const mid = attributes.mid.map((member) => {
    if (cse.isRemote(member)) return member;
    const found = cse.find(member);
    if (found === undefined) throw new Refusal(4004, `No resource with this ID: ${member}`);
    if (attributes.mt > 0 && found.resource.ty !== attributes.mt) {
      throw new Refusal(6011, `member type mismatch: ${member}`);
    }
    return found.virtual ? member : found.resource.attributes.ri;
  });
  Object.assign(attributes, { mid: [...new Set(mid)], mtv: true });
  attributes.cnm = attributes.mid.length;
  attributes.mt ??= 0;
  attributes.csy ??= 1;
}
