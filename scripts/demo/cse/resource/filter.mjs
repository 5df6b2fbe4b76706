import { Refusal } from '../base/refusal.mjs';
import { addressOf, referenceTo } from './represent.mjs';
import { hasAccess, RIGHTS } from './access.mjs';
import { descendants } from './tree.mjs';

const HANDLING = ['fu', 'fo', 'lim', 'lvl', 'ofst', 'arp'];
const OR = 2;

const list = (value) => (Array.isArray(value) ? value : [value]);
const sizeOf = ({ attributes }) => attributes.cs ?? attributes.cbs ?? 0;

/** Each condition of TS-0004 7.3.3.17.1 that is understood: `(resource, value) => boolean`. */
const CONDITIONS = {
  crb: ({ attributes }, value) => attributes.ct < value,
  cra: ({ attributes }, value) => attributes.ct > value,
  ms: ({ attributes }, value) => attributes.lt > value,
  us: ({ attributes }, value) => attributes.lt < value,
  sts: ({ attributes }, value) => (attributes.st ?? 0) < value,
  stb: ({ attributes }, value) => (attributes.st ?? 0) > value,
  exb: ({ attributes }, value) => attributes.et < value,
  exa: ({ attributes }, value) => attributes.et > value,
  sza: (resource, value) => sizeOf(resource) >= value,
  szb: (resource, value) => sizeOf(resource) < value,
  ty: ({ ty }, value) => list(value).map(Number).includes(ty),
  cty: ({ attributes }, value) => list(value).includes(String(attributes.cnf).split(':')[0]),
  lbl: ({ attributes }, value) => list(value).some((label) => attributes.lbl?.includes(label)),
};

/** Whether a resource meets the conditions; unknown ones are attributes and their values, empty ones are none. */
export function matches(resource, criteria) {
  const conditions = Object.entries(criteria).filter(([name, value]) => !HANDLING.includes(name) && !isEmpty(value));
  const meets = ([name, value]) =>
    CONDITIONS[name]?.(resource, value) ?? String(resource.attributes[name]) === String(value);
  if (conditions.length === 0) return true;
  return criteria.fo === OR ? conditions.some(meets) : conditions.every(meets);
}

const isEmpty = (value) => value === null || value === undefined || (Array.isArray(value) && value.length === 0);

/**
 * What is below the resource and meets the criteria, cut to `ofst` and `lim`.
 *
 * @returns `{ found, cts, cto }`: `cts` 1 where more would follow, at `cto`; 2 where this is the end of a list told in parts
 */
export function select(resource, criteria = {}, isAllowed = () => true) {
  const { lvl, lim, ofst } = criteria;
  const all = descendants(resource, lvl ?? Infinity).filter((each) => isAllowed(each) && matches(each, criteria));
  const start = Math.max(0, (ofst ?? 1) - 1);
  const found = all.slice(start, lim === undefined || lim === null ? undefined : start + lim);
  const end = start + found.length;
  if (end < all.length) return { found, cts: 1, cto: end + 1 };
  return start > 0 ? { found, cts: 2 } : { found };
}

/** The answer to a discovery (`fu` 1): addresses (rcn 11) or references (6). */
export function discover(cse, request, resource, transport) {
  const { rcn = 11, drt, fr, fc } = request;
  if (rcn !== 11 && rcn !== 6 && rcn !== 1) throw new Refusal(4000, `rcn: ${rcn} not allowed for discovery`);
  const isAllowed = (each) => hasAccess(cse, fr, each, RIGHTS.discover);
  const nothing = cse.habits.discoversNothing && transport === 'mqtt';
  const { found, ...part } = nothing ? { found: [] } : select(resource, fc, isAllowed);
  const pc =
    rcn === 6 && !cse.habits.onlyUriLists
      ? { 'm2m:rrl': { rrf: found.map((each) => referenceTo(each, cse, drt)) } }
      : { 'm2m:uril': found.map((each) => addressOf(each, drt)) };
  return { rsc: 2000, pc, ...part };
}
