import type { DeviceConfig, DeviceKind } from '../../device/kind';
import { migrate } from '../../base/fields/migrations';
import { asRecord } from '../../base/records';
import { EXTENSION_MIGRATIONS } from '../../mqtt/extension/migrations';
import { parseServerList } from '../../mqtt/client/server-list';
import { directory } from '../common/directory';
import { EXTENSION_TYPE } from '../common/mqtt-users';

/**
 * Who gets the credentials of a node with this configuration, and how sure it is that it is them: values that are deeply equal for the
 * same destination. Undefined: nobody, as the configuration cannot be used.
 */
export type DestinationOf = (config: Readonly<Record<string, unknown>>) => unknown;

/** The one of a node type of this package that the admin endpoints know; a kind of device that does not say it has no credentials. */
export function destinationOfType(type: string): DestinationOf {
  if (type === EXTENSION_TYPE) return destinationOfExtension;
  const kind = directory.kind(type);
  return kind === undefined ? () => undefined : destinationOfKind(kind);
}

export function destinationOfKind<C extends DeviceConfig>(kind: DeviceKind<C['properties'][number], C>): DestinationOf {
  return (config) => {
    // What is wrong with a property changes nothing about who is meant.
    const parsed = kind.parse({ ...config, properties: [] }, {});
    return parsed.ok ? kind.destination?.(parsed.value) : undefined;
  };
}

function destinationOfExtension(given: Readonly<Record<string, unknown>>): unknown {
  const client = asRecord(migrate(given, EXTENSION_MIGRATIONS).config['client']);
  const servers = parseServerList(client['server']);
  if (!servers.ok) return undefined;
  const { serverName, insecureSkipVerify, caFilePEM } = asRecord(client['tlsConfig']);
  return [
    ...servers.value.map(({ transport, host, port, path }) => [transport, host, port, path]),
    ...[serverName, insecureSkipVerify, caFilePEM].map(plain),
    plain(client['httpHeaders']),
  ];
}

/** What is not given, empty or off is one. */
const plain = (value: unknown): string => {
  if (value === undefined || value === null || value === '' || value === false || value === 'false') return '';
  const isEmpty = typeof value === 'object' && Object.keys(value).length === 0;
  return isEmpty ? '' : JSON.stringify(value);
};
