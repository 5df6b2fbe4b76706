import { Backoff } from '../../base/backoff';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { Ports, TimerHandle } from '../../base/ports';
import type { HttpRoute, HttpServerOptions } from './server';
import { sharedHttpServers, type ServerShare } from './shared-servers';

export interface HttpListenerOptions extends HttpServerOptions {
  /** Longest body in bytes; default 1 MB. */
  readonly maxBodyBytes?: number | undefined;
}

/** What is served, and how its owner is told of trouble. */
export interface ListenerRoute extends Omit<HttpRoute, 'onProblem'> {
  /** What does not work without it, as errors begin: `notifications cannot come in`. */
  readonly consequence: string;
  readonly onProblem: (error: DeviceError) => void;
}

/**
 * A place at an HTTP server of this process, which others may share: a host, a port and a path. Where it cannot be had it is tried
 * again, with growing waits, until `close`.
 */
export class HttpListener {
  private readonly backoff: Backoff;
  private readonly route: HttpRoute;
  private share: ServerShare | undefined;
  private removeRoute: (() => void) | undefined;
  private attempt: Promise<void> = Promise.resolve();
  private retry: TimerHandle;
  private port: number;
  private isClosed = false;
  private readonly asRefusal: (error: unknown) => DeviceError;

  constructor(
    private readonly ports: Ports,
    private readonly options: HttpListenerOptions,
    { consequence, onProblem, ...route }: ListenerRoute,
    private readonly servers = sharedHttpServers,
  ) {
    this.backoff = new Backoff(ports.random);
    this.port = options.port;
    this.asRefusal = (error) => listenError(consequence, `${options.host}:${this.port}`, error);
    this.route = { ...route, onProblem: (error) => onProblem(this.asRefusal(error)) };
  }

  /** `http://127.0.0.1:8282`; undefined as long as a free port has not been found. */
  get address(): string | undefined {
    if (this.port === 0) return undefined;
    const { host, tls } = this.options;
    return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /**
   * Resolves when it listens. Rejects with CONNECT_FAILED (the port is another program's), HTTP_PATH_TAKEN or HTTP_TLS_CONFLICT
   * (shared with another receiver that has the path, or other certificates), all of which are tried again, or with CONFIG.
   */
  async open(): Promise<void> {
    try {
      await this.listen();
    } catch (error) {
      const refusal = this.asRefusal(error);
      if (this.port !== 0 && refusal.code !== ErrorCode.CONFIG) this.tryLater();
      throw refusal;
    }
  }

  /** Always resolves. The server goes with the last who uses it; its open connections are then cut. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.ports.clock.clearTimeout(this.retry);
    await this.attempt.catch(() => undefined);
    await this.leave();
  }

  private listen(): Promise<void> {
    this.attempt = this.join();
    return this.attempt;
  }

  private async join(): Promise<void> {
    if (this.isClosed) return;
    const share = await this.servers.join({ ...this.options, port: this.port });
    this.share = share;
    // Closed while it was being opened: `close` gives the share back.
    if (this.isClosedNow()) return;
    try {
      this.removeRoute = share.server.add(this.route);
      this.port = share.server.port;
    } catch (error) {
      await this.leave();
      throw error;
    }
  }

  private async leave(): Promise<void> {
    const { share } = this;
    this.share = undefined;
    this.removeRoute?.();
    this.removeRoute = undefined;
    await share?.leave();
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
}

function listenError(consequence: string, address: string, error: unknown): DeviceError {
  if (error instanceof DeviceError) {
    const advice = error.advice === undefined ? {} : { advice: error.advice };
    return new DeviceError(error.code, `${consequence}: ${error.message}`, { cause: error, ...advice });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const cause = { cause: error };
  switch (code) {
    case 'EADDRINUSE':
      return new DeviceError(ErrorCode.CONNECT_FAILED, `${consequence}: the port of ${address} is taken`, {
        ...cause,
        advice: 'Choose another port, or end the program that has it.',
      });
    case 'EACCES':
      return new DeviceError(ErrorCode.CONNECT_FAILED, `${consequence}: no permission for ${address}`, {
        ...cause,
        advice: 'Choose a port above 1023.',
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new DeviceError(ErrorCode.CONFIG, `${consequence}: ${address} is no address of this machine`, cause);
    default: {
      const text = error instanceof Error ? error.message : String(error);
      return new DeviceError(ErrorCode.CONFIG, `${consequence} at ${address}: ${text}`, cause);
    }
  }
}
