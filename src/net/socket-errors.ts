import { DeviceError, ErrorCode } from '../base/errors';

/** Who is at the other end, for the words of an error. */
export interface SocketPeer {
  /** `the broker`, `the CSE`: stands in the middle of sentences. */
  readonly noun: string;
  /** Its address without user, password or query. */
  readonly address: string;
  /** What to try when the answer is no TLS although TLS was asked for. */
  readonly plainAdvice: string;
  /** What to try when the connection is closed before anything was said. */
  readonly silentAdvice: string;
}

interface Explanation {
  readonly code: string;
  readonly text: string;
  /** What the operating system calls it, where people look for that name. */
  readonly name?: string;
  readonly advice?: string;
}

const CA_ADVICE = 'Give the certificate of the authority that signed {peer}\'s one as "CA certificate".';
const UNKNOWN_CA = {
  code: 'TLS_UNKNOWN_CA',
  text: "{peer}'s certificate is signed by an unknown authority",
  advice: CA_ADVICE,
};
const CLIENT_CERTIFICATE = {
  code: 'TLS_CLIENT_CERTIFICATE',
  text: '{peer} does not accept the client certificate, or there is none',
  advice: 'Give a client certificate and its key that {peer} trusts.',
};

/**
 * By the `code` that Node.js puts into its errors (errno names, OpenSSL verification results and alerts). `{peer}` and
 * `{plainAdvice}` are those of the peer.
 */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: {
    code: 'CONNECT_FAILED',
    text: 'nothing listens there',
    name: 'connection refused',
    advice: 'Check host, port, and whether {peer} runs.',
  },
  ENOTFOUND: { code: 'CONNECT_FAILED', text: 'the host name is unknown', advice: 'Check the host name and the DNS.' },
  EAI_AGAIN: { code: 'CONNECT_FAILED', text: 'the host name could not be looked up', advice: 'Check the DNS.' },
  EHOSTUNREACH: { code: 'CONNECT_FAILED', text: 'the host cannot be reached', advice: 'Check network and routing.' },
  ENETUNREACH: { code: 'CONNECT_FAILED', text: 'the network cannot be reached', advice: 'Check network and routing.' },
  ETIMEDOUT: { code: 'TIMEOUT', text: 'the host does not answer', advice: 'Check host, port and firewalls.' },
  ENOENT: {
    code: 'CONNECT_FAILED',
    text: 'there is no such socket file',
    advice: 'Check the path, and whether {peer} runs.',
  },
  EACCES: { code: 'CONNECT_FAILED', text: 'no permission', advice: 'Check the rights of the socket file or port.' },
  ECONNRESET: { code: 'LINK_LOST', text: 'the connection was reset' },
  EPIPE: { code: 'LINK_LOST', text: 'the connection broke' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { ...UNKNOWN_CA, text: "{peer}'s certificate is self-signed" },
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_CA,
  CERT_SIGNATURE_FAILURE: UNKNOWN_CA,
  CERT_UNTRUSTED: UNKNOWN_CA,
  INVALID_CA: UNKNOWN_CA,
  CERT_HAS_EXPIRED: {
    code: 'TLS_EXPIRED',
    text: "{peer}'s certificate has expired",
    advice: 'Renew it, and check the clocks.',
  },
  CERT_NOT_YET_VALID: {
    code: 'TLS_EXPIRED',
    text: "{peer}'s certificate is not valid yet",
    advice: 'Check the clocks.',
  },
  CERT_REVOKED: { code: 'TLS_REVOKED', text: "{peer}'s certificate has been revoked" },
  UNABLE_TO_GET_CRL: {
    code: 'TLS_REVOKED',
    text: "there is no revocation list of the authority of {peer}'s certificate",
    advice: 'Give the list of each authority in the chain, or none at all.',
  },
  CRL_HAS_EXPIRED: {
    code: 'TLS_EXPIRED',
    text: "the revocation list for {peer}'s certificate has expired",
    advice: 'Get a new one from the authority, and check the clocks.',
  },
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: {
    code: 'TLS_FAILED',
    text: '{peer} speaks none of the protocols that ALPN names',
    advice: 'Compare alpnProtocols with what {peer} expects.',
  },
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: {
    code: 'TLS_FAILED',
    text: '{peer} does not take this version of TLS',
    advice: 'Compare the versions of TLS on both sides (minVersion).',
  },
  ERR_SSL_UNSUPPORTED_PROTOCOL: {
    code: 'TLS_FAILED',
    text: '{peer} wants an older version of TLS than is allowed',
    advice: 'Compare the versions of TLS on both sides (minVersion).',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'TLS_NAME_MISMATCH',
    text: "{peer}'s certificate is for another name",
    advice: 'Use a host name that the certificate lists, or set serverName.',
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    code: 'TLS_FAILED',
    text: 'the answer is not TLS',
    advice: '{plainAdvice}',
  },
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: CLIENT_CERTIFICATE,
  ERR_SSL_SSL_TLS_ALERT_BAD_CERTIFICATE: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: CLIENT_CERTIFICATE,
  ERR_SSL_SSL_TLS_ALERT_CERTIFICATE_UNKNOWN: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: CLIENT_CERTIFICATE,
  ERR_SSL_SSL_TLS_ALERT_CERTIFICATE_EXPIRED: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: CLIENT_CERTIFICATE,
  ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE: CLIENT_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: CLIENT_CERTIFICATE,
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: { code: 'CONFIG', text: 'the key does not belong to the client certificate' },
};

/** Any error of a socket, TLS or the WebSocket handshake, in words. */
export function socketError(peer: SocketPeer, error: unknown, wasConnected: boolean): DeviceError {
  if (error instanceof DeviceError) return error;
  const nodeCode = codeOf(error);
  const known = Object.hasOwn(EXPLANATIONS, nodeCode) ? EXPLANATIONS[nodeCode] : undefined;
  const what = `${peer.address}: ${wasConnected ? 'connection lost' : 'connection failed'}`;
  const fill = (text: string): string =>
    text.replaceAll('{peer}', peer.noun).replaceAll('{plainAdvice}', peer.plainAdvice);
  if (known) {
    const isSilent = known.code === ErrorCode.LINK_LOST && !wasConnected;
    const advice = isSilent ? peer.silentAdvice : known.advice;
    return new DeviceError(
      isSilent ? ErrorCode.CONNECT_FAILED : known.code,
      `${what}: ${fill(known.text)} (${nodeCode})`,
      { cause: error, ...(advice === undefined ? {} : { advice: fill(advice) }) },
    );
  }
  const code = nodeCode.startsWith('ERR_SSL')
    ? 'TLS_FAILED'
    : wasConnected
      ? ErrorCode.LINK_LOST
      : ErrorCode.CONNECT_FAILED;
  return new DeviceError(code, `${what}: ${textOf(error)}`, { cause: error });
}

/**
 * Why a socket to a device could not be opened, in the same words. The code is CONNECT_FAILED whatever the reason: there
 * was no link yet. `noun` and `address` as in SocketPeer.
 */
export function connectError(noun: string, address: string, error: unknown): DeviceError {
  const nodeCode = codeOf(error);
  const known = Object.hasOwn(EXPLANATIONS, nodeCode) ? EXPLANATIONS[nodeCode] : undefined;
  const unknown = nodeCode === '' ? textOf(error) : `the system refuses it (${nodeCode})`;
  const words = known === undefined ? unknown : [known.name, known.text].filter(Boolean).join(': ');
  const advice = known?.advice ?? 'Check host, port and firewalls, and that {peer} is on.';
  return new DeviceError(
    ErrorCode.CONNECT_FAILED,
    `cannot connect to ${address}: ${words.replaceAll('{peer}', noun)}`,
    {
      cause: error,
      advice: advice.replaceAll('{peer}', noun),
    },
  );
}

const LOST_WORDS: Readonly<Record<string, string>> = {
  ECONNRESET: '{peer} reset the connection',
  ETIMEDOUT: '{peer} does not answer at all any more',
  EHOSTUNREACH: 'the host cannot be reached any more',
  ENETUNREACH: 'the network cannot be reached any more',
};
const LOST_ADVICE: Readonly<Record<string, string>> = {
  ECONNRESET: 'It may have restarted, serve only one client at a time, or close connections that are idle.',
  ETIMEDOUT: 'Check the network, and that {peer} is on.',
};

/** Why a socket to a device broke, in the same words: LINK_LOST whatever the reason. `noun` and `address` as in SocketPeer. */
export function lostError(noun: string, address: string, error: unknown): DeviceError {
  const nodeCode = codeOf(error);
  const words = Object.hasOwn(LOST_WORDS, nodeCode) ? LOST_WORDS[nodeCode] : undefined;
  const name = /^E[A-Z]+$/.test(nodeCode) ? ` (${nodeCode})` : '';
  const advice = Object.hasOwn(LOST_ADVICE, nodeCode) ? LOST_ADVICE[nodeCode] : undefined;
  return new DeviceError(
    ErrorCode.LINK_LOST,
    `${address}: ${(words ?? 'the connection broke').replaceAll('{peer}', noun)}${name}`,
    { cause: error, ...(advice === undefined ? {} : { advice: advice.replaceAll('{peer}', noun) }) },
  );
}

const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message.trim() : '') || codeOf(error) || 'unknown error';

/** What Node.js gives as `code`; where a write met a TLS alert (EPROTO), that of the alert, which is then only in the text. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return '';
  const [, reason] = error.code === 'EPROTO' ? (/:error:[\dA-F]+:[^:]*:[^:]*:([^:]+):/.exec(error.message) ?? []) : [];
  return reason === undefined ? error.code : `ERR_SSL_${reason.toUpperCase().replaceAll(/[ /]/g, '_')}`;
}
