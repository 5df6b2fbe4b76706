import { asRecord, isRecord } from '../../base/records';
import { migrate, withoutMember } from '../../base/fields/migrations';
import { EXTENSION_MIGRATIONS } from '../../mqtt/extension/migrations';
import { parseExtension } from '../../mqtt/extension/options';
import { textOrReference } from './references';
import type { DeviceResource, Fields, Resources } from './resources';

/** A node `mqtt-extension`, before it has an id. */
export interface ExtensionNode {
  readonly fields: Fields;
  readonly credentials: Readonly<Record<string, string>>;
  /** The `message` block of the device. */
  readonly message: Fields;
}

/** Secrets of `client`, and the credentials that take their place. */
const SECRETS = [
  ['basicAuth', 'username', 'username'],
  ['basicAuth', 'password', 'password'],
  ['tlsConfig', 'caFilePEM', 'caFilePEM'],
  ['tlsConfig', 'certFilePEM', 'certFilePEM'],
  ['tlsConfig', 'keyFilePEM', 'keyFilePEM'],
] as const;

/** What the later generations set where the manifest says nothing; the first has those of the extension itself. */
const LATER_DEFAULTS = { qos: 1, retained: true };

/**
 * The MQTT settings of a device (`extension.mqtt`, or `protocol` of an MQTT device). Octopus makes a connection for each device, so the
 * extension is `dedicated`, and devices with equal settings can have one node; where a client id is given it is that device's alone.
 */
export function readExtension(device: DeviceResource, resources: Resources, raw: Fields, path: string): ExtensionNode {
  const message = asRecord(raw['message']);
  const { config } = migrate({ client: raw['client'], message }, EXTENSION_MIGRATIONS);
  const client = asRecord(config['client']);
  const credentials: Record<string, string> = {};
  for (const [block, field, credential] of SECRETS) {
    const text = textOrReference(device, resources, client[block], field, `${path}.client.${block}`);
    if (text !== undefined) credentials[credential] = text;
  }
  const own = asRecord(config['message']);
  const isLater = typeof message['topic'] === 'string';
  const hasClientId = typeof client['clientID'] === 'string' && client['clientID'] !== '';
  const fields = { client: withoutSecrets(client), connection: hasClientId ? 'shared' : 'dedicated' };
  tellProblems(device, fields, path);
  if (raw['will'] !== undefined) device.report.lost(`${path}.will`, 'Octopus ignores it here: it belongs below client');
  return { fields, credentials, message: isLater ? { ...LATER_DEFAULTS, ...own } : own };
}

function withoutSecrets(client: Fields): Fields {
  const { tlsConfig, ...rest } = withoutMember(client, 'basicAuth');
  if (!isRecord(tlsConfig)) return rest;
  const { serverName, insecureSkipVerify } = tlsConfig;
  return {
    ...rest,
    tlsConfig: {
      ...(serverName !== undefined && { serverName }),
      ...(insecureSkipVerify !== undefined && { insecureSkipVerify }),
    },
  };
}

/** By the rules of the node itself. */
function tellProblems({ report }: DeviceResource, fields: Fields, path: string): void {
  const parsed = parseExtension(fields, {}, { readFile: () => '', extensionId: '', extensionUid: '' });
  for (const { field, message } of parsed.ok ? [] : parsed.problems) report.lost(`${path}.${field}`, message);
  for (const { field, message } of parsed.warnings ?? []) {
    if (field.startsWith('client')) report.lost(`${path}.${field}`, message);
  }
}
