import type { FieldReader } from '../base/fields/fields';

/** Where a peer listens, as people write it down: a host and a port. Pure: also runs in the editor. */
export interface TcpEndpoint {
  /** Host name, IPv4 address, or IPv6 address without brackets; lower case. */
  readonly host: string;
  /** 1-65535 */
  readonly port: number;
}

export type EndpointResult =
  { readonly ok: true; readonly value: TcpEndpoint } | { readonly ok: false; readonly message: string };

/** What a protocol says about its port. */
export interface PortRule {
  /** The one most of its servers have: stands in the examples of messages, and for a port that is not given. */
  readonly usual: number;
  /** The port must be written down. */
  readonly required?: boolean;
}

const HOST_NAME = /^[\p{L}\p{N}_]([\p{L}\p{N}_.-]*[\p{L}\p{N}_.])?$/u;
const IPV6_SHAPE = /^[0-9a-f:.]+(%[\w.-]+)?$/i;

/**
 * `host:port` or `[ipv6]:port`, where `port` allows it without the port; a `tcp://` in front is ignored. The message of a
 * refusal continues "the field ...".
 */
export function parseTcpEndpoint(text: string, port: PortRule): EndpointResult {
  const expected = `must be host:port, such as "192.168.0.10:${port.usual}" or "[fe80::1]:${port.usual}"`;
  const refuse = (message: string): EndpointResult => ({ ok: false, message: `${message}, got "${text}"` });
  const address = text.trim().replace(/^tcp:\/\//i, '');
  if (address === '') return { ok: false, message: expected };
  if (address.includes('://')) return refuse(`${expected}, without a scheme`);

  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(address);
  if (bracketed === null && address.split(':').length > 2) return refuse('must have an IPv6 address in brackets');
  const [host = '', portText] = bracketed === null ? address.split(':') : bracketed.slice(1);
  const isHost = bracketed === null ? HOST_NAME.test(host) : host.includes(':') && IPV6_SHAPE.test(host);
  if (!isHost || (portText === undefined && port.required === true)) return refuse(expected);

  const number = portText === undefined ? port.usual : Number(portText);
  if (portText?.trim() === '' || !Number.isInteger(number) || number < 1 || number > 65_535) {
    return refuse('must have a port from 1 to 65535');
  }
  return { ok: true, value: { host: host.toLowerCase(), port: number } };
}

/** The endpoint in a field that must be given; one that is wrong becomes a problem of the reader. */
export function readTcpEndpoint(reader: FieldReader, name: string, port: PortRule): TcpEndpoint {
  const nowhere: TcpEndpoint = { host: 'localhost', port: port.usual };
  const text = reader.requiredString(name, `host:port, such as "192.168.0.10:${port.usual}"`);
  if (text === '') return nowhere;
  const parsed = parseTcpEndpoint(text, port);
  if (parsed.ok) return parsed.value;
  reader.fail(name, parsed.message);
  return nowhere;
}

/** The canonical text of an endpoint, also the key of a connection that is shared: `127.0.0.1:502`, `[::1]:502`. */
export function formatTcpEndpoint({ host, port }: TcpEndpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
