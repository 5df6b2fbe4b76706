import { topicId } from './base/addresses.mjs';
import { randomId } from './base/ids.mjs';

const CREATE = 1;
const DELETE = 4;
const REMOTE_CSE = 16;
const MN = 2;
const ALREADY = [4105, 4117];

/**
 * Registers a CSE with its registrar (TS-0001 10.2.2.5) over MQTT, in place of a registration that an earlier life left.
 *
 * @throws Error where the registrar does not answer or refuses
 */
export async function registerWith(cse, registrar) {
  let answer = await sendCsr(cse, registrar);
  if (ALREADY.includes(answer.rsc)) {
    await ask(cse, registrar, { op: DELETE, to: `${registrar.id}/${registrar.base}/${cse.name}` });
    answer = await sendCsr(cse, registrar);
  }
  if (answer.rsc !== 2001) throw new Error(`${cse.id}: ${registrar.id} refuses the registration with ${answer.rsc}`);
}

function sendCsr(cse, registrar) {
  const { habits } = cse;
  const csr = {
    rn: cse.name,
    cb: habits.fills ? cse.base : `${cse.id}/${cse.base}`,
    csi: cse.id,
    cst: MN,
    rr: true,
    poa: cse.pointsOfAccess(),
    ...(habits.unknownAttributes.includes('srv') ? {} : { srv: habits.releases }),
  };
  return ask(cse, registrar, {
    op: CREATE,
    to: `${registrar.id}/${registrar.base}`,
    ty: REMOTE_CSE,
    pc: { 'm2m:csr': csr },
  });
}

async function ask(cse, registrar, members) {
  const rqi = randomId();
  const fr = cse.habits.ownAddress === 'absolute' ? cse.absoluteId : cse.id;
  const answer = cse.outgoing.expect(rqi);
  const request = { ...members, fr, rqi, rvi: cse.habits.releases.at(-1) };
  await cse.mqtt.publish(`/oneM2M/req/${cse.name}/${topicId(registrar.id)}/json`, request, registrar.brokerUrl);
  const response = await answer;
  if (response === undefined) throw new Error(`${cse.id}: ${registrar.id} does not answer the registration`);
  return response;
}
