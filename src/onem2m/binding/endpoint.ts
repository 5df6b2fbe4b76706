import { show } from '../../base/fields/fields';
import { parseAuthority, type ServerUrl } from '../../mqtt/client/server-url';

/** `mqtt://user:pw@host:1883#mn-cse-1`, taken apart. Pure: also runs in the editor. */
export interface Endpoint {
  readonly scheme: 'mqtt' | 'mqtts' | 'ws' | 'wss' | 'http' | 'https';
  /** Without brackets for IPv6. */
  readonly host: string;
  readonly port: number;
  /** Path of an HTTP or WebSocket address, with its slash and without one at the end; else empty. */
  readonly path: string;
  /** The fragment with a slash in front: the CSE that receives the requests (`/mn-cse-1`). Empty where there is none. */
  readonly cseID: string;
  readonly username?: string;
  readonly password?: string;
  /** For messages: without user and password. */
  readonly text: string;
  /** The same as an address of a broker, for mqtt, mqtts, ws and wss. */
  readonly server?: ServerUrl;
}

export type EndpointResult =
  { readonly ok: true; readonly value: Endpoint } | { readonly ok: false; readonly message: string };

type Scheme = Endpoint['scheme'];

/** `secure-mqtt` is how OpenMTC and IANA name it (TS-0010 6.6). */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  mqtt: 'mqtt',
  mqtts: 'mqtts',
  'secure-mqtt': 'mqtts',
  ws: 'ws',
  wss: 'wss',
  http: 'http',
  https: 'https',
};

const DEFAULT_PORT: Readonly<Record<Scheme, number>> = {
  mqtt: 1883,
  mqtts: 8883,
  ws: 80,
  wss: 443,
  http: 80,
  https: 443,
};

const TRANSPORT: Readonly<Partial<Record<Scheme, ServerUrl['transport']>>> = {
  mqtt: 'tcp',
  mqtts: 'tls',
  ws: 'ws',
  wss: 'wss',
};

const EXPECTED = 'such as "mqtt://127.0.0.1:1883#in-cse"';

/**
 * Takes an endpoint apart: `<scheme>://[user[:password]@]host[:port][/path][#cse-id]`. User and password are percent-decoded.
 * No message shows text that may hold them.
 */
export function parseEndpoint(given: string): EndpointResult {
  const text = given.trim();
  if (text === '') return fail(`is required: the address of the broker or CSE, ${EXPECTED}`);
  const known = Object.keys(SCHEMES).join(', ');
  const separator = text.indexOf('://');
  if (separator <= 0) return fail(`needs a scheme (${known}), ${EXPECTED}${got(text)}`);
  const written = text.slice(0, separator).toLowerCase();
  const scheme = Object.hasOwn(SCHEMES, written) ? SCHEMES[written] : undefined;
  if (scheme === undefined) return fail(`has an unknown scheme${got(text, written)}; it must be one of ${known}`);
  const rest = text.slice(separator + 3);
  if (/[\s\p{Cc}]/u.test(rest)) return fail(`must not contain spaces or control characters${got(text)}`);
  const parts = /^([^/?#]*)([^?#]*)(\?[^#]*)?(?:#(.*))?$/u.exec(rest);
  const [, authority = '', path = '', query, fragment = ''] = parts ?? [];
  const at = authority.lastIndexOf('@');
  if (at < 0 && rest.includes('@')) {
    return fail('must have "/", "?" and "#" in user and password percent-encoded, as %2F, %3F and %23');
  }
  const account = readAccount(authority.slice(0, Math.max(0, at)));
  if (!account.ok) return fail(account.message);
  const address = parseAuthority(authority.slice(at + 1), EXPECTED, '"mqtt://[::1]:1883"');
  if (!address.ok) {
    // "joe:secret" with its host forgotten looks like a host and a port.
    const mayHoldPassword = /:[^:]*\D/u.test(authority);
    return fail(address.message + (mayHoldPassword ? '' : got(text)));
  }
  if (query !== undefined) return fail(`must not have a query (?...)${got(text)}`);
  const hasPath = scheme !== 'mqtt' && scheme !== 'mqtts';
  if (!hasPath && path !== '' && path !== '/') {
    return fail(`must not have a path with ${written}://: the id of the CSE comes after "#", ${EXPECTED}${got(text)}`);
  }
  const cseID = readCseID(fragment);
  if (cseID === undefined) {
    return fail(`must have the id of one CSE after "#", ${EXPECTED}${got(text)}`);
  }
  const endpoint = { scheme, host: address.host, port: address.port ?? DEFAULT_PORT[scheme], cseID };
  return { ok: true, value: complete({ ...endpoint, path: path.replace(/\/+$/u, ''), ...account.value }) };
}

/** The address that `parseEndpoint` takes apart into this. With user and password: not for messages, those show `text`. */
export function formatEndpoint({ username, password, ...endpoint }: Omit<Endpoint, 'text' | 'server'>): string {
  if (username === undefined) return format(endpoint);
  const account = encodeURIComponent(username) + (password === undefined ? '' : `:${encodeURIComponent(password)}`);
  return format(endpoint, `${account}@`);
}

type Plain = Pick<Endpoint, 'scheme' | 'host' | 'port' | 'path' | 'cseID'>;

function format({ scheme, host, port, path, cseID }: Plain, account = ''): string {
  const fragment = cseID === '' ? '' : `#${encodeURIComponent(cseID.slice(1)).replaceAll('%3A', ':')}`;
  return `${scheme}://${account}${host.includes(':') ? `[${host}]` : host}:${port}${path}${fragment}`;
}

function complete(endpoint: Omit<Endpoint, 'text' | 'server'>): Endpoint {
  const { scheme, host, port, path } = endpoint;
  const transport = TRANSPORT[scheme];
  const plain = { scheme, host, port, path };
  const text = format({ ...plain, cseID: endpoint.cseID });
  if (transport === undefined) return { ...endpoint, text };
  const isWebSocket = transport === 'ws' || transport === 'wss';
  const server: ServerUrl = {
    transport,
    host,
    port,
    ...(isWebSocket && { path: path === '' ? '/' : path }),
    text: format({ ...plain, cseID: '' }),
  };
  return { ...endpoint, text, server };
}

type Account =
  | { readonly ok: true; readonly value: Pick<Endpoint, 'username' | 'password'> }
  | { readonly ok: false; readonly message: string };

function readAccount(text: string): Account {
  if (text === '') return { ok: true, value: {} };
  const colon = text.indexOf(':');
  const username = decode(colon < 0 ? text : text.slice(0, colon));
  const password = colon < 0 ? '' : decode(text.slice(colon + 1));
  if (username === undefined || password === undefined) {
    return { ok: false, message: 'has a user name or password that is not percent-encoded rightly ("%" is %25)' };
  }
  if (/[\p{Cc}]/u.test(username + password)) {
    return { ok: false, message: 'has a user name or password with a control character' };
  }
  if (username === '') return { ok: false, message: 'needs a user name in front of the password' };
  return { ok: true, value: { username, ...(password !== '' && { password }) } };
}

/** The id with its slash; empty if there is none, undefined if it is none. */
function readCseID(fragment: string): string | undefined {
  const id = decode(fragment.replace(/^\//u, ''));
  if (id === '') return fragment === '' ? '' : undefined;
  return id === undefined || /[/#?+@\s\p{Cc}]/u.test(id) ? undefined : `/${id}`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** What was given, unless an `@` says that it may hold a password. */
const got = (text: string, part = text): string => (text.includes('@') ? '' : `, got ${show(part)}`);

const fail = (message: string): EndpointResult => ({ ok: false, message });
