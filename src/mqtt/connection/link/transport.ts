import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type * as Mqtt from 'mqtt';
import type { IClientOptions, MqttClient } from 'mqtt';
import { tlsClientOptions } from '../../../net/tls-client';
import type { ConnectionOptions } from '../../client/connection-options';

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
  const open = (): Socket => {
    const socket = openSocket(options);
    socket.on('error', onError);
    return socket;
  };
  if (server.transport !== 'ws' && server.transport !== 'wss') return new mqtt.MqttClient(open, clientOptions);
  return mqtt.connect({
    ...clientOptions,
    protocol: server.transport,
    hostname: server.host.includes(':') ? `[${server.host}]` : server.host,
    ...(server.port === undefined ? {} : { port: server.port }),
    path: server.path ?? '/',
    wsOptions: {
      headers: Object.fromEntries(Object.entries(httpHeaders).map(([name, values]) => [name, [...values]])),
      createConnection: open,
      perMessageDeflate: false,
      maxPayload: Math.max(MOST_FRAME_BYTES, options.maximumPacketSize),
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    },
  });
}

function openSocket(options: ConnectionOptions): Socket {
  const { server } = options;
  const socket = server.transport === 'tls' || server.transport === 'wss' ? openTls(options) : openPlain(options);
  // Registered before anything is written, so it runs before CONNECT goes out; sockets without Nagle ignore it.
  socket.on('connect', () => socket.setNoDelay(true));
  return socket;
}

function openPlain({ server }: ConnectionOptions): Socket {
  if (server.transport === 'unix') return connectTcp({ path: server.path ?? '' });
  return connectTcp({ host: server.host, port: server.port ?? 1883 });
}

function openTls({ server, tls }: ConnectionOptions): Socket {
  const { host, port = 8883 } = server;
  return connectTls({ host, port, ...tlsClientOptions(host, tls) });
}
