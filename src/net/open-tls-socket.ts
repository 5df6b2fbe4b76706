import { connect, type TLSSocket } from 'node:tls';
import { formatTcpEndpoint, type TcpEndpoint } from './endpoint';
import { socketError, type SocketPeer } from './socket-errors';
import { tlsClientOptions, type TlsOptions } from './tls-client';

const KEEP_ALIVE_DELAY_MS = 10_000;

/**
 * A TLS connection (1.2 or later) whose handshake is done, without delay (Nagle) and with keep-alive. Rejects with CONNECT_FAILED or
 * a TLS_ code in words, or with `signal.reason` once that is aborted; nothing is left open then. The caller owns the socket and
 * gives it listeners at once: an `error` without one ends the process.
 */
export function openTlsSocket(
  endpoint: TcpEndpoint,
  tls: TlsOptions,
  peer: SocketPeer,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let socket: TLSSocket;
    try {
      socket = connect({ ...endpoint, ...tlsClientOptions(endpoint.host, tls), minVersion: 'TLSv1.2' });
    } catch (error) {
      // A key of another certificate, a certificate that cannot be parsed: found before anything is sent.
      reject(socketError(peer, error, false));
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      act();
    };
    const fail = (reason: unknown): void => {
      settle(() => {
        socket.on('error', () => undefined);
        socket.destroy();
        reject(reason instanceof Error ? reason : new Error(String(reason)));
      });
    };
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (error) => fail(socketError(peer, error, false)));
    socket.once('close', () => fail(socketError(peer, new Error(`${formatTcpEndpoint(endpoint)} closed it`), false)));
    socket.once('secureConnect', () => settle(() => resolve(socket)));
  });
}
