import { asRecord } from '../../base/records';
import { DeviceError, toDeviceError } from '../../base/errors';
import type { ErrorInfo } from '../../base/errors';
import { addressProblem } from '../../onem2m/primitive/addressing';
import type { Exchange } from '../../onem2m/exchange/requester';
import { OPERATIONS, type RequestMembers } from '../../onem2m/primitive/primitives';
import {
  profileOf,
  recognizeProfile,
  type FirstAnswer,
  type Profile,
  type ProfileName,
} from '../../onem2m/binding/profile';
import { typeName, unwrap, resourceType } from '../../onem2m/resource/resource-types';
import { refusalOf, throwIfRefused } from '../../onem2m/primitive/status-codes';
import { childrenOf, type ChildResource } from './children';
import type { CseLook } from './session';
import { toFlowError } from '../common/flow-error';

/** Children in one answer. */
const PAGE = 200;
const LONGEST_ADDRESS = 2000;
/** Of a representation that is shown, in characters of JSON. */
const LONGEST_REPRESENTATION = 256 * 1024;
/** What a CSE answers who is not registered. */
const UNKNOWN: ReadonlySet<string> = new Set(['ONEM2M_4101', 'ONEM2M_4103']);
/** `cst` (TS-0004 6.3.4.2.2). */
const CSE_TYPES: Readonly<Record<number, string>> = { 1: 'IN-CSE', 2: 'MN-CSE', 3: 'ASN-CSE' };

/** What a test shows of a CSE. */
export interface CseDescription {
  readonly id?: string;
  readonly base?: string;
  readonly type?: string;
  readonly releases?: readonly string[];
  readonly pointOfAccess?: readonly string[];
  readonly resourceTypes?: readonly number[];
}

export interface TestOutcome {
  readonly ok: boolean;
  readonly error?: ErrorInfo;
  readonly profile?: ProfileName;
  readonly cse?: CseDescription;
}

/**
 * Retrieves the CSEBase. A CSE that refuses that has answered all the same: who it is may still be told; and `visit` is asked for
 * the CSEBase as somebody who is registered sees it.
 */
export async function testCse(look: CseLook, signal: AbortSignal, visit: () => Promise<unknown>): Promise<TestOutcome> {
  const { response } = await look.exchange({ op: OPERATIONS.retrieve, to: look.base }, signal);
  const cseBase = asRecord(unwrap(response.pc)?.representation);
  const recognized = profileIn(look.answers, cseBase);
  const profile = recognized === undefined ? {} : { profile: recognized };
  const refused = refusalOf(response, `RETRIEVE of ${look.base}`);
  if (refused !== undefined) {
    if (!UNKNOWN.has(refused.code)) return { ok: false, ...profile, error: told(refused) };
    try {
      return { ok: true, ...profile, cse: describeCse(asRecord(await visit())) };
    } catch (error) {
      const { code, message } = told(error);
      const text = `the CSE shows itself only to who is registered; "${look.originator}" is not, and neither can a test be: ${message}`;
      return { ok: false, ...profile, error: { code, message: text } };
    }
  }
  return { ok: true, ...profile, cse: describeCse(cseBase) };
}

/** The children of a resource, by their references; by discovery where a CSE does not know these, or leaves them out. */
export async function browse(
  look: CseLook,
  to: string,
  offset: number,
  signal: AbortSignal,
): Promise<{ to: string; children: readonly ChildResource[]; next?: number }> {
  const { takesLevels } = await profileOfCse(look, signal);
  const referred = await references(look, to, takesLevels, signal);
  const all =
    referred === undefined
      ? await discovered(look, to, takesLevels, signal)
      : referred.length > 0
        ? referred
        : await discovered(look, to, takesLevels, signal).catch(() => referred);
  const children = all.slice(offset, offset + PAGE);
  const end = offset + children.length;
  return { to, children, ...(end < all.length ? { next: end } : {}) };
}

export async function retrieve(look: CseLook, to: string, signal: AbortSignal): Promise<object> {
  const { response } = await ask(look, { op: OPERATIONS.retrieve, to }, signal);
  const content = unwrap(response.pc);
  const representation = content?.representation ?? response.pc;
  if (lengthOf(representation) > LONGEST_REPRESENTATION) {
    const text = `${to} is longer than ${LONGEST_REPRESENTATION / 1024} KB, which is too much to be shown`;
    throw new DeviceError('BAD_RESPONSE', text);
  }
  const told = asRecord(representation)['ty'];
  const ty = typeof told === 'number' ? told : (resourceType(content?.wrapper)?.ty ?? 0);
  return { to, ty, type: ty === 0 ? '' : typeName(ty), representation };
}

/** `to` of a request; the CSEBase where there is none. @throws DeviceError CONFIG */
export function readAddress(given: string, base: string): string {
  const to = given.trim();
  if (to === '') return base;
  const problem = to.length > LONGEST_ADDRESS ? `must be at most ${LONGEST_ADDRESS} characters` : addressProblem(to);
  if (problem === undefined) return to;
  throw new DeviceError('CONFIG', `to: ${problem}`);
}

/** Which CSE it is, as configured or as it answers. What it cannot be asked without asking for its CSEBase. */
async function profileOfCse(look: CseLook, signal: AbortSignal): Promise<Profile> {
  if (look.profile !== 'auto') return profileOf(look.profile);
  const { response } = await look.exchange({ op: OPERATIONS.retrieve, to: look.base }, signal);
  return profileOf(profileIn(look.answers, asRecord(unwrap(response.pc)?.representation)) ?? 'generic');
}

/** `drt`: by names, also where a CSE tells resource ids by itself (tinyIoT over MQTT). */
async function references(
  look: CseLook,
  to: string,
  takesLevels: boolean,
  signal: AbortSignal,
): Promise<ChildResource[] | undefined> {
  const level: Pick<RequestMembers, 'rcn' | 'drt' | 'fc'> = takesLevels
    ? { rcn: 6, drt: 1, fc: { lvl: 1 } }
    : { rcn: 5 };
  const request: RequestMembers = { op: OPERATIONS.retrieve, to, ...level };
  const { response } = await look.exchange(request, signal);
  const refused = refusalOf(response, `RETRIEVE of ${to}`);
  if (refused === undefined) return childrenOf(response.pc, to);
  // These would be no different with another question.
  if (['ONEM2M_4004', 'ONEM2M_4103'].includes(refused.code)) throw refused;
  return undefined;
}

async function discovered(
  look: CseLook,
  to: string,
  takesLevels: boolean,
  signal: AbortSignal,
): Promise<ChildResource[]> {
  const fc = { fu: 1, ...(takesLevels ? { lvl: 1 } : {}) };
  const { response } = await ask(look, { op: OPERATIONS.retrieve, to, drt: 1, fc }, signal);
  return childrenOf(response.pc, to) ?? [];
}

async function ask(look: CseLook, request: RequestMembers, signal: AbortSignal): Promise<Exchange> {
  const exchange = await look.exchange(request, signal);
  throwIfRefused(exchange.response, `RETRIEVE of ${request.to}`);
  return exchange;
}

function profileIn(
  answers: readonly Pick<FirstAnswer, 'response' | 'traits'>[],
  cseBase: Readonly<Record<string, unknown>>,
): ProfileName | undefined {
  const [first, second] = answers;
  if (first === undefined) return undefined;
  const again = second?.response.rqi === first.response.rqi ? { again: second.traits } : {};
  return recognizeProfile({ ...first, ...again, cseBase });
}

function describeCse(cseBase: Readonly<Record<string, unknown>>): CseDescription {
  const { csi, rn, cst, srv, poa, srt } = cseBase;
  const type = CSE_TYPES[Number(cst)];
  return {
    ...(typeof csi === 'string' ? { id: csi } : {}),
    ...(typeof rn === 'string' ? { base: rn } : {}),
    ...(type === undefined ? {} : { type }),
    ...(Array.isArray(srv) ? { releases: srv.map(String) } : {}),
    ...(Array.isArray(poa) ? { pointOfAccess: poa.map(String) } : {}),
    ...(Array.isArray(srt) ? { resourceTypes: srt.map(Number) } : {}),
  };
}

/** Of nothing at all there is no JSON. */
const lengthOf = (value: unknown): number => (JSON.stringify(value) as string | undefined)?.length ?? 0;

/** What the CSE did not say in time, or the broker refused. */
export function told(error: unknown): ErrorInfo {
  const { code, message } = toFlowError(toDeviceError(error, 'INTERNAL'));
  return { code, message };
}
