import { splitAddress } from './base/addresses.mjs';
import { forward } from './forward.mjs';
import { acknowledge, RESPONSE } from './non-blocking.mjs';
import { operate } from './resource/operations.mjs';
import { Refusal } from './base/refusal.mjs';
import { parseDeadline } from './base/times.mjs';
import { answerTo } from './wire.mjs';

const CREATE = 1;
const AE = 2;
const REMOTE_CSE = 16;
/** Answers that are remembered for requests that come twice. */
const WINDOW = 5_000;

/**
 * A request that came over a transport.
 *
 * @param {unknown} incoming the decoded primitive; undefined: it could not be decoded
 * @param source `{ transport, level?, isRegistration?, gone? }`: `level` is the originator in the topic, `gone` an
 *   AbortSignal: who asked has hung up
 * @returns the response primitive; undefined: there will be none
 */
export async function receive(cse, incoming, source) {
  const { habits } = cse;
  if (incoming === undefined) return refusalOf(cse, {}, habits.malformed);
  const request = incoming['m2m:rqp'] && habits.acceptsWrapped ? incoming['m2m:rqp'] : incoming;
  cse.log(request, source);
  await cse.whenReleased();
  const missing = missingMember(request, habits);
  if (missing !== undefined) return refusalOf(cse, request, missing);
  const key = JSON.stringify([source.level, request.fr, request.rqi]);
  const isOnce = cse.deduplicates && source.transport !== 'http';
  const known = isOnce ? cse.answered.get(key) : undefined;
  if (known !== undefined) return known;
  const answer = serve(cse, request, source);
  if (isOnce) remember(cse.answered, key, answer);
  return answer;
}

async function serve(cse, request, source) {
  const result = await resultOf(cse, request, source);
  await cse.beforeAnswer(request);
  if (request.rt?.rtv === RESPONSE.noResponse) return undefined;
  if (result.rsc >= 4000 && cse.habits.hidesErrors && source.transport === 'mqtt') return undefined;
  return answerTo(cse, request, result);
}

async function resultOf(cse, request, source) {
  const { rtv } = request.rt ?? {};
  try {
    check(cse, request, source);
  } catch (error) {
    return refused(cse, error);
  }
  const execute = () => perform(cse, { ...request, rt: undefined }, source);
  const isLater = rtv === RESPONSE.nonBlockingSync || rtv === RESPONSE.nonBlockingAsync;
  return isLater && cse.habits.hasRequestResources ? acknowledge(cse, request, execute) : execute();
}

/** Does a request here, or has it done by the CSE it is for. @returns `{ rsc, pc?, cts?, cto?, rvi? }`; refusals too */
export async function perform(cse, request, source) {
  try {
    cse.expire();
    const place = splitAddress(request.to, cse);
    if (place.cseID !== undefined) checkForwarded(cse, request);
    if (place.cseID !== undefined) return await forward(cse, request, place.cseID, source.level);
    return await operate(cse, { ...withoutEmpty(request, cse.habits), path: place.path }, source);
  } catch (error) {
    return refused(cse, error);
  }
}

function check(cse, { op, to, fr, ty, rvi, rqet, ot, fc, pc }, { isRegistration }) {
  const { habits } = cse;
  const refused = habits.refusedCriteria.find((name) => (fc?.[name] ?? null) !== null);
  if (refused !== undefined) throw new Refusal(4000, `filter criteria: unknown attribute: ${refused}`);
  if (habits.wholeSeconds) checkWholeSeconds({ ot, et: Object.values(pc ?? {})[0]?.et, ...fc });
  if (typeof to !== 'string' || typeof (fr ?? '') !== 'string') throw new Refusal(4000, 'to and fr must be strings');
  if (isRegistration && habits.checksRegistration && (op !== CREATE || (ty !== AE && ty !== REMOTE_CSE))) {
    throw new Refusal(4000, 'Invalid operation for registration');
  }
  if (rvi !== undefined && habits.checksRelease && !habits.releases.includes(rvi)) {
    throw new Refusal(4001, `release version indicator is not supported: ${rvi}`);
  }
  if (ty !== undefined && ty !== null && op !== CREATE) throw new Refusal(4000, 'ty is only allowed with CREATE');
  const deadline = rqet === undefined ? undefined : parseDeadline(rqet, cse.now());
  if (deadline < cse.now()) throw new Refusal(4008, `request timeout reached: rqet ${rqet}`);
}

function checkForwarded({ habits }, { to, fc }) {
  const absent = fc && habits.forwardsCriteria.find((name) => (fc[name] ?? null) === null);
  if (absent) throw new Refusal(5103, `target is not reachable: ${to}`);
}

const TIMES = ['et', 'ot', 'cra', 'crb', 'ms', 'us', 'exb', 'exa'];

function checkWholeSeconds(members) {
  const wrong = TIMES.find((name) => /,\d/.test(members[name] ?? ''));
  if (wrong !== undefined) throw new Refusal(4000, `${wrong}: invalid timestamp: ${members[wrong]}`);
}

/** What is said where a member that the flavour insists on is missing. */
function missingMember(request, { missing }) {
  const isNewAe = request.op === CREATE && request.ty === AE;
  const name = Object.keys(missing).find(
    (each) => (request[each] === undefined || request[each] === null) && !(each === 'fr' && isNewAe),
  );
  return missing[name];
}

/** @param answer `silence`, or a status code and its text */
function refusalOf(cse, request, answer) {
  if (answer === 'silence') return undefined;
  const [rsc, text] = answer;
  return answerTo(cse, request, refused(cse, new Refusal(rsc, text)));
}

function refused(cse, error) {
  const { habits } = cse;
  if (!(error instanceof Refusal)) {
    cse.failed(error);
    return { rsc: 5000, pc: { 'm2m:dbg': String(error) } };
  }
  return { rsc: error.rsc, pc: habits.tellsErrors ? { 'm2m:dbg': error.message } : undefined };
}

/** Some clients send every member they know, most of them null. */
function withoutEmpty(request, { skipsZeroCriteria }) {
  const kept = (members, isKept) => Object.fromEntries(Object.entries(members).filter(([, value]) => isKept(value)));
  const isGiven = (value) => value !== null;
  const { fc } = request;
  return { ...kept(request, isGiven), ...(fc ? { fc: kept(fc, skipsZeroCriteria ? Boolean : isGiven) } : {}) };
}

function remember(answers, key, answer) {
  answers.set(key, answer);
  if (answers.size > WINDOW) answers.delete(answers.keys().next().value);
}
