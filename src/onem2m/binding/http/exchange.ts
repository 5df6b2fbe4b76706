import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { readBody, TooLargeError } from '../../../net/http/body';
import { socketError } from '../../../net/socket-errors';
import { tlsClientOptions, type TlsOptions } from '../../../net/tls-client';
import type { Endpoint } from '../endpoint';
import type { HttpMethod } from './message';

/** One HTTP request, ready to leave. */
export interface OutgoingRequest {
  readonly endpoint: Endpoint;
  readonly method: HttpMethod;
  /** With its query, from the root of the server on. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
  /** For `https`. */
  readonly tls?: TlsOptions | undefined;
}

export interface HttpAnswer {
  readonly message: IncomingMessage;
  readonly body: Buffer;
}

/** Sockets to one CSE; requests beyond wait for one. A long poll occupies one all the time. */
const MAX_SOCKETS = 32;

/** Idle sockets are closed before a server does it (Node.js after 5 s), lest a request meets a socket that is just being closed. */
const IDLE_SOCKET_MS = 4000;

const AGENT = { keepAlive: true, maxSockets: MAX_SOCKETS, timeout: IDLE_SOCKET_MS, noDelay: true };

/** HTTP requests and their answers, over sockets that are kept for the next one. */
export class HttpExchanges {
  /** An agent tells sockets of different hosts and certificates apart by itself. */
  private readonly agents = { http: new PlainAgent(AGENT), https: new TlsAgent(AGENT) };

  constructor(private readonly maxBodyBytes: number) {}

  /**
   * The answer, or that it is too long. Rejects with CONNECT_FAILED or TLS_... (the request has not arrived), TIMEOUT (nobody knows
   * whether it took effect), or the reason of the signal.
   */
  exchange(request: OutgoingRequest, signal: AbortSignal): Promise<HttpAnswer | TooLargeError> {
    const { endpoint, method, path, headers, body, tls } = request;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(toDeviceError(signal.reason, ErrorCode.CLOSED));
        return;
      }
      let hasLeft = false;
      const { host, port } = endpoint;
      const isSecure = endpoint.scheme === 'https';
      const options = { host, port, method, path, headers };
      const outgoing: ClientRequest = isSecure
        ? tlsRequest({ ...options, agent: this.agents.https, ...tlsClientOptions(host, tls) })
        : plainRequest({ ...options, agent: this.agents.http });
      const onAbort = (): void => {
        reject(toDeviceError(signal.reason, ErrorCode.CLOSED));
        outgoing.destroy();
      };
      const stop = (): void => signal.removeEventListener('abort', onAbort);
      const fail = (error: unknown): void => {
        stop();
        reject(failure(endpoint, error, hasLeft));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      outgoing.on('socket', (socket) => {
        const isReady = !socket.connecting;
        if (isReady) hasLeft = true;
        else socket.once(isSecure ? 'secureConnect' : 'connect', () => (hasLeft = true));
      });
      outgoing.on('error', fail);
      outgoing.on('response', (message) => {
        readBody(message, this.maxBodyBytes).then(
          (received) => {
            stop();
            resolve({ message, body: received });
          },
          (error: unknown) => {
            outgoing.destroy();
            if (!(error instanceof TooLargeError)) {
              fail(error);
              return;
            }
            stop();
            resolve(error);
          },
        );
      });
      outgoing.end(body);
    });
  }

  /** Cuts the sockets. */
  close(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }
}

/** Once the request is on its way nobody knows whether it took effect. */
function failure(endpoint: Endpoint, error: unknown, hasLeft: boolean): DeviceError {
  const peer = {
    noun: 'the CSE',
    address: endpoint.text,
    plainAdvice: 'This port probably speaks plain HTTP: use http://, or another port.',
    silentAdvice: 'Check that this port speaks HTTP, and whether with TLS (https://) or not.',
  };
  if (!hasLeft) {
    const failed = socketError(peer, error, false);
    if (failed.code !== ErrorCode.TIMEOUT) return failed;
    const advice = failed.advice === undefined ? {} : { advice: failed.advice };
    return new DeviceError(ErrorCode.CONNECT_FAILED, failed.message, { cause: error, ...advice });
  }
  const lost = socketError(peer, error, true);
  // TLS 1.3 refuses a client certificate after the handshake, and lets nothing through.
  if (lost.code.startsWith('TLS_')) return lost;
  const text = `${lost.message}, before the answer had arrived: nobody knows whether the request took effect`;
  return new DeviceError(ErrorCode.TIMEOUT, text, { cause: error });
}
