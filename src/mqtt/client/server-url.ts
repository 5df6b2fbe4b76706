import { show } from '../../base/fields/fields';

/** A broker address, taken apart. `port` is absent for unix sockets, `path` is the WebSocket path or the socket file. */
export interface ServerUrl {
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss' | 'unix';
  /** Without brackets for IPv6; empty for unix sockets. */
  readonly host: string;
  readonly port?: number;
  readonly path?: string;
  /** As the user wrote it, without user and password; for status and messages. */
  readonly text: string;
}

export type ServerUrlResult =
  { readonly ok: true; readonly value: ServerUrl } | { readonly ok: false; readonly message: string };

type NetworkTransport = Exclude<ServerUrl['transport'], 'unix'>;

/** The specification's schemes, and the two that other MQTT software uses. An unknown one is never taken as plain TCP. */
const TRANSPORT_OF_SCHEME: Readonly<Record<string, ServerUrl['transport']>> = {
  tcp: 'tcp',
  mqtt: 'tcp',
  ssl: 'tls',
  tls: 'tls',
  tcps: 'tls',
  mqtts: 'tls',
  ws: 'ws',
  wss: 'wss',
  unix: 'unix',
};

const DEFAULT_PORT: Readonly<Record<NetworkTransport, number>> = { tcp: 1883, tls: 8883, ws: 80, wss: 443 };

/** Linux: `sun_path` of a unix socket holds 108 bytes, one of them the final NUL (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 107;

const EXPECTED = 'such as "tcp://127.0.0.1:1883"';

/**
 * Takes a broker address apart: `<scheme>://host[:port]`, with a `/path` for ws and wss, or `unix:///path/to.sock`.
 * A user name and password in the address are refused, because an address is kept in the flow in plain text; no
 * message shows a text that may hold them. Pure: also runs in the editor.
 */
export function parseServerUrl(given: string): ServerUrlResult {
  const text = given.trim();
  if (text === '') return fail(`is required: the address of the broker, ${EXPECTED}`);
  const separator = text.indexOf('://');
  if (separator <= 0) {
    return fail(`needs a scheme (${Object.keys(TRANSPORT_OF_SCHEME).join(', ')}), ${EXPECTED}${got(text)}`);
  }
  const scheme = text.slice(0, separator).toLowerCase();
  const transport = Object.hasOwn(TRANSPORT_OF_SCHEME, scheme) ? TRANSPORT_OF_SCHEME[scheme] : undefined;
  if (transport === undefined) {
    const known = Object.keys(TRANSPORT_OF_SCHEME).join(', ');
    return fail(`has an unknown scheme${got(text, scheme)}; it must be one of ${known}`);
  }
  const rest = text.slice(separator + 3);
  return transport === 'unix' ? parseSocketPath(rest, text) : parseNetworkAddress(transport, rest, text);
}

function parseSocketPath(path: string, text: string): ServerUrlResult {
  if (!path.startsWith('/') || path === '/') {
    return fail(`must name the socket file by its absolute path, such as "unix:///run/mosquitto.sock"${got(text)}`);
  }
  if (path.includes('\0')) return fail('must not contain a NUL character');
  if (new TextEncoder().encode(path).length > MAX_SOCKET_PATH_BYTES) {
    return fail(`has a socket path of more than ${MAX_SOCKET_PATH_BYTES} bytes, which the system does not allow`);
  }
  return { ok: true, value: { transport: 'unix', host: '', path, text } };
}

function parseNetworkAddress(transport: NetworkTransport, rest: string, text: string): ServerUrlResult {
  if (/[\s\p{Cc}]/u.test(rest)) return fail(`must not contain spaces or control characters${got(text)}`);
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const path = end < 0 ? '' : rest.slice(end);
  if (authority.includes('@')) {
    return fail('must not contain a user name or password: enter them in the fields of that name, which are encrypted');
  }
  const address = parseAuthority(authority, EXPECTED, '"tcp://[::1]:1883"');
  if (!address.ok) return fail(address.message + got(text));
  const { host, port = DEFAULT_PORT[transport] } = address;
  if (transport === 'tcp' || transport === 'tls') {
    if (path !== '' && path !== '/')
      return fail(`must end after the port: only ws:// and wss:// have a path${got(text)}`);
    return { ok: true, value: { transport, host, port, text } };
  }
  if (path.includes('#')) return fail(`must not have a fragment (#...)${got(text)}`);
  return { ok: true, value: { transport, host, port, path: path.startsWith('/') ? path : `/${path}`, text } };
}

/**
 * `host[:port]` or `[IPv6][:port]`, without user and password; `example` ends a message about a host, `ipv6Example` one about
 * brackets. Messages do not show what was given.
 */
export function parseAuthority(
  authority: string,
  example: string,
  ipv6Example: string,
):
  | { readonly ok: true; readonly host: string; readonly port?: number }
  | { readonly ok: false; readonly message: string } {
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(authority);
  if (parts === null)
    return { ok: false, message: `must be host:port, with an IPv6 address in brackets, such as ${ipv6Example}` };
  const [, ipv6, name, portText] = parts;
  const host = ipv6 ?? name ?? '';
  if (host === '' && ipv6 === undefined) return { ok: false, message: `has no host, expected an address ${example}` };
  if (!(ipv6 === undefined ? isHostName(host) : isIpv6(host)))
    return { ok: false, message: 'has a host that is neither a name nor an IP address' };
  if (portText === undefined) return { ok: true, host };
  const port = parsePort(portText);
  return port === undefined ? { ok: false, message: 'must have a port from 1 to 65535' } : { ok: true, host, port };
}

function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** Labels as DNS has them; underscores too, because container networks use them. All-digit names must be IPv4 addresses. */
function isHostName(host: string): boolean {
  if (/^[\d.]+$/.test(host)) {
    const octets = host.split('.');
    return octets.length === 4 && octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) <= 255);
  }
  const labels = (host.endsWith('.') ? host.slice(0, -1) : host).split('.');
  return (
    host.length <= 253 &&
    labels.every(
      (label) => label.length <= 63 && /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_-]*[\p{L}\p{M}\p{N}_])?$/u.test(label),
    )
  );
}

/** The URL parser of the platform knows the grammar (RFC 4291); a zone such as `%eth0` is not part of it. */
function isIpv6(host: string): boolean {
  const address = host.replace(/%[\w.-]+$/, '');
  return /^[\da-fA-F:.]+$/.test(address) && URL.canParse(`http://[${address}]/`);
}

/** What was given, unless an `@` says that it may hold a password. */
const got = (text: string, part = text): string => (text.includes('@') ? '' : `, got ${show(part)}`);

const fail = (message: string): ServerUrlResult => ({ ok: false, message });
