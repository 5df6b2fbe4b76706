import { readExamples } from './user-directory.mjs';

const HEADERS = { 'X-M2M-Origin': 'Cdemo', 'X-M2M-RI': 'look', 'X-M2M-RVI': '3', Accept: 'application/json' };

/**
 * The application entities of the examples, and where each is to be registered.
 *
 * @returns `{ name, cseID, url }`; `url` is the resource as plain HTTP shows it
 */
export async function readEntities(examples, addresses) {
  const cses = { '/in-cse-1': addresses.inCse, '/mn-cse-1': addresses.mnCse };
  const nodes = await readExamples(examples, addresses);
  return nodes
    .filter(({ type }) => type === 'onem2m-ae')
    .map(({ ae, cse }) => ({ name: ae.name, cseID: cse.id, url: `${cses[cse.id]}/${cse.base}/${ae.name}` }));
}

/** Asks the CSEs, not the nodes: `originator` is that of an entity that is registered, and absent where it is not. */
export function lookAtEntities(entities) {
  return Promise.all(entities.map(async (entity) => ({ ...entity, originator: await originatorAt(entity.url) })));
}

async function originatorAt(url) {
  const answer = await fetch(url, { headers: HEADERS, signal: AbortSignal.timeout(5_000) });
  const body = await answer.json();
  return answer.ok ? body['m2m:ae']?.aei : undefined;
}
