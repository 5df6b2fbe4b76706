/** Where a Modbus/TCP server listens. Pure: also runs in the editor. */
export interface TcpEndpoint {
  /** Host name, IPv4 address, or IPv6 address without brackets; lower case. */
  readonly host: string;
  /** 1-65535 */
  readonly port: number;
}

export type EndpointResult =
  { readonly ok: true; readonly value: TcpEndpoint } | { readonly ok: false; readonly message: string };

/** IANA's port of `mbap`. */
export const MODBUS_TCP_PORT = 502;

const EXPECTED = 'must be host:port, such as "192.168.0.10:502" or "[fe80::1]:502"';
const HOST_NAME = /^[\p{L}\p{N}_]([\p{L}\p{N}_.-]*[\p{L}\p{N}_.])?$/u;
const IPV6_SHAPE = /^[0-9a-f:.]+(%[\w.-]+)?$/i;

/** `host:port`, `host` (port 502), `[ipv6]:port` or `[ipv6]`; a `tcp://` in front is ignored. */
export function parseTcpEndpoint(text: string): EndpointResult {
  const refuse = (message: string): EndpointResult => ({ ok: false, message: `${message}, got "${text}"` });
  const address = text.trim().replace(/^tcp:\/\//i, '');
  if (address === '') return { ok: false, message: EXPECTED };
  if (address.includes('://')) return refuse(`${EXPECTED}, without a scheme`);

  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(address);
  if (bracketed === null && address.split(':').length > 2) return refuse('must have an IPv6 address in brackets');
  const [host = '', portText] = bracketed === null ? address.split(':') : bracketed.slice(1);
  const isHost = bracketed === null ? HOST_NAME.test(host) : host.includes(':') && IPV6_SHAPE.test(host);
  if (!isHost) return refuse(EXPECTED);

  const port = portText === undefined ? MODBUS_TCP_PORT : Number(portText);
  if (portText?.trim() === '' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    return refuse('must have a port from 1 to 65535');
  }
  return { ok: true, value: { host: host.toLowerCase(), port } };
}

/** The canonical text of an endpoint, also the key of its shared connection: `127.0.0.1:502`, `[::1]:502`. */
export function formatTcpEndpoint({ host, port }: TcpEndpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
