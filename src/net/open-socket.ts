import { connect, type Socket } from 'node:net';
import { formatTcpEndpoint, type TcpEndpoint } from './endpoint';
import { connectError } from './socket-errors';

const KEEP_ALIVE_DELAY_MS = 10_000;

/**
 * A connected socket without delay (Nagle) and with keep-alive. Rejects with CONNECT_FAILED, or with `signal.reason` once
 * that is aborted; no socket or listener is left then. The caller owns the socket and gives it listeners at once: an
 * `error` without one ends the process.
 */
export function openSocket(endpoint: TcpEndpoint, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({
      ...endpoint,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    });
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
    socket.once('error', (error) => fail(connectError('the device', formatTcpEndpoint(endpoint), error)));
    socket.once('connect', () => settle(() => resolve(socket)));
  });
}
