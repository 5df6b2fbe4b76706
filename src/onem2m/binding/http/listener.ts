import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Backoff } from '../../../base/backoff';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Ports, TimerHandle } from '../../../base/ports';
import { MAX_BODY_BYTES, readBody, TooLargeError } from './body';
import type { HttpHeaders } from './fields';

/** A request as any HTTP server has it; `url` is path and query, `headers` by lower-case name. */
export interface HttpServerRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HttpHeaders;
  readonly body: Buffer;
}

export interface HttpServerReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HttpListenerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** With it the listener speaks HTTPS. PEM texts; with `ca` clients need a certificate of it. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string } | undefined;
  /** Longest body in bytes; default 1 MB. */
  readonly maxBodyBytes?: number;
  /** Headers must be there by then, the rest in twice that time, in ms; default 10 s. Real time, kept by Node.js itself. */
  readonly headersWithinMs?: number;
}

/** Connections at one time; further ones are closed at once. */
const MAX_CONNECTIONS = 256;
/** A client that sends slower than this is cut off. */
const HEADERS_WITHIN_MS = 10_000;

/**
 * A small HTTP server for what a CSE sends: every request goes to `handle`. Where the port cannot be had it is tried again, with
 * growing waits, until `close`.
 */
export class HttpListener {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly backoff: Backoff;
  private retry: TimerHandle;
  private port: number;
  private isClosed = false;

  constructor(
    private readonly ports: Ports,
    private readonly options: HttpListenerOptions,
    private readonly handle: (request: HttpServerRequest) => Promise<HttpServerReply>,
    private readonly onProblem: (error: DeviceError) => void,
  ) {
    this.backoff = new Backoff(ports.random);
    this.port = options.port;
  }

  /** `http://127.0.0.1:8282`; undefined as long as a free port has not been found. */
  get address(): string | undefined {
    if (this.port === 0) return undefined;
    const { host, tls } = this.options;
    return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** Resolves when it listens; rejects with CONNECT_FAILED or CONFIG. */
  async open(): Promise<void> {
    try {
      await this.listen();
    } catch (error) {
      const { address } = this;
      const refusal = listenError(`${this.options.host}:${this.options.port}`, error);
      if (address !== undefined && refusal.code !== ErrorCode.CONFIG) this.tryLater();
      throw refusal;
    }
  }

  /** Always resolves: open connections are cut. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.ports.clock.clearTimeout(this.retry);
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  private async listen(): Promise<void> {
    if (this.isClosed) return;
    const { host, tls, port, headersWithinMs = HEADERS_WITHIN_MS } = this.options;
    const onRequest = (message: IncomingMessage, response: ServerResponse): void => void this.serve(message, response);
    const limits = {
      headersTimeout: headersWithinMs,
      requestTimeout: 2 * headersWithinMs,
      connectionsCheckingInterval: headersWithinMs / 10,
    };
    const mutual = { requestCert: tls?.ca !== undefined, rejectUnauthorized: tls?.ca !== undefined };
    const server =
      tls === undefined
        ? createPlainServer(limits, onRequest)
        : createTlsServer({ ...limits, ...tls, ...mutual }, onRequest);
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => this.onProblem(listenError(this.address ?? host, error)));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    // Closed while it was being opened.
    if (this.isClosedNow()) await this.close();
  }

  private isClosedNow(): boolean {
    return this.isClosed;
  }

  private tryLater(): void {
    if (this.isClosed) return;
    this.retry = this.ports.clock.setTimeout(() => {
      this.listen().catch(() => this.tryLater());
    }, this.backoff.next());
  }

  /** Never rejects. */
  private async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    try {
      const { method = '', url = '', headers } = message;
      const body = await readBody(message, this.options.maxBodyBytes ?? MAX_BODY_BYTES);
      const reply = await this.handle({ method, url, headers, body });
      response.writeHead(reply.status, { ...reply.headers, 'Content-Length': reply.body.length });
      response.end(reply.body);
    } catch (error) {
      if (!(error instanceof TooLargeError) || response.headersSent) {
        message.socket.destroy();
        return;
      }
      // The rest of the body is not read, so the connection cannot go on.
      response.writeHead(413, { 'X-M2M-RSC': '4000', Connection: 'close', 'Content-Length': 0 });
      response.end(() => message.socket.destroy());
    }
  }
}

function listenError(address: string, error: unknown): DeviceError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const options = { cause: error };
  switch (code) {
    case 'EADDRINUSE':
      return new DeviceError(
        ErrorCode.CONNECT_FAILED,
        `notifications cannot come in: the port of ${address} is taken`,
        {
          ...options,
          advice: 'Choose another port, or end the program that has it.',
        },
      );
    case 'EACCES':
      return new DeviceError(ErrorCode.CONNECT_FAILED, `notifications cannot come in: no permission for ${address}`, {
        ...options,
        advice: 'Choose a port above 1023.',
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new DeviceError(
        ErrorCode.CONFIG,
        `notifications cannot come in: ${address} is no address of this machine`,
        options,
      );
    default: {
      const text = error instanceof Error ? error.message : String(error);
      return new DeviceError(ErrorCode.CONFIG, `notifications cannot come in at ${address}: ${text}`, options);
    }
  }
}
