import type { UserIdentityInfo } from 'node-opcua-client';
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
