import type { ReadFile } from '../../net/pem-files';
import { DeviceError } from '../../base/errors';
import type { Ports } from '../../base/ports';
import type { ConnectionUser } from '../../base/broker-connection';
import type { ExtensionConnection } from '../../mqtt/client/extension-connection';
import type { TlsOptions } from '../../net/tls-client';
import type { ServerUrl } from '../../mqtt/client/server-url';
import type { AeConfig } from './model/config';
import type { AeSecret } from './model/secret';
import type { Endpoint } from '../binding/endpoint';
import type { Binding, RequestReceiver } from '../binding/binding';
import { HttpBinding } from '../binding/http/http';
import { HttpReceiver } from '../binding/http/receiver';
import { MqttBinding } from '../binding/mqtt/mqtt';
import { ownConnection, tlsOptionsOf } from '../binding/mqtt/own-connection';
import { WebSocketBinding } from '../binding/websocket/websocket';

/** What an AE works over: one object, or two. */
export interface AeBindings {
  /** Where requests leave; notifications come in there too, unless there is a receiver beside it. */
  readonly sender: Binding;
  readonly receiver?: RequestReceiver | undefined;
}

export interface BindingSurroundings {
  /** `username`, `password`, `token`, `caFilePEM`, `certFilePEM`, `keyFilePEM`: they go before what an endpoint says. */
  readonly credentials: Readonly<Record<string, string>>;
  /** What they name by `file:`, read before. */
  readonly readFile?: ReadFile;
  readonly ports: Ports;
  /** Of the node; the same after each restart. */
  readonly uid: string;
  /** Makes the path at which notifications come in by HTTP one that nobody can guess; without one it is as configured. */
  readonly secret?: AeSecret;
  /** A share in the connection of an `mqtt-extension`, instead of one of its own. */
  readonly openConnection?: (user: ConnectionUser) => ExtensionConnection;
  /** Takes notifications over HTTP through somebody else's server. Without one, and where it is needed, there is a listener. */
  readonly httpReceiver?: HttpReceiver;
}

/** Addresses to listen at, which are nobody's. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Digits of the uid that tell AEs of one name apart. */
const UID_DIGITS = 12;

/** @throws DeviceError CONFIG, naming the field */
export function createBindings(config: AeConfig, surroundings: BindingSurroundings): AeBindings {
  const { notify, endpoint } = config;
  const sender = createBinding(config, endpoint, config.binding, surroundings, notify.kind === 'same');
  if (notify.kind !== 'endpoint') return { sender };
  const isHttp = notify.endpoint.scheme === 'http' || notify.endpoint.scheme === 'https';
  const binding = isHttp ? 'http' : 'mqtt';
  return { sender, receiver: createBinding(config, notify.endpoint, binding, surroundings, true) };
}

function createBinding(
  config: AeConfig,
  endpoint: Endpoint,
  name: Binding['name'],
  surroundings: BindingSurroundings,
  takesNotifications: boolean,
): Binding {
  const { serialization } = config;
  const { ports, credentials, httpReceiver } = surroundings;
  const { username = endpoint.username, password = endpoint.password, token } = credentials;
  const account = { username, password, token };
  const isSecure = endpoint.scheme === 'https' || endpoint.scheme === 'wss';
  const tls = isSecure && name !== 'mqtt' ? tlsOptionsOf(credentials, config.tls, surroundings.readFile) : undefined;
  switch (name) {
    case 'mqtt':
      return createMqtt(config, endpoint, surroundings);
    case 'websocket':
      return new WebSocketBinding({ endpoint, serialization, ports, account, tls, connectTimeoutMs: config.timeoutMs });
    case 'http': {
      const receiver = takesNotifications
        ? (httpReceiver ?? ownReceiver(config, endpoint, tls, surroundings))
        : undefined;
      return new HttpBinding({ endpoint, serialization, ports, account, receiver, tls });
    }
  }
}

/** Where the CSE reaches the AE. A receiver of HTTP knows what comes after the address that is configured. */
export function pointOfAccessOf({ ae }: AeConfig, { sender, receiver = sender }: AeBindings): readonly string[] {
  const isServed = receiver.name === 'http' && receiver.pointOfAccess.length > 0;
  return isServed ? receiver.pointOfAccess : (ae.pointOfAccess ?? receiver.pointOfAccess);
}

/** A listener at the endpoint that `notify` names; without one the AE cannot be reached over HTTP. */
function ownReceiver(
  config: AeConfig,
  endpoint: Endpoint,
  tls: TlsOptions | undefined,
  { ports, secret }: BindingSurroundings,
) {
  if (config.notify.kind !== 'endpoint') return undefined;
  const { scheme, host, port, path } = endpoint;
  const own = WILDCARDS.has(host) ? [] : [`${scheme}://${bracketed(host)}:${port}${path}`];
  const advertised = config.ae.pointOfAccess ?? own;
  if (advertised.length === 0) {
    const text = `ae.pointOfAccess: is required where notify is ${endpoint.text}: the address at which the CSE finds this side`;
    throw new DeviceError('CONFIG', text);
  }
  const below = secret === undefined ? '' : secretPath(secret);
  const pointOfAccess = advertised.map((address) => withPath(address, below));
  const listener = { host, port, tls: serverTls(endpoint, tls) };
  return new HttpReceiver({ ports, path: path + below, pointOfAccess, listener });
}

/** What comes after the path at which notifications come in by HTTP: anybody may reach the port, only the CSE knows this. */
export const secretPath = (secret: AeSecret): string => `/${secret.tag('notification path')}`;

/** A point of access with a path below its own. Others than those of HTTP are addresses of brokers, which stay as they are. */
export const withPath = (pointOfAccess: string, below: string): string =>
  /^https?:/iu.test(pointOfAccess) ? pointOfAccess.replace(/\/+$/u, '') + below : pointOfAccess;

/** The certificate with which the AE shows itself to the CSE. */
function serverTls({ scheme, text }: Endpoint, tls: TlsOptions | undefined) {
  if (scheme !== 'https') return undefined;
  const { cert, key } = tls ?? {};
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw new DeviceError('CONFIG', `certFilePEM, keyFilePEM: are required to listen at ${text}`);
}

function createMqtt(config: AeConfig, endpoint: Endpoint, surroundings: BindingSurroundings): Binding {
  const { cse, ae, serialization, topicPrefix, timeoutMs } = config;
  const { ports, credentials, uid, openConnection, readFile } = surroundings;
  const unique = `${ae.name}-${uid.replaceAll(/[^0-9A-Za-z]/g, '').slice(-UID_DIGITS)}`;
  const stem = ae.originator.slice(ae.originator.lastIndexOf('/') + 1);
  const isAssigned = stem === 'C' || stem === 'S';
  const clientId = `A::${isAssigned ? unique : stem}`;
  const connection =
    openConnection === undefined
      ? ownConnection(
          endpoint,
          {
            clientId,
            credentials,
            cleanSession: false,
            tls: config.tls,
            connectTimeoutMs: timeoutMs,
            ...(readFile && { readFile }),
          },
          ports,
        )
      : openConnection({ clientId, label: ae.name });
  return new MqttBinding({
    connection,
    receiver: endpoint.cseID === '' ? cse.id : endpoint.cseID,
    serialization,
    topicPrefix,
    credentialID: ae.credentialID,
    fallbackLevel: unique,
    spID: cse.spID,
    pointOfAccess: ae.pointOfAccess ?? brokerAddress(connection.server),
    forget: connection.forget,
    ports,
  });
}

/** `poa` names the broker as a CSE would connect to it: by MQTT itself, also where this side goes through a WebSocket. */
function brokerAddress({ transport, host, port = 0 }: ServerUrl): string[] {
  switch (transport) {
    case 'tcp':
      return [`mqtt://${bracketed(host)}:${port}`];
    case 'tls':
      return [`mqtts://${bracketed(host)}:${port}`];
    case 'ws':
      return [`mqtt://${bracketed(host)}:1883`];
    case 'wss':
      return [`mqtts://${bracketed(host)}:8883`];
    case 'unix':
      return [];
  }
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
