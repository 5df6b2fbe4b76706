import { createHash } from 'node:crypto';
import type { SecurityMode, SecurityPolicy } from '../security/security-names';

/** Who the session belongs to. `cert` and `key` are PEM texts. */
export type SessionIdentity =
  | { readonly type: 'anonymous' }
  | { readonly type: 'user'; readonly username: string; readonly password: string }
  | { readonly type: 'certificate'; readonly cert: string; readonly key: string };

export interface SessionOptions {
  /** `opc.tcp://host:4840/path` */
  readonly endpoint: string;
  readonly securityPolicy: SecurityPolicy | 'auto';
  readonly securityMode: SecurityMode | 'auto';
  readonly identity: SessionIdentity;
  /** Where the own certificate and those of trusted and rejected servers are kept. */
  readonly pkiDirectory: string;
  /** Shown by the server in its list of sessions; part of the own certificate. */
  readonly applicationName: string;
  /** For one attempt to connect, and for one request; ms. */
  readonly timeoutMs: number;
}

/**
 * Equal for options that may share a session. A digest, so that no password lives on in a key.
 * The time-out is left out: the first user's holds for all.
 */
export function sessionKey(options: SessionOptions): string {
  const { endpoint, securityPolicy, securityMode, identity, pkiDirectory, applicationName } = options;
  const who = identity.type === 'user' ? [identity.username, identity.password] : certificateParts(identity);
  const parts = [endpoint, securityPolicy, securityMode, pkiDirectory, applicationName, identity.type, ...who];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function certificateParts(identity: SessionIdentity): string[] {
  return identity.type === 'certificate' ? [identity.cert, identity.key] : [];
}
