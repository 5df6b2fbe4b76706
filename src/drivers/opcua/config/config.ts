import { FieldReader } from '../../../base/fields/fields';
import type { Checked } from '../../../base/fields/problems';
import type { DeviceConfig } from '../../../device/kind';
import { readCommonConfig, readProperties } from '../../../device/config/property-config';
import { OPCUA_MIGRATIONS } from './migrations';
import { parseOpcUaProperty, type OpcUaProperty } from './property';
import { checkSecurity } from '../security/security';
import { SECURITY_MODES, SECURITY_POLICIES, type SecurityMode, type SecurityPolicy } from '../security/security-names';
import type { SessionIdentity, SessionOptions } from '../session/session-options';

/** An OPC UA device after its flow properties were checked. */
export interface OpcUaConfig extends DeviceConfig<OpcUaProperty> {
  /** The session it needs, except where the certificates are kept, which is not for the flow to say. */
  readonly session: Omit<SessionOptions, 'pkiDirectory'>;
}

type Credentials = Readonly<Record<string, string>>;

const ENDPOINT =
  /^opc\.tcp:\/\/[^\s/:?#[\]@]+(?::\d{1,5})?(?:\/\S*)?$|^opc\.tcp:\/\/\[[0-9a-f:.]+\](?::\d{1,5})?(?:\/\S*)?$/i;
const DEFAULT_APPLICATION = 'DeviceLink';

/**
 * Checks the flow properties of an `opcua-device`. `protocol.securityPolicy` and `protocol.securityMode` default to `auto`:
 * the strongest the server offers. `protocol.applicationName` (default `DeviceLink`) is what the server shows of this client.
 * Credentials: `username` and `password`, or `certFilePEM` and `keyFilePEM`, or none for an anonymous session. No secret
 * appears in a message.
 */
export function parseOpcUaConfig(
  raw: Readonly<Record<string, unknown>>,
  credentials: Credentials,
): Checked<OpcUaConfig> {
  const reader = new FieldReader(raw);
  const common = readCommonConfig(reader, OPCUA_MIGRATIONS);
  const protocol = reader.object('protocol');
  const security = readSecurity(protocol);
  const identity = readIdentity(credentials, reader);
  const properties = reader.take(readProperties(reader.given('properties'), parseOpcUaProperty), []);
  return reader.check({
    ...common,
    properties,
    session: {
      endpoint: readEndpoint(protocol),
      ...security,
      identity,
      applicationName: protocol.string('applicationName', DEFAULT_APPLICATION),
      timeoutMs: common.timeoutMs,
    },
  });
}

function readEndpoint(protocol: FieldReader): string {
  const endpoint = protocol.requiredString('endpoint', 'opc.tcp://host:port, such as "opc.tcp://192.168.0.10:4840"');
  if (endpoint === '') return '';
  const port = /:(\d+)(?:\/|$)/.exec(endpoint.slice('opc.tcp://'.length))?.[1];
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  if (!ENDPOINT.test(endpoint) || !isPort) {
    protocol.fail('endpoint', `must be opc.tcp://host:port, such as "opc.tcp://192.168.0.10:4840", got "${endpoint}"`);
  }
  return endpoint;
}

function readSecurity(protocol: FieldReader): Pick<SessionOptions, 'securityPolicy' | 'securityMode'> {
  const securityPolicy: SecurityPolicy | 'auto' = protocol.oneOf(
    'securityPolicy',
    [...SECURITY_POLICIES, 'auto'] as const,
    'auto',
  );
  const securityMode: SecurityMode | 'auto' = protocol.oneOf(
    'securityMode',
    [...SECURITY_MODES, 'auto'] as const,
    'auto',
  );
  const contradiction = checkSecurity({ securityPolicy, securityMode });
  if (contradiction !== undefined) protocol.fail('securityMode', contradiction);
  return { securityPolicy, securityMode };
}

function readIdentity(credentials: Credentials, reader: FieldReader): SessionIdentity {
  const { username = '', password = '', certFilePEM = '', keyFilePEM = '' } = credentials;
  const fail = (name: string, message: string): void => {
    reader.problems.push({ field: `credentials.${name}`, message });
  };
  const isUser = username !== '' || password !== '';
  const isCertificate = certFilePEM.trim() !== '' || keyFilePEM.trim() !== '';
  if (isUser && isCertificate) fail('certFilePEM', 'must be empty with a user name: a session has one identity');
  if (isUser) {
    if (username === '') fail('username', 'is required with a password');
    return { type: 'user', username, password };
  }
  if (!isCertificate) return { type: 'anonymous' };
  if (!/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.test(certFilePEM)) {
    fail('certFilePEM', 'must be a certificate in PEM form (BEGIN CERTIFICATE)');
  }
  if (/ENCRYPTED/.test(keyFilePEM)) fail('keyFilePEM', 'must be a private key without a passphrase');
  else if (!/-----BEGIN (?:RSA )?PRIVATE KEY-----[^-]+-----END (?:RSA )?PRIVATE KEY-----/.test(keyFilePEM)) {
    fail('keyFilePEM', 'must be an RSA private key in PEM form (BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY)');
  }
  return { type: 'certificate', cert: certFilePEM, key: keyFilePEM };
}
