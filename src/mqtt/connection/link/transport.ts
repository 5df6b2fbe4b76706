import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type * as Mqtt from 'mqtt';
import type { IClientOptions, MqttClient } from 'mqtt';
import { connectThrough, proxyOf } from '../../../net/proxy';
import { tlsClientOptions } from '../../../net/tls-client';
import type { ConnectionOptions, ServerUrl } from '../../client/connection-options';

/** The default of ws; a broker may put several packets into one frame. */
const MOST_FRAME_BYTES = 104_857_600;

/**
 * An MQTT.js client over the transport that the options name, not connected yet. The sockets are made here: MQTT.js would guess
 * (an unknown scheme becomes plain TCP, a client certificate with `ssl://` throws, wss ignores the server name) and leaves
 * Nagle's algorithm on.
 *
 * `onError` learns what went wrong with the socket itself, which a WebSocket client reports less precisely or not at all.
 */
export function createClient(
  mqtt: typeof Mqtt,
  options: ConnectionOptions,
  clientOptions: IClientOptions,
  onError: (error: Error) => void,
): MqttClient {
  const { server, tls, httpHeaders } = options;
  const open = (through?: Socket): Socket => {
    const socket = openSocket(options, through);
    socket.on('error', onError);
    return socket;
  };
  if (server.transport !== 'ws' && server.transport !== 'wss') return new mqtt.MqttClient(() => open(), clientOptions);
  const gone = new AbortController();
  const client = mqtt.connect({
    ...clientOptions,
    protocol: server.transport,
    hostname: server.host.includes(':') ? `[${server.host}]` : server.host,
    ...(server.port === undefined ? {} : { port: server.port }),
    path: server.path ?? '/',
    wsOptions: {
      headers: Object.fromEntries(Object.entries(httpHeaders).map(([name, values]) => [name, [...values]])),
      // node:http takes the socket, or a call when it is there; its types know the first alone.
      createConnection: (...[, done]: unknown[]) =>
        openWebSocket(server, gone.signal, open, done as SocketCallback) as Socket,
      perMessageDeflate: false,
      maxPayload: Math.max(MOST_FRAME_BYTES, options.maximumPacketSize),
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    },
  });
  client.once('close', () => gone.abort());
  return client;
}

type SocketCallback = (error: Error | null, socket?: Socket) => void;

/** The socket of a WebSocket: at once, or by `done` where it goes through the proxy of the environment. */
function openWebSocket(
  server: ServerUrl,
  signal: AbortSignal,
  open: (through?: Socket) => Socket,
  done: SocketCallback,
): Socket | undefined {
  const { host, transport } = server;
  const port = server.port ?? 80;
  try {
    const proxy = proxyOf({ transport: transport === 'wss' ? 'wss' : 'ws', host, port }, process.env);
    if (proxy === undefined) return open();
    void connectThrough(proxy, host, port, signal).then((socket) => done(null, open(socket)), done);
  } catch (error) {
    done(error as Error);
  }
  return undefined;
}

function openSocket(options: ConnectionOptions, through: Socket | undefined): Socket {
  const { transport } = options.server;
  const isTls = transport === 'tls' || transport === 'wss';
  const socket = isTls ? openTls(options, through) : (through ?? openPlain(options));
  if (through !== undefined) through.setNoDelay(true);
  // Registered before anything is written, so it runs before CONNECT goes out; sockets without Nagle ignore it.
  socket.on('connect', () => socket.setNoDelay(true));
  return socket;
}

function openPlain({ server }: ConnectionOptions): Socket {
  if (server.transport === 'unix') return connectTcp({ path: server.path ?? '' });
  return connectTcp({ host: server.host, port: server.port ?? 1883 });
}

function openTls({ server, tls }: ConnectionOptions, socket: Socket | undefined): Socket {
  const { host, port = 8883 } = server;
  return connectTls({ ...(socket ? { socket } : { host, port }), ...tlsClientOptions(host, tls) });
}
