import { asRecord, isRecord } from '../../base/records';
import type { Finding } from './report';
import { Report } from './report';

export type Fields = Readonly<Record<string, unknown>>;

/** A device that a manifest describes. */
export interface DeviceResource {
  /** `ModbusDevice` and so on. */
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** As the cluster has given it, if the manifest was taken from one. */
  readonly uid: string;
  readonly spec: Fields;
  /** Where the spec is, for messages. */
  readonly path: string;
  readonly references: readonly unknown[];
  readonly report: Report;
}

/** Texts by `namespace/name` of a Secret or ConfigMap and by item. */
export type Values = ReadonlyMap<string, ReadonlyMap<string, string>>;

export interface Resources {
  readonly devices: readonly DeviceResource[];
  readonly secrets: Values;
  readonly configMaps: Values;
}

const DEVICE_KINDS =
  /^(?:DummySpecialDevice|DummyProtocolDevice|BluetoothDevice|ModbusDevice|OPCUADevice|MQTTDevice|MqttDevice)$/;

/** Sorts the resources of a file, those in lists too. What is neither a device nor a secret is told. */
export function sortResources(documents: readonly unknown[], file: string, findings: Finding[]): Resources {
  const devices: DeviceResource[] = [];
  const secrets = new Map<string, ReadonlyMap<string, string>>();
  const configMaps = new Map<string, ReadonlyMap<string, string>>();
  for (const document of documents.flatMap(itemsOf)) {
    if (document === null) continue; // an empty document between two lines of dashes
    if (!isRecord(document)) {
      new Report(findings, file).lost(
        '',
        'a document is no resource of Kubernetes: that is an object with kind and metadata',
      );
      continue;
    }
    const { kind, key, report } = identify(document, findings);
    if (kind === 'Secret') secrets.set(key, textsOf(document['data'], document['stringData']));
    else if (kind === 'ConfigMap') configMaps.set(key, textsOf(document['binaryData'], document['data']));
    else if (kind === 'DeviceLink') devices.push(fromLink(document, report));
    else if (DEVICE_KINDS.test(kind)) devices.push(fromInstance(document, kind, report));
    else report.lost('', 'no device, Secret or ConfigMap');
  }
  return { devices, secrets, configMaps };
}

const itemsOf = (document: unknown): readonly unknown[] =>
  isRecord(document) && /List$/.test(textOf(document['kind'])) && Array.isArray(document['items'])
    ? document['items']
    : [document];

function identify(document: Fields, findings: Finding[]) {
  const kind = textOf(document['kind']);
  const metadata = asRecord(document['metadata']);
  const name = textOf(metadata['name']);
  const key = `${textOf(metadata['namespace']) || 'default'}/${name}`;
  return { kind, key, report: new Report(findings, `${kind || 'a resource'} ${key}`) };
}

function fromLink(document: Fields, report: Report): DeviceResource {
  const spec = asRecord(document['spec']);
  const model = asRecord(spec['model']);
  const template = asRecord(spec['template']);
  return {
    kind: textOf(model['kind']),
    ...metadataOf(document),
    spec: asRecord(template['spec']),
    path: 'spec.template.spec',
    references: Array.isArray(spec['references']) ? spec['references'] : [],
    report,
  };
}

const fromInstance = (document: Fields, kind: string, report: Report): DeviceResource => ({
  kind,
  ...metadataOf(document),
  spec: asRecord(document['spec']),
  path: 'spec',
  references: [],
  report,
});

function metadataOf(document: Fields): Pick<DeviceResource, 'name' | 'namespace' | 'uid'> {
  const metadata = asRecord(document['metadata']);
  return {
    name: textOf(metadata['name']),
    namespace: textOf(metadata['namespace']) || 'default',
    uid: textOf(metadata['uid']),
  };
}

/** `encoded` is Base64, `plain` is not and goes before. */
function textsOf(encoded: unknown, plain: unknown): ReadonlyMap<string, string> {
  const decoded = Object.entries(asRecord(encoded)).map(
    ([item, text]) => [item, Buffer.from(textOf(text), 'base64').toString()] as const,
  );
  const given = Object.entries(asRecord(plain)).map(([item, text]) => [item, textOf(text)] as const);
  return new Map([...decoded, ...given]);
}

export const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
      ? String(value)
      : '';
