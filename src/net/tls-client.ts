import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { TlsMaterial } from './tls';

/** How a client shows itself to a TLS server, and whom it trusts. PEM texts, but for `pfx`. */
export interface TlsOptions extends TlsMaterial {
  /** SNI and the name the certificate is checked against; default: the host of the URL. */
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
  /** ALPN: what is to be spoken, the preferred first (RFC 7301). */
  readonly alpnProtocols?: readonly string[];
  /** Absent: the least that Node.js takes, TLS 1.2. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** The same for another server: it has another name. */
export function withoutName(tls: TlsOptions | undefined): TlsOptions | undefined {
  if (tls === undefined) return undefined;
  const { insecureSkipVerify, minVersion } = tls;
  return { ...materialOf(tls), insecureSkipVerify, ...(minVersion && { minVersion }) };
}

/** What `node:tls` and what stands on it want to know of a client of `host`. */
export interface TlsClientOptions {
  readonly rejectUnauthorized: boolean;
  readonly servername: string;
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly crl?: string;
  readonly pfx?: Buffer;
  readonly passphrase?: string;
  readonly ALPNProtocols?: string[];
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** The options of `node:tls` for a connection to `host` (an address or a name). */
export function tlsClientOptions(host: string, tls: TlsOptions | undefined): TlsClientOptions {
  const name = tls?.serverName ?? host;
  return {
    rejectUnauthorized: tls?.insecureSkipVerify !== true,
    // An IP address must not be sent as SNI (RFC 6066, 3), yet the certificate is checked against it.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    ...(tls && materialOf(tls)),
    ...(tls?.alpnProtocols && { ALPNProtocols: [...tls.alpnProtocols] }),
    ...(tls?.minVersion && { minVersion: tls.minVersion }),
  };
}

function materialOf({ ca, cert, key, crl, pfx, passphrase }: TlsMaterial): TlsMaterial {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(crl !== undefined && { crl }),
    ...(pfx !== undefined && { pfx }),
    ...(passphrase !== undefined && { passphrase }),
  };
}
