import { connect, type Socket } from 'node:net';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { formatTcpEndpoint, type TcpEndpoint } from './endpoint';

const KEEP_ALIVE_DELAY_MS = 10_000;

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused: nothing listens on this port'],
  ['ENOTFOUND', 'unknown host name'],
  ['EAI_AGAIN', 'the host name cannot be looked up at the moment'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'network unreachable'],
  ['ETIMEDOUT', 'no answer from the host'],
  ['ECONNRESET', 'the host broke the connection off'],
]);

/**
 * A connected socket without delay (Nagle) and with keep-alive. Rejects with CONNECT_FAILED, or with `signal.reason` once
 * that is aborted; no socket or listener is left then.
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
    socket.once('error', (error) => fail(connectFailed(endpoint, error)));
    socket.once('connect', () => settle(() => resolve(socket)));
  });
}

function connectFailed(endpoint: TcpEndpoint, error: NodeJS.ErrnoException): DeviceError {
  const reason = REASONS.get(error.code ?? '') ?? error.message;
  return new DeviceError(ErrorCode.CONNECT_FAILED, `cannot connect to ${formatTcpEndpoint(endpoint)}: ${reason}`, {
    cause: error,
    advice: 'check address, port and firewall, and that the device is on',
  });
}
