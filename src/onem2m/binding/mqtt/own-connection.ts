import { DeviceError, ErrorCode } from '../../../base/errors';
import { describeProblems, FieldReader } from '../../../base/fields/fields';
import type { Problem } from '../../../base/fields/problems';
import type { Ports } from '../../../base/ports';
import { USUAL_MAXIMUM_PACKET_SIZE } from '../../../mqtt/client/broker-limits';
import type { ExtensionConnection } from '../../../mqtt/client/extension-connection';
import { checkClientId } from '../../../mqtt/client/client-id';
import { Connection } from '../../../mqtt/connection/connection';
import type { ConnectionOptions } from '../../../mqtt/client/connection-options';
import { forgetSession } from '../../../mqtt/connection/forget-session';
import { noFiles, type ReadFile } from '../../../net/pem-files';
import { pemSources, readTlsMaterial } from '../../../net/tls';
import type { TlsOptions } from '../../../net/tls-client';
import type { Endpoint } from '../endpoint';

/** Fields as of an `mqtt-extension`: `username password caFilePEM certFilePEM keyFilePEM`; PEM text, or `file:` and a path. */
export type Credentials = Readonly<Record<string, string | undefined>>;

/** What of TLS is no secret. */
export interface TlsNames {
  /** Empty: the host of the endpoint. */
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
}

export interface OwnConnectionOptions {
  /** `A::Cae` (TS-0010 6.3). */
  readonly clientId: string;
  /** User and password here go before those in the endpoint. */
  readonly credentials: Credentials;
  /** False: the broker keeps what comes while this side is away. */
  readonly cleanSession: boolean;
  /** For the broker to answer, ms; default 30 s. */
  readonly connectTimeoutMs?: number;
  /** For mqtts and wss. */
  readonly tls?: TlsNames;
  /** What the credentials name by `file:`, read before. */
  readonly readFile?: ReadFile;
}

const CONNECT_TIMEOUT_MS = 30_000;

/**
 * All that a connection to the broker of `endpoint` needs; what nobody says is as in docs/contract.md#mqtt-extension, but for the
 * longest pause between two attempts: an AE that is away misses notifications. Throws a DeviceError CONFIG.
 */
export function connectionOptionsOf(endpoint: Endpoint, options: OwnConnectionOptions): ConnectionOptions {
  const { server } = endpoint;
  const { clientId, credentials, cleanSession, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  if (server === undefined) throw config(`endpoint: must be that of a broker, got ${endpoint.text}`);
  const problem = clientId === '' ? 'must not be empty' : checkClientId(clientId, 4);
  if (problem !== undefined) throw config(`the client id ${problem}`);
  const given = { username: credentials['username'] ?? '', password: credentials['password'] ?? '' };
  const { username, password } = given.username === '' && given.password === '' ? endpoint : given;
  if (password !== undefined && password !== '' && (username === undefined || username === '')) {
    throw config('username: is required when there is a password');
  }
  const isEncrypted = server.transport === 'tls' || server.transport === 'wss';
  return {
    server,
    protocolVersion: 0,
    clientId,
    ...(username !== undefined && username !== '' && { username }),
    ...(password !== undefined && password !== '' && { password }),
    ...(isEncrypted && { tls: tlsOptionsOf(credentials, options.tls, options.readFile) }),
    cleanSession,
    resumeSubs: true,
    connectTimeoutMs,
    keepAliveMs: 30_000,
    pingTimeoutMs: 10_000,
    order: true,
    writeTimeoutMs: 30_000,
    autoReconnect: true,
    maxReconnectIntervalMs: 60_000,
    messageChannelDepth: 1000,
    maximumPacketSize: USUAL_MAXIMUM_PACKET_SIZE,
    httpHeaders: {},
  };
}

/** Certificates and key of the credentials, checked; the system's authorities where there is no `caFilePEM`. Throws a DeviceError CONFIG. */
export function tlsOptionsOf(
  credentials: Credentials,
  { serverName, insecureSkipVerify }: TlsNames = { serverName: '', insecureSkipVerify: false },
  readFile: ReadFile = noFiles,
): TlsOptions {
  const problems: Problem[] = [];
  const none = new FieldReader({}, '', problems);
  const material = readTlsMaterial(pemSources(new FieldReader(credentials, '', problems), none), readFile, problems);
  if (problems.length > 0) throw config(describeProblems(problems));
  return { ...material, ...(serverName !== '' && { serverName }), insecureSkipVerify };
}

/** A connection of one's own to the broker of `endpoint`, and how to leave nothing behind there. */
export function ownConnection(endpoint: Endpoint, options: OwnConnectionOptions, ports: Ports): ExtensionConnection {
  const connectionOptions = connectionOptionsOf(endpoint, options);
  const connection = new Connection(connectionOptions, ports);
  const forget = (): Promise<void> =>
    forgetSession(connectionOptions, ports, (changed, given) => new Connection(changed, given));
  return Object.assign(connection, options.cleanSession ? {} : { forget });
}

const config = (message: string): DeviceError => new DeviceError(ErrorCode.CONFIG, message);
