import type { ClientSecureChannelLayer, EndpointDescription, GetEndpointsResponse } from 'node-opcua-client';
import { abortError } from '../../../base/waiting';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { loadOpcUa, type OpcUaLibrary } from '../library/load';
import { policyFromUri } from './security';
import { SECURITY_MODES, type SecurityMode, type SecurityPolicy } from './security-names';
import { prepareFor } from '../library/ipv6';
import { Refusal } from '../library/refusal';
import { describeCertificate, leafOf, type CertificateInfo } from './trust';

/** One way into a server. */
export interface EndpointInfo {
  readonly url: string;
  readonly securityPolicy: SecurityPolicy;
  readonly securityMode: SecurityMode;
  /** As the server rates it, 0 to 255; more is stronger. */
  readonly securityLevel: number;
  /** `Anonymous`, `UserName`, `Certificate`, `IssuedToken`. */
  readonly userTokens: readonly string[];
  readonly serverCertificate?: CertificateInfo;
}

/** An endpoint with what is needed to connect to it. */
export interface OfferedEndpoint {
  readonly info: EndpointInfo;
  /** DER, leaf first; empty when the server has none. */
  readonly certificateChain: Buffer;
  readonly applicationUri: string;
}

/** A channel, without its list of what a request is: node-opcua does not export that. */
interface Asking {
  performMessageTransaction(request: object, callback: (error: Error | null, response?: unknown) => void): void;
}

/** How long a server may take to answer, ms; the signal may be quicker. */
const TIMEOUT_MS = 10_000;

/**
 * The endpoints that a server offers, strongest first as it rates them. Those with a policy this client does not know are
 * left out. Needs no certificate and leaves none.
 * @throws DeviceError CONNECT_FAILED, TIMEOUT, `OPCUA_<Name>`, or CLOSED once `signal` is aborted
 */
export async function discoverEndpoints(url: string, signal: AbortSignal): Promise<EndpointInfo[]> {
  const offers = await offeredEndpoints(url, signal);
  return offers.map(({ info }) => info);
}

/** As `discoverEndpoints`, with certificates. */
export async function offeredEndpoints(url: string, signal: AbortSignal): Promise<OfferedEndpoint[]> {
  checkUrl(url);
  const library = await loadOpcUa();
  const answers = await askEndpoints(library, url, signal);
  const offers = answers.map((endpoint) => toOffer(library, endpoint)).filter((offer) => offer !== undefined);
  return offers.sort((a, b) => b.info.securityLevel - a.info.securityLevel);
}

function checkUrl(url: string): void {
  if (/^opc\.tcp:\/\/[^/\s]+/i.test(url)) return;
  throw new DeviceError(ErrorCode.CONFIG, 'protocol.endpoint must be like opc.tcp://host:4840/path');
}

/** Over a bare secure channel: node-opcua's client would want a certificate of its own even for this. */
async function askEndpoints(library: OpcUaLibrary, url: string, signal: AbortSignal): Promise<EndpointDescription[]> {
  const context = `cannot get the endpoints of ${url}`;
  if (signal.aborted) throw abortError(signal, context);
  prepareFor(url);
  const refusal = new Refusal(library);
  const channel = new library.ClientSecureChannelLayer({
    connectionStrategy: { maxRetry: 0 },
    defaultSecureTokenLifetime: 60_000,
    securityMode: library.MessageSecurityMode.None,
    securityPolicy: library.SecurityPolicy.None,
    transportTimeout: TIMEOUT_MS,
  });
  refusal.watch(channel);
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      endChannel(channel);
      outcome();
    };
    const fail = (error: unknown): void => settle(() => reject(refusal.explain(error, context)));
    const onAbort = (): void => fail(abortError(signal, context));
    const timer = setTimeout(
      () => fail(new DeviceError(ErrorCode.TIMEOUT, `${context}: no answer in ${TIMEOUT_MS / 1000} s`)),
      TIMEOUT_MS,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    channel.create(url, (connectError) => {
      if (connectError) {
        fail(connectError);
        return;
      }
      const request = new library.GetEndpointsRequest({ endpointUrl: url });
      const asking: Asking = channel;
      asking.performMessageTransaction(request, (error, response) => {
        if (error) fail(error);
        else settle(() => resolve((response as GetEndpointsResponse).endpoints ?? []));
      });
    });
  });
}

/** Politely while it is open, otherwise at once; whatever comes of it is of no interest any more. */
function endChannel(channel: ClientSecureChannelLayer): void {
  const ignore = (): void => undefined;
  if (channel.isOpened()) channel.close(ignore);
  else channel.abortConnection(ignore);
}

function toOffer(library: OpcUaLibrary, endpoint: EndpointDescription): OfferedEndpoint | undefined {
  const securityPolicy = policyFromUri(endpoint.securityPolicyUri);
  const securityMode = SECURITY_MODES.find((mode) => library.MessageSecurityMode[mode] === endpoint.securityMode);
  if (securityPolicy === undefined || securityMode === undefined) return undefined;
  const certificateChain = Buffer.from((endpoint.serverCertificate as Buffer | null) ?? []);
  const serverCertificate = certificateChain.length > 0 ? describe(certificateChain) : undefined;
  const info = {
    url: endpoint.endpointUrl ?? '',
    securityPolicy,
    securityMode,
    securityLevel: endpoint.securityLevel,
    userTokens: [
      ...new Set((endpoint.userIdentityTokens ?? []).map((token) => library.UserTokenType[token.tokenType])),
    ],
    ...(serverCertificate && { serverCertificate }),
  };
  return { info, certificateChain, applicationUri: endpoint.server.applicationUri ?? '' };
}

function describe(chain: Buffer): CertificateInfo | undefined {
  try {
    return describeCertificate(leafOf(chain));
  } catch {
    return undefined; // Shown as an endpoint without certificate; connecting to it is refused by the trust check.
  }
}
