import { Refusal } from '../base/refusal.mjs';
import { spRelative } from '../base/addresses.mjs';

/** A request to `group/fopt[/rest]`: sent on to each member, the answers in one `m2m:agr` (TS-0001 10.2.7). */
export async function fanOut(cse, request, { resource, rest }, source) {
  if (resource.ty !== 9) throw new Refusal(4004, `No resource with this ID: ${request.path}`);
  const { mid } = resource.attributes;
  if (mid.length === 0) throw new Refusal(4004, 'group has no members');
  const answers = [];
  for (const [index, member] of mid.entries()) {
    const to = rest === '' ? member : `${member}/${rest}`;
    const { rsc, pc } = await cse.perform({ ...request, to, rqi: `${request.rqi}-${index}`, rt: undefined }, source);
    answers.push({ rsc, rqi: request.rqi, rvi: request.rvi, to: request.fr, fr: spRelative(member, cse), pc });
  }
  return { rsc: 2000, pc: { 'm2m:agr': { 'm2m:rsp': answers } } };
}
