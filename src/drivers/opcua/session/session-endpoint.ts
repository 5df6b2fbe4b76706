import { DeviceError, ErrorCode } from '../../../base/errors';
import { offeredEndpoints } from '../security/endpoints';
import type { OpcUaPki } from '../security/pki';
import { chooseEndpoint } from '../security/security';
import type { SecurityMode, SecurityPolicy } from '../security/security-names';
import type { SessionOptions } from './session-options';

/** Where a session is opened, and how its channel is secured. */
export interface ChosenEndpoint {
  readonly url: string;
  readonly securityPolicy: SecurityPolicy;
  readonly securityMode: SecurityMode;
  /** DER; for a secured channel. */
  readonly serverCertificate?: Buffer;
}

/** The endpoint at which a server only tells which others it has (Milo). */
const DISCOVERY = /\/discovery\/?$/i;
/** By these a server refuses a channel without security, or simply closes it. */
const isRefusal = ({ code }: DeviceError): boolean =>
  code === ErrorCode.LINK_LOST || /^OPCUA_BadSecurity\w+$/.test(code);

/**
 * Asks the server for its endpoints where that is needed, and lets its certificate pass or not.
 * @throws DeviceError
 */
export async function settleEndpoint(
  options: SessionOptions,
  pki: OpcUaPki,
  signal: AbortSignal,
): Promise<ChosenEndpoint> {
  const { endpoint, securityPolicy, securityMode } = options;
  const isDiscovery = DISCOVERY.test(endpoint);
  if (securityPolicy === 'None' && securityMode === 'None' && !isDiscovery) {
    return { url: endpoint, securityPolicy, securityMode };
  }
  const offers = await offeredEndpoints(endpoint, signal).catch((error: unknown) => {
    if (error instanceof DeviceError && isRefusal(error) && !signal.aborted) return undefined;
    throw error;
  });
  if (offers === undefined) return unasked(options, pki);
  const chosen = chooseEndpoint(
    offers.map(({ info }) => info),
    options,
  );
  const certificateChain = offers.find(({ info }) => info === chosen)?.certificateChain;
  // Any other URL stays as it is: the one a server gives itself often has a host name that is unknown here.
  const url = isDiscovery ? withPathOf(endpoint, chosen.url) : endpoint;
  const security = { url, securityPolicy: chosen.securityPolicy, securityMode: chosen.securityMode };
  if (chosen.securityMode === 'None' || certificateChain === undefined) return security;
  await pki.checkServer(certificateChain);
  return { ...security, serverCertificate: certificateChain };
}

/** With a server that tells nothing without security: a channel to one whose certificate somebody has put among the trusted ones. */
async function unasked(options: SessionOptions, pki: OpcUaPki): Promise<ChosenEndpoint> {
  const { endpoint, securityPolicy, securityMode } = options;
  const refuse = (problem: string): DeviceError =>
    new DeviceError(
      'OPCUA_BadSecurityModeRejected',
      `cannot get the endpoints of ${endpoint}: the server takes no channel without security; ${problem}`,
      { advice: `Choose policy and mode, and put the certificate of the server into ${pki.directory}/trusted/certs.` },
    );
  if (securityPolicy === 'auto' || securityMode === 'auto' || securityPolicy === 'None' || securityMode === 'None') {
    throw refuse('so policy and mode cannot be found out');
  }
  const host = new URL(endpoint.replace(/^opc\.tcp:/i, 'http:')).hostname;
  const serverCertificate = await pki.trustedOf(host);
  if (serverCertificate === undefined) throw refuse('and none of the trusted certificates is known to be its own');
  await pki.checkServer(serverCertificate);
  return { url: endpoint, securityPolicy, securityMode, serverCertificate };
}

/** `opc.tcp://as.given:4840/path-of-the-other` */
export function withPathOf(endpoint: string, other: string): string {
  const [origin = endpoint] = /^opc\.tcp:\/\/[^/]+/i.exec(endpoint) ?? [];
  return origin + other.replace(/^[a-z.]+:\/\/[^/]*/i, '');
}
