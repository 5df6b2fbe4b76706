import type { IncomingMessage } from 'node:http';
import type { ClientOptions, RawData, WebSocket } from 'ws' with { 'resolution-mode': 'import' };
import { DeviceError, ErrorCode } from '../../base/errors';
import type { Clock } from '../../base/ports';
import { expireAfter } from '../../base/deadline';
import { MAX_BODY_BYTES } from '../http/body';
import { PingWatchdog } from '../ping-watchdog';
import { socketError, type SocketPeer } from '../socket-errors';
import { tlsClientOptions, type TlsOptions } from '../tls-client';
import { loadWebSockets } from './load';

export interface SocketMessage {
  readonly data: Buffer;
  readonly isText: boolean;
}

export interface WebSocketLinkOptions {
  readonly clock: Clock;
  /** Who is at the other end. */
  readonly peer: SocketPeer;
  /** A ping goes out after so much silence; default 30 s. */
  readonly keepAliveMs?: number | undefined;
  /** The link is lost when nothing arrives for so long after a ping; default 10 s. */
  readonly pingTimeoutMs?: number | undefined;
  readonly onMessage: (message: SocketMessage) => void;
  /** Once, after `open` has resolved or `take` was called, unless `close` was called. */
  readonly onLost: (error: DeviceError) => void;
}

/** Where a link is opened to. */
export interface WebSocketAddress {
  readonly isSecure: boolean;
  /** Without brackets for IPv6. */
  readonly host: string;
  readonly port: number;
  /** Empty: `/`. */
  readonly path: string;
  readonly subprotocol: string;
  /** Of the handshake. */
  readonly headers: Readonly<Record<string, string>>;
  /** For secure ones. */
  readonly tls?: TlsOptions | undefined;
  /** The longest message that is taken, in bytes; default 1 MB. */
  readonly maxMessageBytes?: number | undefined;
  /** For the handshake; default 10 s. */
  readonly connectTimeoutMs?: number | undefined;
  /** What an answer means that is no WebSocket handshake, in words. */
  readonly explainRefusal?: (response: IncomingMessage) => string | undefined;
}

const KEEP_ALIVE_MS = 30_000;
const PING_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** How long the peer may take for its part of the closing handshake. */
const CLOSE_WITHIN_MS = 1000;
/** What may wait in the socket; beyond it the peer reads no more, and sending fails. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** One WebSocket connection, from its handshake to its end: made here (`open`), or by the other side (`take`). */
export class WebSocketLink {
  private socket: WebSocket | undefined;
  private watchdog: PingWatchdog | undefined;
  private lastError: DeviceError | undefined;
  private isEnded = false;

  constructor(private readonly options: WebSocketLinkOptions) {}

  get isConnected(): boolean {
    return this.watchdog !== undefined && !this.isEnded;
  }

  /** Resolves when messages can be sent. Rejects with a DeviceError that says why not. */
  async open(address: WebSocketAddress): Promise<void> {
    const { host, port, path, subprotocol, connectTimeoutMs = CONNECT_TIMEOUT_MS, explainRefusal } = address;
    const { WebSocket } = await loadWebSockets();
    if (this.isEnded) throw new DeviceError(ErrorCode.CLOSED, 'the WebSocket was closed');
    const url = `${address.isSecure ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}${path || '/'}`;
    const socket = new WebSocket(url, subprotocol, clientOptionsOf(address));
    this.socket = socket;
    await new Promise<void>((resolve, reject) => {
      const callOff = expireAfter(this.options.clock, connectTimeoutMs, () => {
        this.end(new DeviceError(ErrorCode.TIMEOUT, `${this.text} did not answer within ${connectTimeoutMs} ms`));
      });
      socket.on('open', () => {
        callOff();
        this.watch(socket);
        resolve();
      });
      socket.on('unexpected-response', (_request, response: IncomingMessage) => {
        response.resume();
        const words = explainRefusal?.(response) ?? `HTTP ${response.statusCode ?? 0}`;
        this.end(new DeviceError(ErrorCode.CONNECT_FAILED, `${this.text}: the WebSocket was refused: ${words}`));
      });
      this.attend(socket, (error) => {
        callOff();
        if (this.watchdog === undefined) reject(error);
      });
    });
  }

  /** Goes on with a socket whose handshake is done: one that was accepted. Instead of `open`. */
  take(socket: WebSocket): void {
    this.socket = socket;
    this.attend(socket, () => undefined);
    this.watch(socket);
  }

  /** Resolves when the message is handed to the system. Rejects with LINK_LOST or QUEUE_FULL: it has not arrived. */
  send(payload: string | Buffer): Promise<void> {
    const { socket, text } = this;
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

  /** Always resolves, within a second. `code`: RFC 6455, 7.4.1. */
  async close(code = 1000): Promise<void> {
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
      socket.close(code);
    });
  }

  private get text(): string {
    return this.options.peer.address;
  }

  private attend(socket: WebSocket, onClose: (error: DeviceError) => void): void {
    socket.on('error', (error) => {
      this.lastError ??= socketError(this.options.peer, error, this.isConnected);
    });
    socket.on('close', (code) => {
      const error = this.lastError ?? this.closed(code);
      onClose(error);
      this.finish(error);
    });
  }

  private watch(socket: WebSocket): void {
    const { clock, keepAliveMs = KEEP_ALIVE_MS, pingTimeoutMs = PING_TIMEOUT_MS } = this.options;
    const watchdog = new PingWatchdog({
      clock,
      keepAliveMs,
      pingTimeoutMs,
      ping: () => socket.ping(),
      lost: () => {
        const message = `${this.text} did not answer a ping within ${pingTimeoutMs} ms`;
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
    if (!this.isConnected) return new DeviceError(ErrorCode.CONNECT_FAILED, `${this.text} closed the connection`);
    const words = CLOSE_WORDS[code];
    return new DeviceError(ErrorCode.LINK_LOST, `${this.text} closed the connection (${words ?? 'code'} ${code})`);
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

function clientOptionsOf({ headers, maxMessageBytes, isSecure, host, tls }: WebSocketAddress): ClientOptions {
  return {
    headers: { ...headers },
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes ?? MAX_BODY_BYTES,
    // Its types have the check answer a boolean; what it stands on, node:tls, wants an error.
    ...(isSecure ? (tlsClientOptions(host, tls) as unknown as ClientOptions) : {}),
  };
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
