import { topicId } from './base/addresses.mjs';
import { randomId } from './base/ids.mjs';
import { Refusal } from './base/refusal.mjs';

/**
 * Sends a request on to the CSE it is for: one that is registered here, one we were told of, or else the one we are
 * registered with, which may know.
 *
 * @param from name of the CSE it came from, which must not get it back
 * @returns `{ rsc, pc?, ... }` as the other one answered
 */
export async function forward(cse, request, cseID, from) {
  const route = findRoute(cse, cseID);
  if (route === undefined || topicId(route.id) === from)
    throw new Refusal(5103, `target is not reachable: ${request.to}`);
  const rqi = cse.habits.forwardsAsItself ? request.rqi : randomId();
  const primitive = { ...request, fr: originatorOf(cse, request.fr), rqi, path: undefined };
  const answer = cse.outgoing.expect(rqi);
  await cse.mqtt?.publish(`/oneM2M/req/${cse.name}/${topicId(route.id)}/json`, primitive, route.poa);
  const response = await answer;
  if (response === undefined) throw new Refusal(5103, `target is not reachable: ${route.id} did not answer`);
  const { rsc, pc, cts, cto, rvi } = response;
  return { rsc, pc, cts, cto, rvi };
}

function findRoute(cse, cseID) {
  const csr = cse.tree.remote(cseID) ?? [...cse.tree.all()].find(({ attributes }) => attributes.dcse?.includes(cseID));
  if (csr !== undefined) {
    return { id: csr.attributes.csi, poa: csr.attributes.poa?.find((each) => /^mqtts?:/.test(each)) };
  }
  const { remotes = [], registrar } = cse.options;
  const known = remotes.find(({ id }) => id === cseID) ?? registrar;
  return known && { id: known.id, poa: known.brokerUrl };
}

function originatorOf(cse, fr) {
  if (cse.habits.forwardsAsItself) return cse.absoluteId;
  return fr === undefined || fr.startsWith('/') ? fr : `${cse.id}/${fr}`;
}
