import { connect, type Socket } from 'node:net';
import { formatTcpEndpoint, type TcpEndpoint } from './endpoint';
import { connectError } from './socket-errors';
import { untilConnected } from './until-connected';

const KEEP_ALIVE_DELAY_MS = 10_000;

/**
 * A connected socket without delay (Nagle) and with keep-alive. Rejects with CONNECT_FAILED, or with `signal.reason` once
 * that is aborted; no socket or listener is left then. The caller owns the socket and gives it listeners at once: an
 * `error` without one ends the process.
 */
export async function openSocket(endpoint: TcpEndpoint, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const peer = formatTcpEndpoint(endpoint);
  const socket = connect({
    ...endpoint,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
  });
  const inWords = (error: Error): Error => connectError('the device', peer, error);
  return untilConnected(socket, 'connect', signal, { inWords, closed: `${peer} closed it` });
}
