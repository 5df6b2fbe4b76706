import { DeviceError, ErrorCode } from '../device/errors';
import type { ServerUrl } from './server-url';
import { connackReason, serverReason } from './reason-codes';

const CHECK_TRANSPORT =
  'Check that this port speaks MQTT over this transport (TLS or not, WebSocket or not) and the protocol version.';

/** The broker answered the CONNECT with a refusal. */
export function refusedByBroker(server: ServerUrl, code: number): DeviceError {
  const { code: name, text, advice } = connackReason(code);
  return new DeviceError(name, `${server.text} refused the connection: ${text} (code ${code})`, optional(advice));
}

/** An MQTT 5 server ended the connection with a reason code. */
export function disconnectedByBroker(server: ServerUrl, code: number): DeviceError {
  const { code: name, text, advice } = serverReason(code, ErrorCode.LINK_LOST);
  return new DeviceError(name, `${server.text} ended the connection: ${text} (code ${code})`, optional(advice));
}

export function closedByBroker(server: ServerUrl, wasConnected: boolean): DeviceError {
  if (wasConnected) return new DeviceError(ErrorCode.LINK_LOST, `${server.text} closed the connection`);
  return new DeviceError(ErrorCode.CONNECT_FAILED, `${server.text} closed the connection before answering`, {
    advice: CHECK_TRANSPORT,
  });
}

export function noConnack(server: ServerUrl, timeoutMs: number): DeviceError {
  const advice = 'Check the address, the transport (TLS or not) and firewalls; connectTimeout sets how long to wait.';
  return new DeviceError(ErrorCode.TIMEOUT, `${server.text} did not answer within ${timeoutMs} ms`, { advice });
}

export function noPingResponse(server: ServerUrl, timeoutMs: number): DeviceError {
  return new DeviceError(ErrorCode.TIMEOUT, `${server.text} did not answer a ping within ${timeoutMs} ms`);
}

interface Explanation {
  readonly code: string;
  readonly text: string;
  readonly advice?: string;
}

const CA_ADVICE = 'Give the certificate of the authority that signed the broker\'s one as "CA certificate".';
const UNKNOWN_CA = {
  code: 'TLS_UNKNOWN_CA',
  text: "the broker's certificate is signed by an unknown authority",
  advice: CA_ADVICE,
};
const CLIENT_CERTIFICATE = {
  code: 'TLS_CLIENT_CERTIFICATE',
  text: 'the broker does not accept the client certificate, or there is none',
  advice: 'Give a client certificate and its key that the broker trusts.',
};

/** By the `code` that Node.js puts into its errors (errno names, OpenSSL verification results and alerts). */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: {
    code: 'CONNECT_FAILED',
    text: 'nothing listens there',
    advice: 'Check host, port, and whether the broker runs.',
  },
  ENOTFOUND: { code: 'CONNECT_FAILED', text: 'the host name is unknown', advice: 'Check the host name and the DNS.' },
  EAI_AGAIN: { code: 'CONNECT_FAILED', text: 'the host name could not be looked up', advice: 'Check the DNS.' },
  EHOSTUNREACH: { code: 'CONNECT_FAILED', text: 'the host cannot be reached', advice: 'Check network and routing.' },
  ENETUNREACH: { code: 'CONNECT_FAILED', text: 'the network cannot be reached', advice: 'Check network and routing.' },
  ETIMEDOUT: { code: 'TIMEOUT', text: 'the host does not answer', advice: 'Check host, port and firewalls.' },
  ENOENT: {
    code: 'CONNECT_FAILED',
    text: 'there is no such socket file',
    advice: 'Check the path, and whether the broker runs.',
  },
  EACCES: { code: 'CONNECT_FAILED', text: 'no permission', advice: 'Check the rights of the socket file or port.' },
  ECONNRESET: { code: 'LINK_LOST', text: 'the connection was reset' },
  EPIPE: { code: 'LINK_LOST', text: 'the connection broke' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { ...UNKNOWN_CA, text: "the broker's certificate is self-signed" },
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_CA,
  CERT_SIGNATURE_FAILURE: UNKNOWN_CA,
  CERT_UNTRUSTED: UNKNOWN_CA,
  INVALID_CA: UNKNOWN_CA,
  CERT_HAS_EXPIRED: {
    code: 'TLS_EXPIRED',
    text: "the broker's certificate has expired",
    advice: 'Renew it, and check the clocks.',
  },
  CERT_NOT_YET_VALID: {
    code: 'TLS_EXPIRED',
    text: "the broker's certificate is not valid yet",
    advice: 'Check the clocks.',
  },
  CERT_REVOKED: { code: 'TLS_REVOKED', text: "the broker's certificate has been revoked" },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'TLS_NAME_MISMATCH',
    text: "the broker's certificate is for another name",
    advice: 'Use a host name that the certificate lists, or set serverName.',
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    code: 'TLS_FAILED',
    text: 'the answer is not TLS',
    advice: 'This port probably speaks plain MQTT: use tcp:// or ws://, or another port.',
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

/** Any error of a socket, TLS, the WebSocket handshake or MQTT.js, in words. */
export function transportError(server: ServerUrl, error: unknown, wasConnected: boolean): DeviceError {
  if (error instanceof DeviceError) return error;
  const nodeCode = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = EXPLANATIONS[nodeCode];
  const what = wasConnected ? 'connection lost' : 'connection failed';
  if (known?.code === ErrorCode.LINK_LOST && !wasConnected) {
    return new DeviceError(ErrorCode.CONNECT_FAILED, `${server.text}: ${what}: ${known.text} (${nodeCode})`, {
      cause: error,
      advice: CHECK_TRANSPORT,
    });
  }
  if (known) {
    const message = `${server.text}: ${what}: ${known.text} (${nodeCode})`;
    return new DeviceError(known.code, message, { cause: error, ...optional(known.advice) });
  }
  const code = nodeCode.startsWith('ERR_SSL')
    ? 'TLS_FAILED'
    : wasConnected
      ? ErrorCode.LINK_LOST
      : ErrorCode.CONNECT_FAILED;
  const text = error instanceof Error && error.message !== '' ? error.message : nodeCode || 'unknown error';
  return new DeviceError(code, `${server.text}: ${what}: ${text}`, { cause: error });
}

function optional(advice: string | undefined): { advice?: string } {
  return advice === undefined ? {} : { advice };
}
