import { Refusal } from '../base/refusal.mjs';

/** The bits of `acop`, and the words of ACME's texts. */
export const RIGHTS = { create: 1, retrieve: 2, update: 4, delete: 8, notify: 16, discover: 32 };

/**
 * Whether the originator may do that. A resource without `acpi` takes those of its parent; where there are none up to the
 * CSEBase, everybody may do everything.
 */
export function hasAccess(cse, originator, resource, right) {
  if (originator === cse.admin || originator === cse.id) return true;
  const rules = rulesFor(cse, resource);
  if (rules === undefined) return true;
  return rules.some(
    ({ acor = [], acop = 0 }) => (acop & right) !== 0 && acor.some((each) => isMeant(each, originator, cse)),
  );
}

export function demandAccess(cse, originator, resource, name) {
  if (hasAccess(cse, originator, resource, RIGHTS[name])) return;
  const text = `originator: ${originator} has no ${name.toUpperCase()} privileges for resource: ${resource.attributes.ri}`;
  throw new Refusal(4103, text);
}

function rulesFor(cse, resource) {
  if (resource.ty === 1) return resource.attributes.pvs?.acr ?? [];
  for (let each = resource; each !== undefined; each = each.parent) {
    const { acpi } = each.attributes;
    if (acpi?.length > 0) return acpi.flatMap((id) => cse.find(id)?.resource.attributes.pv?.acr ?? []);
  }
  return undefined;
}

/** `all`, an id with `*` in it, or the id itself, with or without the CSE in front. */
function isMeant(pattern, originator, cse) {
  if (pattern === 'all') return true;
  const shorten = (id) => (id.startsWith(`${cse.id}/`) ? id.slice(cse.id.length + 1) : id);
  const expression = shorten(pattern)
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*');
  return new RegExp(`^${expression}$`).test(shorten(originator ?? ''));
}
