import type { NodeAPI } from 'node-red';
import type { Problem } from '../../base/fields/problems';
import { asRecord } from '../../base/records';

type Fields = Readonly<Record<string, unknown>>;

export interface TlsNodeSettings {
  readonly config: Fields;
  readonly credentials: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** Of `tls-config`, a node of Node-RED's own: what it adds to the options of node:tls. */
interface TlsConfigNode {
  addTLSOptions(options: Record<string, unknown>): unknown;
}

const CERTIFICATES = ['caFilePEM', 'certFilePEM', 'keyFilePEM', 'pfxFile', 'passphrase'];

/**
 * Settings of an extension that refers to a `tls-config` node (`tls`): certificates, key, server name, ALPN and whether the server is verified
 * are those of that node, in the place of its own. Any other stays as it is.
 */
export function withTlsNode(
  RED: NodeAPI,
  config: Fields,
  credentials: TlsNodeSettings['credentials'],
): TlsNodeSettings {
  const id = config['tls'];
  if (typeof id !== 'string' || id === '') return { config, credentials, problems: [] };
  const node: unknown = RED.nodes.getNode(id);
  if (!isTlsConfig(node)) {
    const message = 'is no TLS configuration that is deployed (a node of the type tls-config)';
    return { config, credentials, problems: [{ field: 'tls', message }] };
  }
  const options: Record<string, unknown> = {};
  node.addTLSOptions(options);
  const client = asRecord(config['client']);
  const own = asRecord(client['tlsConfig']);
  const rest = Object.entries(credentials).filter(([name]) => !CERTIFICATES.includes(name));
  return {
    config: { ...config, client: { ...client, tlsConfig: { ...own, ...namesOf(options) } } },
    credentials: { ...Object.fromEntries(rest), ...certificatesOf(options) },
    problems: [],
  };
}

function namesOf({ servername, ALPNProtocols, rejectUnauthorized }: Record<string, unknown>): Fields {
  return {
    ...(typeof servername === 'string' && servername !== '' && { serverName: servername }),
    ...(Array.isArray(ALPNProtocols) && { alpnProtocols: ALPNProtocols }),
    ...(rejectUnauthorized === false && { insecureSkipVerify: true }),
  };
}

function certificatesOf({ ca, cert, key, pfx, passphrase }: Record<string, unknown>): Record<string, string> {
  const texts = {
    caFilePEM: textOf(ca),
    certFilePEM: textOf(cert),
    keyFilePEM: textOf(key),
    passphrase: textOf(passphrase),
  };
  const all = { ...texts, pfxFile: Buffer.isBuffer(pfx) ? pfx.toString('base64') : undefined };
  return Object.fromEntries(Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));
}

const textOf = (value: unknown): string | undefined =>
  Buffer.isBuffer(value) ? value.toString() : typeof value === 'string' && value !== '' ? value : undefined;

const isTlsConfig = (node: unknown): node is TlsConfigNode =>
  typeof node === 'object' && node !== null && 'addTLSOptions' in node && typeof node.addTLSOptions === 'function';
