import { isIP } from 'node:net';
import { FieldReader, show } from '../../base/fields/fields';
import type { ReadFile } from '../../net/pem-files';
import { allTlsSources, readTlsMaterial } from '../../net/tls';
import { TlsRenewal } from '../../net/tls-renewal';
import type { ConnectionOptions, TlsOptions } from '../client/connection-options';
import type { ServerUrl } from '../client/server-url';

/** 1 to 255 bytes (RFC 7301, 3.1); names that are registered are of these. */
const ALPN = /^[\x21-\x7e]{1,255}$/;

/** `client.tlsConfig` with the credentials that belong to it; nothing where no server is reached by TLS. */
export function readTls(
  client: FieldReader,
  credentials: FieldReader,
  servers: readonly [ServerUrl, ...ServerUrl[]],
  readFile: ReadFile,
): Pick<ConnectionOptions, 'tls' | 'renewTls'> {
  const reader = secretObject(client, 'tlsConfig');
  const sources = allTlsSources(credentials, reader);
  reader.knows('caFilePEM', 'certFilePEM', 'keyFilePEM'); // credentials go before them
  const material = readTlsMaterial(sources, readFile, reader.problems);
  const serverName = reader.string('serverName').trim();
  if (isIP(serverName) !== 0)
    reader.fail('serverName', `must be a host name, not an IP address, got ${show(serverName)}`);
  const insecureSkipVerify = reader.boolean('insecureSkipVerify', false);
  const negotiation = readNegotiation(reader);
  const plain = servers.filter((server) => server.transport !== 'tls' && server.transport !== 'wss');
  if (plain.length > 0 && Object.keys(sources).length > 0) {
    const names = plain.map(({ text }) => text).join(', ');
    client.warn('server', `the connection to ${names} is not encrypted: its certificates are not used`);
  }
  if (plain.length === servers.length) return {};
  if (insecureSkipVerify) {
    reader.warn(
      'insecureSkipVerify',
      `the certificate of ${servers.map(({ text }) => text).join(', ')} is not verified (insecureSkipVerify): anyone could pose as the broker`,
    );
  }
  const rest = { ...(serverName !== '' && { serverName }), insecureSkipVerify, ...negotiation };
  const renewal = new TlsRenewal(sources, material);
  return {
    tls: { ...material, ...rest },
    ...(renewal.isNeeded && {
      renewTls: async () => {
        const { material: renewed, problem } = await renewal.renew();
        return { tls: { ...renewed, ...rest }, ...(problem && { problem }) };
      },
    }),
  };
}

/** What is agreed on in the handshake. */
function readNegotiation(reader: FieldReader): Pick<TlsOptions, 'alpnProtocols' | 'minVersion'> {
  const given = reader.given('alpnProtocols') ?? [];
  const protocols = typeof given === 'string' ? given.split(',').map((name) => name.trim()) : given;
  const areNames = Array.isArray(protocols) && protocols.every((name) => typeof name === 'string' && ALPN.test(name));
  if (!areNames) reader.fail('alpnProtocols', `must be names such as "mqtt", with commas between, got ${show(given)}`);
  const minVersion = reader.oneOf('minVersion', ['default', 'TLSv1.2', 'TLSv1.3'], 'default');
  return {
    ...(areNames && protocols.length > 0 && { alpnProtocols: protocols.map(String) }),
    ...(minVersion !== 'default' && { minVersion }),
  };
}

/** An object that may hold secrets: if it is something else, the message does not show it. */
export function secretObject(reader: FieldReader, name: string): FieldReader {
  const given = reader.given(name);
  if (given === undefined || (typeof given === 'object' && !Array.isArray(given))) return reader.object(name);
  reader.fail(name, 'must be an object');
  return new FieldReader({}, reader.pathOf(name), reader.problems);
}
