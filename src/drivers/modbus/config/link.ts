import { show, type FieldReader } from '../../../base/fields/fields';
import { readTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';

/** Over what a device is reached, and how requests are packed for it. */
export type ModbusLink =
  | { readonly kind: 'tcp'; readonly endpoint: TcpEndpoint; readonly framing: 'mbap' | LineFraming }
  | { readonly kind: 'tls'; readonly endpoint: TcpEndpoint; readonly tls: ModbusTls }
  | { readonly kind: 'udp'; readonly endpoint: TcpEndpoint }
  | SerialLink;

export type LineFraming = 'rtu' | 'ascii';
export type Parity = 'N' | 'E' | 'O';

export interface SerialLink extends SerialSettings {
  readonly kind: 'serial';
  readonly framing: LineFraming;
  /** The adapter hears itself: what is sent comes back in front of the answer. */
  readonly echo: boolean;
  /** After a broadcast, until the next request; ms. */
  readonly turnaroundMs: number;
}

/** How a serial port is opened. */
export interface SerialSettings {
  /** `/dev/ttyUSB0`, `/dev/serial/by-id/...`, `COM3` */
  readonly path: string;
  /** Bits a second, 1 to 12,000,000. */
  readonly baudRate: number;
  readonly dataBits: 5 | 6 | 7 | 8;
  readonly parity: Parity;
  readonly stopBits: 1 | 2;
}

/** PEM texts; the server's name where it is not that of the endpoint. */
export interface ModbusTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
}

/** Members of `protocol`, in the order in which they count where none is named: Octopus takes TCP where both are given. */
export const TRANSPORTS = ['tcp', 'rtu', 'udp'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** IANA's ports of `mbap` and `mbap-s`. */
export const MODBUS_TCP_PORT = 502;
export const MODBUS_TLS_PORT = 802;

const FRAMINGS = ['mbap', 'rtu', 'ascii', 'tls'] as const;
const LINE_FRAMINGS = ['rtu', 'ascii'] as const;
const PARITIES = ['N', 'E', 'O'] as const;
const MAX_BAUD_RATE = 12_000_000;
const NOWHERE: TcpEndpoint = { host: 'localhost', port: MODBUS_TCP_PORT };

type Credentials = Readonly<Record<string, string>>;

/** Which member of `protocol` says where the device is: the one that `transport` names, else the first that is given. */
export function transportOf(protocol: FieldReader): TransportName | undefined {
  protocol.knows(...TRANSPORTS);
  const isNamed = protocol.given('transport') !== undefined;
  const named = protocol.oneOf('transport', TRANSPORTS, 'tcp');
  const first = TRANSPORTS.find((name) => protocol.given(name) !== undefined);
  if (!isNamed) return first;
  return protocol.given(named) === undefined ? undefined : named;
}

/** `reader` is that member. Pure: also runs in the editor. */
export function readLink(reader: FieldReader, name: TransportName | undefined, credentials: Credentials): ModbusLink {
  switch (name) {
    case undefined:
      return { kind: 'tcp', endpoint: NOWHERE, framing: 'mbap' };
    case 'tcp':
      return readTcp(reader, credentials);
    case 'udp':
      return { kind: 'udp', endpoint: readTcpEndpoint(reader, 'endpoint', { usual: MODBUS_TCP_PORT }) };
    case 'rtu':
      return readSerial(reader);
  }
}

function readTcp(tcp: FieldReader, credentials: Credentials): ModbusLink {
  const framing = tcp.oneOf('framing', FRAMINGS, 'mbap');
  const usual = framing === 'tls' ? MODBUS_TLS_PORT : MODBUS_TCP_PORT;
  const endpoint = readTcpEndpoint(tcp, 'endpoint', { usual });
  const serverName = tcp.string('serverName').trim();
  const insecureSkipVerify = tcp.boolean('insecureSkipVerify', false);
  if (framing !== 'tls') return { kind: 'tcp', endpoint, framing };
  const material = readCertificates(tcp, credentials);
  const name = serverName === '' ? {} : { serverName };
  return { kind: 'tls', endpoint, tls: { ...material, ...name, insecureSkipVerify } };
}

/** Only the form is looked at here: this also runs in a browser. */
function readCertificates(reader: FieldReader, credentials: Credentials): Pick<ModbusTls, 'ca' | 'cert' | 'key'> {
  const read = (name: string, label: string, example: string): string | undefined => {
    const text = credentials[name]?.trim() ?? '';
    if (text === '') return undefined;
    const found = text
      .replaceAll('\\n', '\n')
      .match(new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g'));
    if (found !== null) return `${found.join('\n')}\n`;
    reader.problems.push({
      field: `credentials.${name}`,
      message: `must be PEM text (-----BEGIN ${example}----- ...)`,
    });
    return undefined;
  };
  if (/ENCRYPTED/.test(credentials['keyFilePEM'] ?? '')) {
    reader.problems.push({ field: 'credentials.keyFilePEM', message: 'must be a private key without a passphrase' });
    return {};
  }
  const ca = read('caFilePEM', 'CERTIFICATE', 'CERTIFICATE');
  const cert = read('certFilePEM', 'CERTIFICATE', 'CERTIFICATE');
  const key = read('keyFilePEM', '(?:RSA |EC )?PRIVATE KEY', 'PRIVATE KEY');
  if ((cert === undefined) !== (key === undefined)) {
    const [field, other] = cert === undefined ? ['certFilePEM', 'keyFilePEM'] : ['keyFilePEM', 'certFilePEM'];
    reader.problems.push({ field: `credentials.${field}`, message: `is required with ${other}` });
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function readSerial(rtu: FieldReader): SerialLink {
  const path = rtu.requiredString('endpoint', 'a serial port, such as "/dev/ttyUSB0" or "COM3"');
  const framing = rtu.oneOf('framing', LINE_FRAMINGS, 'rtu');
  return {
    kind: 'serial',
    path,
    framing,
    baudRate: rtu.integer('baudRate', 19_200, 1, MAX_BAUD_RATE),
    dataBits: oneOfNumbers(rtu, 'dataBits', [5, 6, 7, 8], framing === 'ascii' ? 7 : 8),
    parity: rtu.oneOf('parity', PARITIES, 'E'),
    stopBits: oneOfNumbers(rtu, 'stopBits', [1, 2], 1),
    echo: rtu.boolean('echo', false),
    turnaroundMs: rtu.duration('turnaround', '100ms'),
  };
}

function oneOfNumbers<T extends number>(reader: FieldReader, name: string, allowed: readonly T[], fallback: T): T {
  const value = reader.given(name);
  if (value === undefined) return fallback;
  const found = allowed.find((item) => String(item) === String(value as string | number).trim());
  if (found !== undefined) return found;
  reader.fail(name, `must be one of ${allowed.join(', ')}, got ${show(value)}`);
  return fallback;
}
