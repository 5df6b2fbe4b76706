import { type FieldReader, show } from '../../base/fields/fields';
import { checkClientId, hasKeyword, type ProtocolVersion } from '../client/client-id';
import type { ConnectionOptions } from '../client/connection-options';
import { parseServerList } from '../client/server-list';
import type { ServerUrl } from '../client/server-url';
import { PROTOCOL_LIMITS, USUAL_MAXIMUM_PACKET_SIZE } from '../client/broker-limits';
import type { ReadFile } from '../../net/pem-files';
import { readTls, secretObject } from './tls-options';
import { readHeaders, readSecretHeaders } from './http-headers';
import { OLDER_NAMES } from './migrations';
import { readChannelDepth, readStore, type StoreOptions } from './store-options';
import { readSeconds, readUserProperties } from './message-properties';
import { readWill, type WillSettings } from './will';

/** The `client` block, checked. Client id and will topic are resolved per connection: shared or of one device. */
export interface ClientSettings extends Omit<ConnectionOptions, 'clientId' | 'will' | 'store'> {
  /** As given by the user; absent: the default rule. */
  readonly clientId?: string;
  readonly will?: WillSettings;
  readonly store: StoreSettings;
  readonly replayRate: number;
  /** Names of headers the values of which are never shown. */
  readonly hiddenHeaders?: readonly string[];
}

/** `directory`: of all connections of one extension; absolute. */
export type StoreSettings =
  | Extract<StoreOptions, { type: 'memory' }>
  | (Extract<StoreOptions, { type: 'file' }> & { readonly directory: string });

/** What reading `client` needs from its surroundings. */
export interface ClientEnvironment {
  readonly readFile: ReadFile;
  /** The directory of the stores, for a prefix as it is given. */
  readonly storeDirectoryOf: (prefix: string) => string;
}

const ANY_SERVER: ServerUrl = { transport: 'tcp', host: '', text: '' };

/** How often it is looked whether the first of several servers is there again. */
const FAILBACK_PAUSE_MS = 60_000;

const MAX_UINT16 = 65_535;

/** Keep-alive is a 16-bit number of whole seconds (MQTT 3.1.1, 3.1.2.10). */
const MAX_KEEP_ALIVE_S = 65_535;

/** Below that no command fits. In bytes. */
const LEAST_PACKET_SIZE = 1024;
/**
 * Messages a second. A broker gives a subscriber at QoS 1 or 2 only so many at a time (mosquitto: 20) and queues so many (1000), then
 * drops: with an answer in 40 ms it takes 500 a second.
 */
const DEFAULT_REPLAY_RATE = 500;
const MAX_REPLAY_RATE = 100_000;

/** Reads `client` and the credentials. */
export function readClient(
  reader: FieldReader,
  credentials: FieldReader,
  { readFile, storeDirectoryOf }: ClientEnvironment,
): ClientSettings {
  const [server, ...otherServers] = readServers(reader);
  const failback = reader.boolean('failback', false);
  reader.tellOlder(OLDER_NAMES.client);
  const version = readProtocolVersion(reader);
  const clientId = readClientId(reader, version);
  const account = readAccount(secretObject(reader, 'basicAuth'), credentials, version);
  const tls = readTls(reader, credentials, [server, ...otherServers], readFile);
  const will = readWill(reader);
  const store = readStore(reader.object('store'));
  const secretHeaders = readSecretHeaders(credentials);
  return {
    server,
    ...(otherServers.length > 0 && { otherServers, ...(failback && { failbackPauseMs: FAILBACK_PAUSE_MS }) }),
    protocolVersion: version,
    ...(clientId !== '' && { clientId }),
    ...account,
    ...tls,
    ...(will && { will }),
    cleanSession: reader.boolean('cleanSession', true),
    store: store.type === 'file' ? { ...store, directory: storeDirectoryOf(store.directoryPrefix) } : store,
    resumeSubs: reader.boolean('resumeSubs', false),
    connectTimeoutMs: reader.duration('connectTimeout', '30s'),
    keepAliveMs: Math.min(Math.ceil(reader.duration('keepAlive', '30s') / 1000), MAX_KEEP_ALIVE_S) * 1000,
    pingTimeoutMs: reader.duration('pingTimeout', '10s'),
    order: reader.boolean('order', true),
    writeTimeoutMs: reader.duration('writeTimeout', '30s'),
    autoReconnect: reader.boolean('autoReconnect', true),
    maxReconnectIntervalMs: reader.duration('maxReconnectInterval', '10m'),
    maximumPacketSize: readPacketSize(reader),
    messageChannelDepth: readChannelDepth(reader, store),
    replayRate: reader.integer('replayRate', DEFAULT_REPLAY_RATE, 0, MAX_REPLAY_RATE),
    ...readVersion5(reader, version),
    httpHeaders: { ...readHeaders(secretObject(reader, 'httpHeaders')), ...secretHeaders },
    ...(Object.keys(secretHeaders).length > 0 && { hiddenHeaders: Object.keys(secretHeaders) }),
  };
}

function readServers(reader: FieldReader): readonly [ServerUrl, ...ServerUrl[]] {
  const parsed = parseServerList(reader.given('server'));
  if (parsed.ok) return parsed.value;
  reader.fail('server', parsed.message);
  return [ANY_SERVER];
}

function readProtocolVersion(reader: FieldReader): ProtocolVersion {
  const version = reader.number('protocolVersion', 0);
  if (version === 0 || version === 3 || version === 4 || version === 5) return version;
  const expected = '0 (automatic), 3 (MQTT 3.1), 4 (MQTT 3.1.1) or 5 (MQTT 5.0)';
  reader.fail('protocolVersion', `must be ${expected}, got ${show(reader.given('protocolVersion'))}`);
  return 0;
}

function readClientId(reader: FieldReader, version: ProtocolVersion): string {
  const clientId = reader.string('clientID');
  // With keywords its length is known when they are replaced.
  const problem = checkClientId(clientId, hasKeyword(clientId) ? 0 : version);
  if (problem !== undefined) reader.fail('clientID', problem);
  return clientId;
}

/** What needs MQTT 5. */
type Version5Options = Pick<
  ConnectionOptions,
  'sessionExpiryInterval' | 'receiveMaximum' | 'topicAliasMaximum' | 'userProperties'
>;

function readVersion5(reader: FieldReader, version: ProtocolVersion): Version5Options {
  const sessionExpiryInterval = readSeconds(reader, 'sessionExpiryInterval');
  const receiveMaximum = reader.integer('receiveMaximum', MAX_UINT16, 1, MAX_UINT16);
  const topicAliasMaximum = reader.integer('topicAliasMaximum', 0, 0, MAX_UINT16);
  const userProperties = readUserProperties(reader);
  const options = {
    ...(sessionExpiryInterval !== undefined && { sessionExpiryInterval }),
    ...(receiveMaximum < MAX_UINT16 && { receiveMaximum }),
    ...(topicAliasMaximum > 0 && { topicAliasMaximum }),
    ...(userProperties && { userProperties }),
  };
  if (version !== 5) {
    for (const name of Object.keys(options)) reader.warn(name, 'has no effect: it needs protocolVersion 5 (MQTT 5.0)');
  }
  return options;
}

function readPacketSize(reader: FieldReader): number {
  const { maximumPacketSize: most } = PROTOCOL_LIMITS;
  return reader.integer('maximumPacketSize', USUAL_MAXIMUM_PACKET_SIZE, LEAST_PACKET_SIZE, most);
}

/** A user name alone is allowed; a password alone only by MQTT 5 (3.1.1, 3.1.2.9). */
function readAccount(
  basicAuth: FieldReader,
  credentials: FieldReader,
  version: ProtocolVersion,
): Pick<ClientSettings, 'username' | 'password'> {
  basicAuth.knows('username', 'password');
  basicAuth.tellOlder(OLDER_NAMES.basicAuth);
  const username = credentials.string('username', basicAuth.string('username'));
  const password = credentials.string('password', basicAuth.string('password'));
  if (password !== '' && username === '' && version !== 5) {
    credentials.fail('username', 'is required when there is a password (only MQTT 5.0 allows a password alone)');
  }
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}
