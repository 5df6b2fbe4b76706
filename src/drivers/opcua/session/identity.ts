import type { OPCUAClient, UserIdentityInfo } from 'node-opcua-client';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { OpcUaLibrary } from '../library/load';
import type { SessionIdentity } from './session-options';

/**
 * The identity in node-opcua's form.
 * @throws DeviceError CONFIG when certificate or key is none, or they do not belong together; tells nothing of the key
 */
export function toUserIdentity(library: OpcUaLibrary, identity: SessionIdentity): UserIdentityInfo {
  switch (identity.type) {
    case 'anonymous':
      return { type: library.UserTokenType.Anonymous };
    case 'user':
      return { type: library.UserTokenType.UserName, userName: identity.username, password: identity.password };
    case 'certificate':
      return {
        type: library.UserTokenType.Certificate,
        certificateData: userCertificate(identity.cert, identity.key),
        privateKey: identity.key,
      };
  }
}

/** As node-opcua says it: the endpoint takes no user of the kind that was given. */
const NO_TOKEN = /Cannot find (\w+) user token policy/i;

/** That the server takes other kinds of users only, and which; undefined for any other error. */
export async function noFittingToken(
  { client, library }: { readonly client: OPCUAClient; readonly library: OpcUaLibrary },
  error: unknown,
): Promise<DeviceError | undefined> {
  const wanted = error instanceof Error ? NO_TOKEN.exec(error.message)?.[1]?.toLowerCase() : undefined;
  if (wanted === undefined) return undefined;
  const endpoints = await client.getEndpoints().catch(() => []);
  const own = endpoints.filter(
    ({ securityMode, securityPolicyUri }) =>
      securityMode === client.securityMode && securityPolicyUri === client.securityPolicy,
  );
  const kinds = own.flatMap(({ userIdentityTokens }) => userIdentityTokens ?? []);
  const taken = [...new Set(kinds.map(({ tokenType }) => KINDS[library.UserTokenType[tokenType]] ?? 'others'))];
  const kind = Object.entries(KINDS).find(([name]) => name.toLowerCase() === wanted)?.[1] ?? 'this kind of user';
  return new DeviceError(
    'OPCUA_BadIdentityTokenRejected',
    `the server does not take ${kind} here; it takes ${taken.join(', ') || 'none'} (BadIdentityTokenRejected)`,
    { advice: 'Give the credentials it takes, or choose another security policy.' },
  );
}

const KINDS: Readonly<Record<string, string>> = {
  Anonymous: 'anonymous users',
  UserName: 'user name and password',
  Certificate: 'user certificates',
  IssuedToken: 'issued tokens',
};

/** DER of the certificate, once it and the key have been looked at. */
function userCertificate(certPem: string, keyPem: string): Buffer {
  const certificate = parse('certFilePEM', 'a PEM certificate', () => new X509Certificate(certPem));
  const key = parse('keyFilePEM', 'an unencrypted PEM private key', () => createPrivateKey(keyPem));
  if (!certificate.checkPrivateKey(key)) {
    throw new DeviceError(ErrorCode.CONFIG, 'credentials.keyFilePEM is not the key of credentials.certFilePEM');
  }
  return certificate.raw;
}

function parse<T>(field: string, expected: string, read: () => T): T {
  try {
    return read();
  } catch {
    // Without the cause: its text may quote what was read.
    throw new DeviceError(ErrorCode.CONFIG, `credentials.${field} must be ${expected}`);
  }
}
