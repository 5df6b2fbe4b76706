import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { freePort } from '../../system/free-port';
import { TestAuthority } from '../../system/certificates';

/** Something that listens, or not, where a broker should be. */
export interface Peer {
  readonly url: string;
  /** Connections it was asked for. */
  readonly attempts: () => number;
  readonly stop: () => Promise<void>;
}

/** Listens on a free port of 127.0.0.1, ends with all its sockets. `scheme` is that of the address it is given out under. */
async function listening(server: Server, scheme: string, end = (): void => undefined): Promise<Peer> {
  const sockets = new Set<Socket>();
  let attempts = 0;
  server.on('connection', (socket) => {
    attempts++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    attempts: () => attempts,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      end();
    },
  };
}

/** Nothing listens there. */
export async function nobody(): Promise<Peer> {
  const url = `tcp://127.0.0.1:${await freePort()}`;
  return { url, attempts: () => Infinity, stop: () => Promise.resolve() };
}

/** A host name that no DNS knows (RFC 6761). */
export const unknownHost = (): Promise<Peer> =>
  Promise.resolve({
    url: 'tcp://broker.invalid:1883',
    attempts: () => Infinity,
    stop: () => Promise.resolve(),
  });

/** Does with each connection what it is told. */
export const socketServer = (scheme: string, serve: (socket: Socket) => void): Promise<Peer> =>
  listening(createServer(serve), scheme);

/** A web server: `status` for whatever it is asked, upgrades included. */
export async function webServer(scheme: string, status = 404): Promise<Peer> {
  const server = createHttpServer((_request, response) => response.writeHead(status).end('no MQTT here'));
  if (status !== 426) {
    server.on('upgrade', (_request, socket) => {
      socket.end(`HTTP/1.1 ${status} Whatever\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
  }
  return listening(server, scheme);
}

export interface TlsPeerOptions {
  /** Another name than that of the address. */
  readonly altNames?: string;
  readonly days?: number;
  readonly requestCert?: boolean;
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** A TLS server that never says anything inside; `ca` is the authority of its certificate. */
export async function tlsServer(scheme: string, options: TlsPeerOptions = {}): Promise<Peer & { readonly ca: string }> {
  const { altNames = 'IP:127.0.0.1', days = 2, requestCert = false, maxVersion } = options;
  const authority = new TestAuthority();
  const { cert, key } = authority.issue('localhost', { altNames, days });
  const server = createTlsServer({
    cert,
    key,
    ca: authority.ca,
    requestCert,
    rejectUnauthorized: requestCert,
    ...(maxVersion && { maxVersion }),
  });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket) => socket.on('error', () => undefined));
  const peer = await listening(server, scheme, () => authority.remove());
  return { ...peer, ca: authority.ca };
}
