import type { Packet } from 'mqtt-packet';
import { ProgrammableBroker, type Behaviour } from '../programmable-broker';
import { nobody, socketServer, tlsServer, unknownHost, webServer, type Peer, type TlsPeerOptions } from './wrong-peers';

/** One way in which a connection cannot be made, or does not last, and what its user is told. */
export interface ConnectionFault {
  readonly name: string;
  readonly start: () => Promise<Peer & { readonly ca?: string }>;
  /** Of the `client` block of an extension; tests connect again at once. */
  readonly client?: Readonly<Record<string, unknown>>;
  readonly code: string;
  readonly says: RegExp;
  /** It is accepted each time, and lost soon after: such trouble is told twice. */
  readonly comesAndGoes?: boolean;
}

const V5 = { protocolVersion: 5 } as const;
const V311 = { protocolVersion: 4 } as const;

async function broker(behaviour: Behaviour): Promise<Peer> {
  const started = await ProgrammableBroker.start(behaviour);
  return { url: started.url, attempts: () => started.connections, stop: () => started.stop() };
}

const refusing = (version: 3 | 4 | 5, number: number, code: string, says: RegExp): ConnectionFault => ({
  name: `MQTT ${version} refuses with ${number}`,
  start: () => broker({ connack: () => ({ returnCode: number, reasonCode: number }) }),
  client: { protocolVersion: version },
  code,
  says,
});

/** Accepts, and then ends the connection with this reason. */
const disconnecting = (reasonCode: number, code: string, says: RegExp): ConnectionFault => ({
  name: `DISCONNECT ${reasonCode}`,
  start: () => broker({ connack: () => ({}), onAccepted: (client) => client.send({ cmd: 'disconnect', reasonCode }) }),
  client: V5,
  code,
  says,
  comesAndGoes: true,
});

/** Answers CONNECT, or the first packet after a good CONNACK, with these bytes. */
const answering = (
  name: string,
  bytes: readonly number[],
  what: 'CONNECT' | 'later',
  client: object,
): ConnectionFault => ({
  name,
  start: () =>
    broker({
      connack: (_connect, _index, socket) => {
        if (what === 'later') return {};
        socket.write(Buffer.from(bytes));
        return null;
      },
      onPacket: (packet, { socket }) => {
        if (packet.cmd === 'publish') socket.write(Buffer.from(bytes));
        return true;
      },
    }),
  client: { connectTimeout: '2s', ...client },
  code: what === 'CONNECT' ? 'CONNECT_FAILED' : 'LINK_LOST',
  says: /ended here: what came from there is not MQTT/,
  ...(what === 'later' && { comesAndGoes: true }),
});

const announcing = (name: string, properties: Extract<Packet, { cmd: 'connack' }>['properties']): ConnectionFault => ({
  name,
  start: () => broker({ connack: () => ({ properties: properties! }) }),
  client: V5,
  code: 'CONNECT_FAILED',
  says: new RegExp(`ended here: what came from there is not MQTT 5\\.0 \\(${name}\\)`),
});

const overTls = (name: string, options: TlsPeerOptions, code: string, says: RegExp, client = {}): ConnectionFault => ({
  name,
  start: () => tlsServer('tls', options),
  client: { connectTimeout: '300ms', ...client },
  code,
  says,
});

const REFUSALS: readonly ConnectionFault[] = [
  ...([3, 4] as const).flatMap((version) => [
    refusing(version, 1, 'MQTT_BAD_PROTOCOL_VERSION', /does not speak this version of MQTT \(code 1\)/),
    refusing(version, 2, 'MQTT_BAD_CLIENT_ID', /does not accept the client id \(code 2\)/),
    refusing(version, 3, 'MQTT_SERVER_UNAVAILABLE', /says that it is not available \(code 3\)/),
    refusing(version, 4, 'MQTT_BAD_CREDENTIALS', /bad user name or password \(code 4\)/),
    refusing(version, 5, 'MQTT_NOT_AUTHORIZED', /not authorised \(code 5\)/),
  ]),
  refusing(4, 6, 'MQTT_REFUSED', /reason code 6/),
  // MQTT 5.0, 3.2.2.2: all that a CONNACK may have.
  refusing(5, 128, 'MQTT_REFUSED', /unspecified error \(code 128\)/),
  refusing(5, 129, 'MQTT_REFUSED', /malformed packet \(code 129\)/),
  refusing(5, 130, 'MQTT_REFUSED', /protocol error \(code 130\)/),
  refusing(5, 131, 'MQTT_REFUSED', /implementation specific error/),
  refusing(5, 132, 'MQTT_BAD_PROTOCOL_VERSION', /does not speak this version/),
  refusing(5, 133, 'MQTT_BAD_CLIENT_ID', /does not accept the client id/),
  refusing(5, 134, 'MQTT_BAD_CREDENTIALS', /bad user name or password/),
  refusing(5, 135, 'MQTT_NOT_AUTHORIZED', /not authorised/),
  refusing(5, 136, 'MQTT_SERVER_UNAVAILABLE', /not available/),
  refusing(5, 137, 'MQTT_REFUSED', /server busy/),
  refusing(5, 138, 'MQTT_REFUSED', /banned/),
  refusing(5, 140, 'MQTT_REFUSED', /bad authentication method/),
  refusing(5, 144, 'MQTT_REFUSED', /topic name invalid/),
  refusing(5, 149, 'MQTT_REFUSED', /packet too large/),
  refusing(5, 151, 'MQTT_REFUSED', /quota exceeded/),
  refusing(5, 153, 'MQTT_REFUSED', /payload format invalid/),
  refusing(5, 154, 'MQTT_REFUSED', /retained messages not supported/),
  refusing(5, 155, 'MQTT_REFUSED', /quality of service not supported/),
  refusing(5, 156, 'MQTT_REFUSED', /use another server/),
  refusing(5, 157, 'MQTT_REFUSED', /server moved/),
  refusing(5, 159, 'MQTT_REFUSED', /connection rate exceeded/),
];

const ENDINGS: readonly ConnectionFault[] = [
  disconnecting(139, 'LINK_LOST', /ended the connection: server shutting down \(code 139\)/),
  disconnecting(142, 'LINK_LOST', /session taken over/),
  disconnecting(152, 'LINK_LOST', /administrative action/),
  disconnecting(157, 'LINK_LOST', /server moved/),
];

const SILENCE: readonly ConnectionFault[] = [
  {
    name: 'nothing listens there',
    start: nobody,
    code: 'CONNECT_FAILED',
    says: /nothing listens there \(ECONNREFUSED\)/,
  },
  { name: 'the host is unknown', start: unknownHost, code: 'CONNECT_FAILED', says: /host name/ },
  {
    name: 'accepts and never answers',
    start: () => socketServer('tcp', () => undefined),
    client: { connectTimeout: '50ms' },
    code: 'TIMEOUT',
    says: /did not answer within 50 ms/,
  },
  {
    name: 'closes at once',
    start: () => socketServer('tcp', (socket) => socket.end()),
    code: 'CONNECT_FAILED',
    says: /closed the connection before answering/,
  },
  {
    name: 'resets at once',
    start: () => socketServer('tcp', (socket) => socket.resetAndDestroy()),
    code: 'CONNECT_FAILED',
    says: /was reset|closed the connection before answering|the connection broke/,
  },
  {
    name: 'closes on CONNECT',
    start: () => broker({ connack: () => 'close' }),
    code: 'CONNECT_FAILED',
    says: /closed the connection before answering/,
  },
  {
    name: 'half open: accepted, and silent from then on',
    start: () => broker({ onPacket: () => true }),
    client: { keepAlive: '1s', pingTimeout: '50ms' },
    code: 'TIMEOUT',
    says: /did not answer a ping within 50 ms/,
    comesAndGoes: true,
  },
];

const NONSENSE: readonly ConnectionFault[] = [
  answering('a packet of type 0', [0x00, 0], 'CONNECT', V311),
  answering('a packet of type 0 later', [0x00, 0], 'later', V311),
  answering('a CONNACK without a body', [0x20, 0], 'CONNECT', V311),
  answering('a length that never ends', [0x30, 0xff, 0xff, 0xff, 0xff, 0x01], 'later', V311),
  answering('a second CONNACK', [0x20, 2, 0, 0], 'later', V311),
  answering('AUTH for MQTT 3.1.1', [0xf0, 2, 0x18, 0], 'later', V311),
  answering('a property that does not exist', [0x20, 5, 0, 0, 2, 0x7f, 0], 'CONNECT', V5),
  answering('properties that are longer than the packet', [0x20, 3, 0, 0, 0x7f], 'CONNECT', V5),
  answering('PUBLISH with QoS 3', [0x36, 6, 0, 1, 0x61, 0, 1, 0], 'later', V311),
  answering('PUBLISH with half a topic', [0x30, 3, 0, 9, 0x61], 'later', V311),
  answering('a topic alias that nobody has allowed', [0x30, 7, 0, 0, 3, 0x23, 0, 1, 0x78], 'later', V5),
  announcing('Receive Maximum 0', { receiveMaximum: 0 }),
  announcing('Maximum Packet Size 0', { maximumPacketSize: 0 }),
  {
    name: 'a challenge (AUTH) before CONNACK',
    start: () =>
      broker({
        connack: (_connect, _index, socket) => {
          socket.write(Buffer.from([0xf0, 2, 0x18, 0]));
          return null;
        },
      }),
    client: V5,
    code: 'MQTT_NOT_AUTHORIZED',
    says: /wants enhanced authentication \(AUTH\), which is not supported/,
  },
];

const OTHER_PROTOCOLS: readonly ConnectionFault[] = [
  {
    name: 'a web server at tcp://',
    start: () => webServer('tcp'),
    client: { connectTimeout: '2s' },
    code: 'CONNECT_FAILED',
    says: /is not MQTT 3.1.1 \(it speaks HTTP\)/,
  },
  {
    name: 'a server that speaks first at tcp://',
    start: () => socketServer('tcp', (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n')),
    client: { connectTimeout: '2s' },
    code: 'CONNECT_FAILED',
    says: /is not MQTT 3.1.1 \(it speaks SSH\)/,
  },
  {
    name: 'TLS at tcp://',
    start: () => tlsServer('tcp'),
    client: { connectTimeout: '2s' },
    code: 'CONNECT_FAILED',
    says: /is not MQTT 3.1.1 \(it speaks TLS\)|closed the connection before answering .*TLS or not/,
  },
  {
    name: 'plain MQTT at tls://',
    start: async () => {
      const peer = await broker({});
      return { ...peer, url: peer.url.replace('tcp:', 'tls:') };
    },
    code: 'CONNECT_FAILED',
    says: /was reset .*Check that this port speaks MQTT over this transport|disconnected before secure TLS/,
  },
  {
    name: 'a web server at tls://',
    start: () => webServer('tls'),
    code: 'TLS_FAILED',
    says: /the answer is not TLS/,
  },
  { name: 'a web server at ws://', start: () => webServer('ws'), code: 'CONNECT_FAILED', says: /404/ },
  { name: 'a login page at ws://', start: () => webServer('ws', 200), code: 'CONNECT_FAILED', says: /200/ },
  {
    name: 'a WebSocket server that wants a login',
    start: () => webServer('ws', 401),
    code: 'CONNECT_FAILED',
    says: /401/,
  },
  { name: 'a web server at wss://', start: () => webServer('wss'), code: 'TLS_FAILED', says: /the answer is not TLS/ },
  {
    name: 'plain MQTT at ws://',
    start: () => socketServer('ws', (socket) => socket.once('data', () => socket.end())),
    code: 'CONNECT_FAILED',
    says: /was reset .*Check that this port speaks MQTT over this transport|socket hang up/,
  },
];

const TLS: readonly ConnectionFault[] = [
  overTls('a certificate of nobody known', {}, 'TLS_UNKNOWN_CA', /self-signed|unknown authority/),
  overTls('a certificate that has expired', { days: -1 }, 'TLS_EXPIRED', /has expired/),
  overTls('a certificate for another name', { altNames: 'DNS:other.example' }, 'TLS_NAME_MISMATCH', /another name/),
  overTls(
    'a client certificate is wanted',
    { requestCert: true },
    'TLS_CLIENT_CERTIFICATE',
    /client certificate, or there is none/,
  ),
  overTls('silent inside TLS', {}, 'TIMEOUT', /did not answer within 300 ms/),
];

export const CONNECTION_FAULTS: readonly ConnectionFault[] = [
  ...REFUSALS,
  ...ENDINGS,
  ...SILENCE,
  ...NONSENSE,
  ...OTHER_PROTOCOLS,
  ...TLS,
];
