import { DeviceError, ErrorCode } from '../../../base/errors';

/** The part of node-opcua's StatusCode used here. */
export interface NamedStatus {
  /** `BadNotWritable`; with info bits also `Good#LowerLimit`. */
  readonly name: string;
  /** The specification's sentence. */
  readonly description?: string;
}

interface Explanation {
  readonly text: string;
  readonly advice?: string;
}

const SERVER_TRUST = 'Open the node, compare the fingerprint in its list of certificates with the server and trust it.';
/** What to do where a server does not trust this side. */
export const CLIENT_TRUST =
  'Trust the certificate of this node (application "DeviceLink") in the settings of the server.';
const RENEW = 'Let the server make or get a new certificate; check the clocks of both machines.';

/** What a user meets most often, in words; everything else keeps the specification's description. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  BadNotWritable: { text: 'the server does not allow this to be written', advice: 'Set the property to ReadOnly.' },
  BadNotReadable: { text: 'the server does not allow this to be read', advice: 'Set the property to WriteOnly.' },
  BadTypeMismatch: {
    text: 'the value is not of the type the server expects',
    advice: 'Leave the type of the property empty, or set it to the type of the variable.',
  },
  BadOutOfRange: { text: 'the server refuses this value: it is out of range' },
  BadUserAccessDenied: {
    text: 'this user may not do that on the server',
    advice: 'Use a user with more rights, or grant them on the server.',
  },
  BadIdentityTokenRejected: {
    text: 'the server does not accept this user',
    advice: 'Check user name and password, or the user certificate.',
  },
  BadIdentityTokenInvalid: {
    text: 'the server does not take this kind of user identity',
    advice: 'The list of endpoints shows which kinds it offers.',
  },
  BadServiceUnsupported: {
    text: 'the server does not have this service',
    advice: 'Give the NodeId where a browse path was given.',
  },
  BadTooManySessions: {
    text: 'the server has no session left',
    advice: 'Close other clients, or raise the number of sessions of the server. It is tried again.',
  },
  BadSecurityChecksFailed: { text: 'the server does not trust this client', advice: CLIENT_TRUST },
  BadCertificateUntrusted: { text: 'the certificate of the server is not trusted', advice: SERVER_TRUST },
  BadCertificateTimeInvalid: { text: 'the certificate of the server has expired or is not valid yet', advice: RENEW },
  BadCertificateIssuerTimeInvalid: {
    text: 'a certificate of the issuer has expired or is not valid yet',
    advice: RENEW,
  },
  BadCertificateRevoked: { text: 'the certificate of the server has been revoked by its issuer', advice: RENEW },
  BadCertificateRevocationUnknown: {
    text: 'it is unknown whether the certificate of the server was revoked',
    advice: 'Put the revocation list of its issuer into pki/issuers/crl.',
  },
  BadCertificateChainIncomplete: {
    text: 'the issuer of the certificate of the server is unknown',
    advice: 'Put the certificate of its issuer into pki/issuers/certs, or trust the certificate itself.',
  },
  BadCertificateUriInvalid: { text: 'the certificate belongs to another application', advice: RENEW },
  BadSecurityPolicyRejected: {
    text: 'the server does not take this security policy',
    advice: 'Choose a policy from the list of endpoints, or "auto".',
  },
  BadSecurityModeRejected: {
    text: 'the server does not take this security mode',
    advice: 'Choose a mode from the list of endpoints, or "auto".',
  },
  BadNodeIdUnknown: {
    text: 'the server has no node with this NodeId',
    advice: 'Pick the node from the address space; the index of a namespace may have changed (write nsu=<URI>;...).',
  },
  BadNodeIdInvalid: {
    text: 'the NodeId is not valid',
    advice: 'Write it as ns=2;s=name, ns=2;i=42 or nsu=<URI>;s=name.',
  },
  BadAttributeIdInvalid: { text: 'the node does not have this attribute' },
  BadIndexRangeInvalid: { text: 'the index range is not valid', advice: 'Write it as 2, 2:5 or 0:1,2:3.' },
  BadIndexRangeNoData: { text: 'the array has no element in this index range' },
  BadNoMatch: { text: 'no node has this browse path' },
  BadWaitingForInitialData: { text: 'the server has no value yet' },
  BadNoCommunication: { text: 'the server has no connection to the source of the value' },
  BadNotConnected: { text: 'the source of the value is not connected to the server' },
  BadSensorFailure: { text: 'the sensor has failed' },
  BadTooManyOperations: { text: 'the server takes fewer operations in one request' },
  BadTcpEndpointUrlInvalid: {
    text: 'the server does not know this endpoint URL',
    advice: 'Check the path of the URL.',
  },
  BadServerHalted: { text: 'the server is stopping' },
  BadShutdown: { text: 'the server is shutting down' },
};

/** Names that say that nobody answered, or that the connection or its session is gone; not what the server thinks of a node. */
const LINK_NAMES: Readonly<Record<string, string>> = {
  BadTimeout: ErrorCode.TIMEOUT,
  BadRequestTimeout: ErrorCode.TIMEOUT,
  BadConnectionClosed: ErrorCode.LINK_LOST,
  BadSecureChannelClosed: ErrorCode.LINK_LOST,
  BadSecureChannelIdInvalid: ErrorCode.LINK_LOST,
  BadSessionIdInvalid: ErrorCode.LINK_LOST,
  BadSessionClosed: ErrorCode.LINK_LOST,
  BadCommunicationError: ErrorCode.LINK_LOST,
};

/**
 * A bad status, or an error of node-opcua, as an error with a stable code: `OPCUA_<Name>` (`OPCUA_BadNotWritable`) where
 * the server gave a reason, else TIMEOUT, CONNECT_FAILED or LINK_LOST. `context` says what was tried.
 */
export function toOpcUaError(cause: unknown, context: string): DeviceError {
  if (cause instanceof DeviceError) return cause;
  const status = cause instanceof Error ? statusOf(cause) : isStatus(cause) ? cause : undefined;
  if (status === undefined) return transportError(cause, context);
  const name = status.name.replace(/#.*/, '');
  const linkCode = LINK_NAMES[name];
  const { text, advice } = refusalOf(cause, name) ??
    EXPLANATIONS[name] ?? {
      text: status.description ?? 'the server refused it',
      advice: undefined,
    };
  const sentence = text.replace(/\.$/, '');
  return new DeviceError(linkCode ?? `OPCUA_${name}`, `${context}: ${sentence} (${name})`, {
    ...(cause instanceof Error && { cause: withoutRequest(cause) }),
    ...(advice !== undefined && { advice }),
  });
}

const REFUSED_CERTIFICATE: Explanation = { text: 'the server does not trust this client', advice: CLIENT_TRUST };
/** asyncua 2.1.0 answers so where it lacks a service. */
const REFUSED_SERVICE: Explanation = {
  text: 'this user may not do that on the server, or the server does not have this service',
  advice: 'Use a user with more rights; give the NodeId where a browse path was given.',
};

/** A whole request refused for want of rights, other than that for the session itself; or this side's certificate. */
function refusalOf(cause: unknown, name: string): Explanation | undefined {
  const { request, response } = cause as { request?: { schema?: { name?: unknown } }; response?: unknown };
  if (response === undefined) return undefined;
  if (name.startsWith('BadCertificate')) return REFUSED_CERTIFICATE;
  const isOfSession = request === undefined || /Session/.test(String(request.schema?.name));
  return name === 'BadUserAccessDenied' && !isOfSession ? REFUSED_SERVICE : undefined;
}

/** Whether trying again soon may help; user, certificate and policy errors need a person. */
export function isTransient(error: DeviceError): boolean {
  return !/^OPCUA_Bad(Identity|User|Certificate|Security|Tcp)/.test(error.code) && error.code !== ErrorCode.CONFIG;
}

/** The status that an error of node-opcua carries: in its response, as a property, or only in its text. */
function statusOf(error: Error): NamedStatus | undefined {
  const { response, statusCode } = error as {
    response?: { responseHeader?: { serviceResult?: unknown } };
    statusCode?: unknown;
  };
  for (const candidate of [response?.responseHeader?.serviceResult, statusCode]) {
    if (isStatus(candidate) && !candidate.name.startsWith('Good')) return candidate;
  }
  const name = /\bBad[A-Z][A-Za-z]+\b/.exec(error.message)?.[0];
  return name === undefined ? undefined : { name };
}

function isStatus(value: unknown): value is NamedStatus {
  return typeof value === 'object' && value !== null && typeof (value as Partial<NamedStatus>).name === 'string';
}

function transportError(cause: unknown, context: string): DeviceError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const refusal = /ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ETIMEDOUT/.exec(text)?.[0];
  if (refusal !== undefined) {
    const advice = 'Check host and port, and whether the server is running.';
    return new DeviceError(ErrorCode.CONNECT_FAILED, `${context}: ${REFUSALS[refusal] ?? refusal}`, {
      cause: withoutRequest(cause),
      advice,
    });
  }
  if (/timed? ?out/i.test(text))
    return new DeviceError(ErrorCode.TIMEOUT, `${context}: no answer in time`, { cause: withoutRequest(cause) });
  return new DeviceError(ErrorCode.LINK_LOST, `${context}: ${inOwnWords(text)}`, { cause: withoutRequest(cause) });
}

/** node-opcua's texts hold counters, times and names of its classes: the same problem must be told in the same words each time. */
function inOwnWords(text: string): string {
  if (
    /ECONNRESET|EPIPE|disconnect|closed|break|abort|rejected by server|not connected|no securechannel|cancel/i.test(
      text,
    )
  ) {
    return 'the connection was closed';
  }
  const firstLine = text.trim().split('\n')[0] ?? '';
  return firstLine.replace(/\b(?:0x)?\d[\da-f]*\b/gi, 'n').replace(/\w+\d+\b/g, (word) => word.replace(/\d+$/, ''));
}

/** node-opcua hangs request and response on its errors; the request that activates a session holds the password. */
function withoutRequest(cause: unknown): unknown {
  return cause instanceof Error ? new Error(cause.message) : cause;
}

const REFUSALS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be resolved at the moment',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the host does not answer',
};
