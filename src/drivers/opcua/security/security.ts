import { DeviceError, ErrorCode } from '../../../base/errors';
import { SECURITY_MODES, SECURITY_POLICIES, type SecurityMode, type SecurityPolicy } from './security-names';

const POLICY_URI = 'http://opcfoundation.org/UA/SecurityPolicy#';

/** `.../SecurityPolicy#Basic256Sha256` -> `Basic256Sha256`; undefined for a policy this client does not know. */
export function policyFromUri(uri: string | null): SecurityPolicy | undefined {
  return SECURITY_POLICIES.find((policy) => `${POLICY_URI}${policy}` === uri);
}

export function policyToUri(policy: SecurityPolicy): string {
  return `${POLICY_URI}${policy}`;
}

/** What decides between endpoints. */
export interface RatedEndpoint {
  readonly securityPolicy: SecurityPolicy;
  readonly securityMode: SecurityMode;
  readonly securityLevel: number;
}

/** What is wished for; `auto` leaves the choice. */
export interface SecurityWish {
  readonly securityPolicy: SecurityPolicy | 'auto';
  readonly securityMode: SecurityMode | 'auto';
}

/**
 * The strongest of the offered endpoints that meets the wish: encrypted before signed before open, then the stronger
 * policy, then the level the server gives it. The mode comes first because a server may rate a signed endpoint above an
 * encrypted one.
 * @throws DeviceError OPCUA_BadSecurityPolicyRejected or OPCUA_BadSecurityModeRejected with the offers, when none does
 */
export function chooseEndpoint<E extends RatedEndpoint>(offers: readonly E[], wish: SecurityWish): E {
  const ofPolicy = offers.filter(
    (offer) => wish.securityPolicy === 'auto' || offer.securityPolicy === wish.securityPolicy,
  );
  const fitting = ofPolicy.filter((offer) => wish.securityMode === 'auto' || offer.securityMode === wish.securityMode);
  const best = [...fitting].sort(strongestFirst)[0];
  if (best !== undefined) return best;
  const offered = [...new Set(offers.map((offer) => `${offer.securityPolicy}/${offer.securityMode}`))].join(', ');
  const what = ofPolicy.length === 0 ? 'Policy' : 'Mode';
  throw new DeviceError(
    `OPCUA_BadSecurity${what}Rejected`,
    `the server offers no endpoint with policy ${wish.securityPolicy} and mode ${wish.securityMode}; it offers ${offered || 'none'}`,
    { advice: 'Choose one of those, or "auto".' },
  );
}

/** Names the field when policy and mode contradict each other; undefined when they agree. */
export function checkSecurity(wish: SecurityWish): string | undefined {
  const { securityPolicy, securityMode } = wish;
  if (securityPolicy === 'auto' || securityMode === 'auto') return undefined;
  if (securityPolicy === 'None' && securityMode !== 'None')
    return `mode ${securityMode} needs a policy other than None`;
  if (securityPolicy !== 'None' && securityMode === 'None')
    return `policy ${securityPolicy} needs mode Sign or SignAndEncrypt`;
  return undefined;
}

/** @throws DeviceError CONFIG */
export function assertSecurity(wish: SecurityWish): void {
  const problem = checkSecurity(wish);
  if (problem !== undefined) throw new DeviceError(ErrorCode.CONFIG, problem);
}

function strongestFirst(a: RatedEndpoint, b: RatedEndpoint): number {
  return (
    SECURITY_MODES.indexOf(b.securityMode) - SECURITY_MODES.indexOf(a.securityMode) ||
    SECURITY_POLICIES.indexOf(b.securityPolicy) - SECURITY_POLICIES.indexOf(a.securityPolicy) ||
    b.securityLevel - a.securityLevel
  );
}
