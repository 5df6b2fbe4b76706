import { request } from 'node:http';
import type { Socket } from 'node:net';
import { DeviceError } from '../base/errors';

/** A proxy that passes connections on (CONNECT, RFC 9110, 9.3.6). */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Of `Proxy-Authorization`, where it wants an account. */
  readonly authorization?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How long a proxy may take to connect. */
const CONNECT_MS = 30_000;

/**
 * The proxy that the environment names for a WebSocket server, as is usual: `HTTPS_PROXY` for wss and `HTTP_PROXY` for ws, else `ALL_PROXY`,
 * in upper or lower case, but not for hosts in `NO_PROXY` (names with their subdomains, addresses, `*`, each perhaps with a port).
 * Throws a DeviceError CONFIG for one that is no http:// URL.
 */
export function proxyOf(
  { transport, host, port }: { readonly transport: 'ws' | 'wss'; readonly host: string; readonly port: number },
  environment: Environment,
): Proxy | undefined {
  const variable = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? '';
  const url = variable(transport === 'wss' ? 'HTTPS_PROXY' : 'HTTP_PROXY') || variable('ALL_PROXY');
  if (url === '' || isExcepted(host.toLowerCase(), port, variable('NO_PROXY'))) return undefined;
  return parseProxy(url);
}

function isExcepted(host: string, port: number, exceptions: string): boolean {
  for (const item of exceptions.toLowerCase().split(/[\s,]+/)) {
    if (item === '') continue;
    if (item === '*') return true;
    const [, bracketed, plain, itsPort] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(item) ?? [];
    const name = bracketed ?? plain ?? item;
    if (itsPort !== undefined && Number(itsPort) !== port) continue;
    const bare = name.replace(/^\*?\./, '');
    if (host === bare || host.endsWith(`.${bare}`)) return true;
  }
  return false;
}

function parseProxy(text: string): Proxy {
  const url = URL.canParse(text.includes('://') ? text : `http://${text}`)
    ? new URL(text.includes('://') ? text : `http://${text}`)
    : undefined;
  // Never the text: it may have a password in it.
  if (url?.protocol !== 'http:')
    throw new DeviceError('CONFIG', 'the proxy of the environment must be an http:// address');
  const { hostname, port, username, password } = url;
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 80 : Number(port),
    ...(username !== '' && { authorization: `Basic ${Buffer.from(account).toString('base64')}` }),
  };
}

/** A socket through a proxy to `host:port`. Rejects with CONNECT_FAILED, and says that it is the proxy; nothing is left once `signal` is aborted. */
export function connectThrough(proxy: Proxy, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const place = `the proxy ${proxy.host}:${proxy.port}`;
  return new Promise((resolve, reject) => {
    const fail = (text: string, cause?: Error): void => {
      reject(new DeviceError('CONNECT_FAILED', `${place} ${text}`, cause ? { cause } : {}));
    };
    const asking = request({
      ...{
        host: proxy.host,
        port: proxy.port,
        method: 'CONNECT',
        path: target,
        agent: false,
        timeout: CONNECT_MS,
        signal,
      },
      headers: {
        Host: target,
        ...(proxy.authorization !== undefined && { 'Proxy-Authorization': proxy.authorization }),
      },
    });
    asking.once('connect', ({ statusCode, statusMessage }, socket, head) => {
      if (statusCode !== 200) {
        socket.destroy();
        fail(`does not connect to ${target}: ${statusCode ?? 0} ${statusMessage ?? ''}`.trimEnd());
        return;
      }
      if (head.length > 0) socket.unshift(head);
      socket.setTimeout(0);
      resolve(socket);
    });
    asking.once('response', (response) => {
      response.destroy();
      fail(`does not connect to ${target}: ${response.statusCode ?? 0} ${response.statusMessage ?? ''}`.trimEnd());
    });
    asking.once('timeout', () => asking.destroy(new Error(`no answer within ${CONNECT_MS} ms`)));
    asking.once('error', (error) => fail(`cannot be reached: ${error.message}`, error));
    asking.end();
  });
}
