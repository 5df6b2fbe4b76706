import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DeviceError } from '../../base/errors';
import { Connections } from './connections';
import { serveHttp, urlBelow, type ServeOptions } from './serve';

/** What a server shows itself with. PEM texts; with `ca` clients need a certificate of it. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** With it the server speaks HTTPS. */
  readonly tls?: ServerTls | undefined;
  /** Headers must be there by then, the rest in twice that time, in ms; default 10 s. Real time, kept by Node.js itself. */
  readonly headersWithinMs?: number | undefined;
}

/** Takes over the connection of a WebSocket handshake. */
export type UpgradeHandler = (message: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What is served at a path, and at all that is below it and is nobody else's. */
export interface HttpRoute {
  /** With its slash and without one at the end; empty for all. */
  readonly path: string;
  readonly serve?: ServeOptions;
  /** WebSocket handshakes. */
  readonly upgrade?: UpgradeHandler;
  /** What goes wrong with the server as such. */
  readonly onProblem: (error: unknown) => void;
}

/** A client that sends slower than this is cut off. */
const HEADERS_WITHIN_MS = 10_000;

/** A small HTTP server with routes that come and go. Whoever opens it must `close` it. */
export class HttpServer {
  private readonly connections = new Connections();
  /** The oldest first. */
  private readonly routes = new Set<HttpRoute>();

  private constructor(
    private readonly server: Server,
    private readonly options: HttpServerOptions,
  ) {
    server.on('connection', (socket: Socket) => this.connections.add(socket));
    server.on('request', (message: IncomingMessage, response: ServerResponse) => this.onRequest(message, response));
  }

  /** Resolves when it listens; rejects with the error of Node.js where it cannot. */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const { host, port, tls, headersWithinMs = HEADERS_WITHIN_MS } = options;
    const limits = {
      headersTimeout: headersWithinMs,
      requestTimeout: 2 * headersWithinMs,
      connectionsCheckingInterval: headersWithinMs / 10,
      // Of Node.js 24.9 on: clients that offer HTTP/2 in passing are served as if they had not.
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => isWebSocket(headers.upgrade),
    };
    const mutual = { requestCert: tls?.ca !== undefined, rejectUnauthorized: tls?.ca !== undefined };
    const server = tls === undefined ? createPlainServer(limits) : createTlsServer({ ...limits, ...tls, ...mutual });
    const opened = new HttpServer(server, options);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => {
      for (const { onProblem } of opened.routes) onProblem(error);
    });
    return opened;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on the route serves its path, until the function it answers is called. Throws HTTP_PATH_TAKEN. */
  add(route: HttpRoute): () => void {
    const { path } = route;
    const clash = [...this.routes].some((other) => other.path === path && haveTheSame(other, route));
    if (clash) {
      const { host } = this.options;
      const text = `the path "${path === '' ? '/' : path}" of ${host}:${this.port} is taken by another receiver`;
      throw new DeviceError('HTTP_PATH_TAKEN', text, { advice: 'Choose another path, or another port.' });
    }
    this.routes.add(route);
    this.attend();
    return () => {
      this.routes.delete(route);
      this.attend();
    };
  }

  /** Always resolves: open connections are cut. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.connections.closeAll();
    });
  }

  /** Handshakes are looked at only where somebody wants them: without a listener Node.js takes them for ordinary requests. */
  private attend(): void {
    this.server.off('upgrade', this.onUpgrade);
    if ([...this.routes].some(({ upgrade }) => upgrade !== undefined)) this.server.on('upgrade', this.onUpgrade);
  }

  private onRequest(message: IncomingMessage, response: ServerResponse): void {
    const { remoteAddress, remotePort } = message.socket;
    response.once('finish', () => this.connections.answered({ remoteAddress, remotePort }));
    const served = [...this.routes].filter(({ serve }) => serve !== undefined);
    // What is nobody's goes to the oldest: it knows how its protocol says so.
    const serve = (closest(served, message.url) ?? served[0])?.serve;
    if (serve !== undefined) void serveHttp(message, response, serve);
    else {
      message.resume();
      response.writeHead(404, { 'Content-Length': 0 }).end();
    }
  }

  private readonly onUpgrade = (message: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => undefined);
    const upgraded = [...this.routes].filter(({ upgrade }) => upgrade !== undefined);
    const upgrade = isWebSocket(message.headers.upgrade) ? closest(upgraded, message.url)?.upgrade : undefined;
    this.connections.keep(message.socket);
    if (upgrade !== undefined) upgrade(message, socket, head);
    else refuseUpgrade(socket, '404 Not Found');
  };
}

/** Answers a handshake with a status such as `401 Unauthorized`, and ends its connection. */
export function refuseUpgrade(socket: Duplex, status: string, headers: Readonly<Record<string, string>> = {}): void {
  const lines = Object.entries({ ...headers, Connection: 'close', 'Content-Length': '0' });
  socket.end(`HTTP/1.1 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, () =>
    socket.destroy(),
  );
}

const isWebSocket = (upgrade: string | undefined): boolean => upgrade?.toLowerCase() === 'websocket';

const haveTheSame = (one: HttpRoute, other: HttpRoute): boolean =>
  (one.serve !== undefined && other.serve !== undefined) || (one.upgrade !== undefined && other.upgrade !== undefined);

/** The route with the longest path that has `url` below it. */
function closest(routes: readonly HttpRoute[], url = ''): HttpRoute | undefined {
  const fitting = routes.filter(({ path }) => urlBelow(path, url) !== undefined);
  return fitting.sort((a, b) => b.path.length - a.path.length)[0];
}
