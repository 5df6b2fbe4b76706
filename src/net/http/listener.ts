import { Backoff } from '../../base/backoff';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import { KeepUp } from '../../base/keep-up';
import type { Ports } from '../../base/ports';
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
  private readonly keepUp: KeepUp;
  private readonly route: HttpRoute;
  private readonly asRefusal: (error: unknown) => DeviceError;
  private share: ServerShare | undefined;
  private removeRoute: (() => void) | undefined;
  private joining: Promise<void> = Promise.resolve();
  private port: number;
  private isClosed = false;

  constructor(
    ports: Ports,
    private readonly options: HttpListenerOptions,
    { consequence, onProblem, ...route }: ListenerRoute,
    private readonly servers = sharedHttpServers,
  ) {
    const backoff = new Backoff(ports.random);
    this.keepUp = new KeepUp({
      clock: ports.clock,
      attempt: (signal) => (this.joining = this.join(signal)),
      pause: () => backoff.next(),
      takeDown: () => this.leave(),
    });
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
   * Resolves when it listens, or is closed meanwhile. Rejects with CONNECT_FAILED (the port is another program's),
   * HTTP_PATH_TAKEN or HTTP_TLS_CONFLICT (shared with another receiver that has the path, or other certificates), all of which
   * are tried again, or with CONFIG.
   */
  async open(): Promise<void> {
    if (this.isClosed) return;
    try {
      await this.keepUp.bringUp();
    } catch (error) {
      if (!this.keepUp.isWished) return; // closed meanwhile
      const refusal = toDeviceError(error, ErrorCode.CONNECT_FAILED);
      if (this.port === 0 || refusal.code === ErrorCode.CONFIG) await this.keepUp.stop(refusal);
      throw refusal;
    }
  }

  /** Always resolves. The server goes with the last who uses it; its open connections are then cut. */
  close(): Promise<void> {
    this.isClosed = true;
    return this.keepUp.stop(new DeviceError(ErrorCode.CLOSED, 'the listener was closed'));
  }

  private async join(signal: AbortSignal): Promise<void> {
    try {
      this.share = await this.servers.join({ ...this.options, port: this.port });
      signal.throwIfAborted();
      this.removeRoute = this.share.server.add(this.route);
      this.port = this.share.server.port;
    } catch (error) {
      throw this.asRefusal(error);
    }
  }

  /** Also what is still being opened. */
  private async leave(): Promise<void> {
    await this.joining.catch(() => undefined);
    const { share } = this;
    this.share = undefined;
    this.removeRoute?.();
    this.removeRoute = undefined;
    await share?.leave();
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
