import { DeviceError } from '../../base/errors';
import { LeasePool, type Lease } from '../../base/lease-pool';
import { HttpServer, type HttpServerOptions, type ServerTls } from './server';

/** A share in a server. */
export interface ServerShare {
  readonly server: HttpServer;
  /** The last one closes the server; resolves when that is done, always. */
  readonly leave: () => Promise<void>;
}

interface Shared {
  readonly tls: ServerTls | undefined;
  readonly opening: Promise<HttpServer>;
}

/**
 * HTTP servers by host and port, each opened for the first who asks, shared by all who do, and closed with the last. Limits of
 * time are those of the first.
 */
export class SharedHttpServers {
  private readonly pool = new LeasePool<Shared>({
    close: async ({ opening }) => {
      const server = await opening.catch(() => undefined);
      await server?.close();
    },
  });

  /**
   * Resolves when the server listens. Rejects with HTTP_TLS_CONFLICT where it is already there with other certificates (or none),
   * and with the error of Node.js where it cannot listen. Port 0 is always a server of its own; others may share it by its real port.
   */
  async join(options: HttpServerOptions): Promise<ServerShare> {
    const { host, port, tls } = options;
    if (port === 0) {
      const server = await HttpServer.open(options);
      const opening = Promise.resolve(server);
      return shareIn(
        server,
        this.pool.acquire(keyOf(host, server.port), () => ({ tls, opening })),
      );
    }
    const key = keyOf(host, port);
    const known = this.pool.find(key);
    if (known !== undefined && !isSameTls(known.tls, tls)) {
      const has = known.tls === undefined ? 'no TLS' : 'other certificates';
      const text = `${host}:${port} is shared with another receiver that has ${has}`;
      throw new DeviceError('HTTP_TLS_CONFLICT', text, { advice: 'Give both the same certificates, or another port.' });
    }
    const lease = this.pool.acquire(key, (former) => ({ tls, opening: openAfter(former, options) }));
    try {
      return shareIn(await lease.value.opening, lease);
    } catch (error) {
      lease.retire();
      await lease.release();
      throw error;
    }
  }
}

/** Those of this process: a port belongs to one server only, whoever asks for it. */
export const sharedHttpServers = new SharedHttpServers();

/** A port that is just being given back is waited for. */
async function openAfter(former: Promise<void> | undefined, options: HttpServerOptions): Promise<HttpServer> {
  await former;
  return HttpServer.open(options);
}

const shareIn = (server: HttpServer, lease: Lease<Shared>): ServerShare => ({ server, leave: () => lease.release() });

const keyOf = (host: string, port: number): string => `${host} ${port}`;

const isSameTls = (one: ServerTls | undefined, other: ServerTls | undefined): boolean =>
  one?.cert === other?.cert && one?.key === other?.key && one?.ca === other?.ca;
