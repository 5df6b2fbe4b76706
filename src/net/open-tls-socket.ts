import { connect, type TLSSocket } from 'node:tls';
import { formatTcpEndpoint, type TcpEndpoint } from './endpoint';
import { socketError, type SocketPeer } from './socket-errors';
import { tlsClientOptions, type TlsOptions } from './tls-client';
import { untilConnected } from './until-connected';

const KEEP_ALIVE_DELAY_MS = 10_000;

/**
 * A TLS connection (1.2 or later) whose handshake is done, without delay (Nagle) and with keep-alive. Rejects with CONNECT_FAILED or
 * a TLS_ code in words, or with `signal.reason` once that is aborted; nothing is left open then. The caller owns the socket and
 * gives it listeners at once: an `error` without one ends the process.
 */
export async function openTlsSocket(
  endpoint: TcpEndpoint,
  tls: TlsOptions,
  peer: SocketPeer,
  signal: AbortSignal,
): Promise<TLSSocket> {
  signal.throwIfAborted();
  const inWords = (error: unknown): Error => socketError(peer, error, false);
  let socket: TLSSocket;
  try {
    socket = connect({ ...endpoint, ...tlsClientOptions(endpoint.host, tls), minVersion: 'TLSv1.2' });
  } catch (error) {
    // A key of another certificate, a certificate that cannot be parsed: found before anything is sent.
    throw inWords(error);
  }
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  return untilConnected(socket, 'secureConnect', signal, {
    inWords,
    closed: `${formatTcpEndpoint(endpoint)} closed it`,
  });
}
