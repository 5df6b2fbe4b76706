import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

/** How a client shows itself to a TLS server, and whom it trusts. PEM texts. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** SNI and the name the certificate is checked against; default: the host of the URL. */
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
}

/** The same for another server: it has another name. */
export function withoutName(tls: TlsOptions | undefined): TlsOptions | undefined {
  if (tls === undefined) return undefined;
  const { ca, cert, key, insecureSkipVerify } = tls;
  return {
    insecureSkipVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** What `node:tls` and what stands on it want to know of a client of `host`. */
export interface TlsClientOptions {
  readonly rejectUnauthorized: boolean;
  readonly servername: string;
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The options of `node:tls` for a connection to `host` (an address or a name). */
export function tlsClientOptions(host: string, tls: TlsOptions | undefined): TlsClientOptions {
  const name = tls?.serverName ?? host;
  return {
    rejectUnauthorized: tls?.insecureSkipVerify !== true,
    // An IP address must not be sent as SNI (RFC 6066, 3), yet the certificate is checked against it.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
  };
}
