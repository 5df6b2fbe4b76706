import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { ClientOptions, RawData, WebSocket } from 'ws' with { 'resolution-mode': 'import' };
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Clock, TimerHandle } from '../../../base/ports';
import type { TlsOptions } from '../../../mqtt/client/connection-options';
import { PingWatchdog } from '../../../net/ping-watchdog';
import { socketError, type SocketPeer } from '../../../net/socket-errors';
import type { Endpoint } from '../endpoint';
import { authorization, type HttpAccount } from '../http/account';
import { notOneM2M } from '../http/answer';
import { MAX_BODY_BYTES } from '../http/body';
import { headerText } from '../http/fields';

export interface SocketMessage {
  readonly data: Buffer;
  readonly isText: boolean;
}

export interface WebSocketLinkOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** `oneM2M.json` or `oneM2M.cbor` (TS-0020). */
  readonly subprotocol: string;
  /** X-M2M-Origin of the handshake. */
  readonly originator: string | undefined;
  readonly account: HttpAccount;
  readonly tls: TlsOptions | undefined;
  readonly maxMessageBytes: number | undefined;
  readonly keepAliveMs: number | undefined;
  readonly pingTimeoutMs: number | undefined;
  readonly connectTimeoutMs: number | undefined;
  readonly onMessage: (message: SocketMessage) => void;
  /** Once, after `open` has resolved, unless `close` was called. */
  readonly onLost: (error: DeviceError) => void;
}

const KEEP_ALIVE_MS = 30_000;
const PING_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** How long the peer may take for its part of the closing handshake. */
const CLOSE_WITHIN_MS = 1000;
/** What may wait in the socket; beyond it the peer reads no more, and sending fails. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** One WebSocket connection, from its handshake to its end. */
export class WebSocketLink {
  private readonly peer: SocketPeer;
  private socket: WebSocket | undefined;
  private watchdog: PingWatchdog | undefined;
  private lastError: DeviceError | undefined;
  private isEnded = false;

  constructor(private readonly options: WebSocketLinkOptions) {
    this.peer = {
      noun: 'the CSE',
      address: options.endpoint.text,
      plainAdvice: 'This port probably speaks plain WebSocket: use ws://, or another port.',
      silentAdvice: 'Check that this port speaks WebSocket, and whether with TLS (wss://) or not.',
    };
  }

  get isConnected(): boolean {
    return this.watchdog !== undefined && !this.isEnded;
  }

  /** Resolves when messages can be sent. Rejects with a DeviceError that says why not. */
  async open(): Promise<void> {
    const { endpoint, clock, subprotocol, maxMessageBytes, connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.options;
    const clientOptions: ClientOptions = {
      headers: this.headers(),
      followRedirects: false,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes ?? MAX_BODY_BYTES,
      ...(endpoint.scheme === 'wss' ? tlsOptions(endpoint.host, this.options.tls) : {}),
    };
    const { WebSocket } = await import('ws');
    if (this.isEnded) throw closedError();
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
    const url = `${endpoint.scheme}://${host}:${endpoint.port}${endpoint.path || '/'}`;
    const socket = new WebSocket(url, subprotocol, clientOptions);
    this.socket = socket;
    await new Promise<void>((resolve, reject) => {
      const timer: TimerHandle = clock.setTimeout(() => {
        this.end(new DeviceError(ErrorCode.TIMEOUT, `${endpoint.text} did not answer within ${connectTimeoutMs} ms`));
      }, connectTimeoutMs);
      socket.on('open', () => {
        clock.clearTimeout(timer);
        this.watch(socket);
        resolve();
      });
      socket.on('error', (error) => {
        this.lastError ??= socketError(this.peer, error, this.isConnected);
      });
      socket.on('unexpected-response', (_request, response: IncomingMessage) => {
        response.resume();
        this.end(refusedHandshake(endpoint.text, response));
      });
      socket.on('close', (code) => {
        clock.clearTimeout(timer);
        const error = this.lastError ?? this.closed(code);
        if (this.watchdog === undefined) reject(error);
        this.finish(error);
      });
    });
  }

  /** Resolves when the message is handed to the system. Rejects with LINK_LOST or QUEUE_FULL: it has not arrived. */
  send(payload: string | Buffer): Promise<void> {
    const { socket } = this;
    const { text } = this.options.endpoint;
    if (socket === undefined || !this.isConnected) {
      return Promise.reject(new DeviceError(ErrorCode.LINK_LOST, `${text} is not connected`));
    }
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      return Promise.reject(new DeviceError(ErrorCode.QUEUE_FULL, `${text} takes messages too slowly`));
    }
    this.watchdog?.sent();
    return new Promise((resolve, reject) => {
      socket.send(payload, (error) => {
        if (error) reject(new DeviceError(ErrorCode.LINK_LOST, `${text}: the connection broke`, { cause: error }));
        else resolve();
      });
    });
  }

  /** Always resolves, within a second. */
  async close(): Promise<void> {
    const { socket } = this;
    this.isEnded = true;
    this.watchdog?.stop();
    if (socket === undefined || socket.readyState === socket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const timer = this.options.clock.setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS);
      socket.on('close', () => {
        this.options.clock.clearTimeout(timer);
        resolve();
      });
      socket.close(1000);
    });
  }

  private watch(socket: WebSocket): void {
    const { clock, endpoint, keepAliveMs = KEEP_ALIVE_MS, pingTimeoutMs = PING_TIMEOUT_MS } = this.options;
    const watchdog = new PingWatchdog({
      clock,
      keepAliveMs,
      pingTimeoutMs,
      ping: () => socket.ping(),
      lost: () => {
        const message = `${endpoint.text} did not answer a ping within ${pingTimeoutMs} ms`;
        this.end(new DeviceError(ErrorCode.LINK_LOST, message));
      },
    });
    this.watchdog = watchdog;
    socket.on('ping', () => watchdog.received());
    socket.on('pong', () => watchdog.received());
    socket.on('message', (data, isBinary) => {
      watchdog.received();
      this.options.onMessage({ data: toBuffer(data), isText: !isBinary });
    });
  }

  /** Ends the connection at once; `close` of the socket follows. */
  private end(error: DeviceError): void {
    this.lastError ??= error;
    this.socket?.terminate();
  }

  private finish(error: DeviceError): void {
    this.watchdog?.stop();
    if (this.isEnded) return;
    this.isEnded = true;
    if (this.watchdog !== undefined) this.options.onLost(error);
  }

  private closed(code: number): DeviceError {
    const { text } = this.options.endpoint;
    if (!this.isConnected) return new DeviceError(ErrorCode.CONNECT_FAILED, `${text} closed the connection`);
    const words = CLOSE_WORDS[code];
    return new DeviceError(ErrorCode.LINK_LOST, `${text} closed the connection (${words ?? 'code'} ${code})`);
  }

  private headers(): Record<string, string> {
    const { originator, account } = this.options;
    return {
      ...(originator === undefined ? {} : { 'X-M2M-Origin': headerText('fr', originator) }),
      ...authorization(account),
    };
  }
}

/** RFC 6455, 7.4.1. */
const CLOSE_WORDS: Readonly<Record<number, string>> = {
  1001: 'going away,',
  1002: 'protocol error,',
  1003: 'unsupported data,',
  1006: 'without a word,',
  1007: 'invalid data,',
  1008: 'policy violation,',
  1009: 'message too big,',
  1011: 'server error,',
};

function refusedHandshake(address: string, { statusCode = 0, headers }: IncomingMessage): DeviceError {
  const words = notOneM2M(statusCode, { ...headers, 'content-type': 'text/plain' }, 1) ?? `HTTP ${statusCode}`;
  return new DeviceError(ErrorCode.CONNECT_FAILED, `${address}: the WebSocket was refused: ${words}`);
}

function tlsOptions(host: string, tls: TlsOptions | undefined): ClientOptions {
  const name = tls?.serverName ?? host;
  return {
    rejectUnauthorized: tls?.insecureSkipVerify !== true,
    // An IP address must not be sent as SNI (RFC 6066, 3), yet the certificate is checked against it.
    ...(isIP(name) === 0 ? { servername: name } : { servername: '' }),
    checkServerIdentity: ((_host: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(name, certificate)) as unknown as NonNullable<ClientOptions['checkServerIdentity']>,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
  };
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

const closedError = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the WebSocket binding was closed');
