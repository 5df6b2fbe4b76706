/**
 * Takes an address apart, as seen by the CSE `/name` of service provider `//sp`.
 *
 * @returns `{ path }`, CSE-relative, where it is here; `{ cseID, to }` where it belongs to another CSE
 */
export function splitAddress(to, { id, spID }) {
  const local = spID && to.startsWith(`${spID}/`) ? to.slice(spID.length) : to;
  if (local.startsWith('//')) return { cseID: `/${local.split('/')[3] ?? ''}`, to };
  if (!local.startsWith('/')) return { path: local };
  const cseID = `/${local.split('/')[1] ?? ''}`;
  return cseID === id ? { path: local.slice(id.length + 1) } : { cseID, to: local };
}

/** As an id is written in a topic (TS-0010 6.4.2): without the slash in front, `:` for every other. */
export function topicId(id) {
  return id.startsWith('//') ? `:${id.slice(2).replaceAll('/', ':')}` : id.replace(/^\//, '').replaceAll('/', ':');
}

/** The id of someone here as others must write it: `/cse/Cae`. */
export const spRelative = (id, cse) => (id.startsWith('/') ? id : `${cse.id}/${id}`);
