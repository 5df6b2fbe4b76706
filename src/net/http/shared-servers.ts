import { DeviceError } from '../../base/errors';
import { HttpServer, type HttpServerOptions, type ServerTls } from './server';

/** A share in a server. */
export interface ServerShare {
  readonly server: HttpServer;
  /** To be called once. The last one closes the server; resolves when that is done, always. */
  readonly leave: () => Promise<void>;
}

interface Shared {
  readonly tls: ServerTls | undefined;
  readonly opening: Promise<HttpServer>;
  users: number;
}

/**
 * HTTP servers by host and port, each opened for the first who asks, shared by all who do, and closed with the last. Limits of
 * time are those of the first.
 */
export class SharedHttpServers {
  private readonly shared = new Map<string, Shared>();
  /** Ports that are being given back: whoever asks for one then waits. */
  private readonly closing = new Map<string, Promise<void>>();

  /**
   * Resolves when the server listens. Rejects with HTTP_TLS_CONFLICT where it is already there with other certificates (or none),
   * and with the error of Node.js where it cannot listen. Port 0 is always a server of its own; others may share it by its real port.
   */
  async join(options: HttpServerOptions): Promise<ServerShare> {
    const { host, port, tls } = options;
    let key = `${host} ${port}`;
    for (let closing = this.closing.get(key); closing !== undefined; closing = this.closing.get(key)) await closing;
    const known = port === 0 ? undefined : this.shared.get(key);
    if (known !== undefined && !isSameTls(known.tls, tls)) {
      const text = `${host}:${port} is shared with another receiver that has ${known.tls === undefined ? 'no TLS' : 'other certificates'}`;
      throw new DeviceError('HTTP_TLS_CONFLICT', text, { advice: 'Give both the same certificates, or another port.' });
    }
    const shared = known ?? { tls, opening: HttpServer.open(options), users: 0 };
    shared.users++;
    if (port !== 0) this.shared.set(key, shared);
    try {
      const server = await shared.opening;
      if (port === 0) {
        key = `${host} ${server.port}`;
        this.shared.set(key, shared);
      }
      return { server, leave: () => this.leave(key, shared, server) };
    } catch (error) {
      if (this.shared.get(key) === shared) this.shared.delete(key);
      throw error;
    }
  }

  private async leave(key: string, shared: Shared, server: HttpServer): Promise<void> {
    shared.users--;
    if (shared.users > 0) return;
    this.shared.delete(key);
    const closing = server.close().then(() => void this.closing.delete(key));
    this.closing.set(key, closing);
    await closing;
  }
}

/** Those of this process: a port belongs to one server only, whoever asks for it. */
export const sharedHttpServers = new SharedHttpServers();

const isSameTls = (one: ServerTls | undefined, other: ServerTls | undefined): boolean =>
  one?.cert === other?.cert && one?.key === other?.key && one?.ca === other?.ca;
