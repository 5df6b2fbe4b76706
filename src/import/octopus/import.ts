import { createHash } from 'node:crypto';
import { toDeviceError, ErrorCode } from '../../base/errors';
import { show } from '../../base/show';
import { type DeviceNode, readDevice } from './devices';
import { type ExtensionNode, readExtension } from './extension';
import { readManifests } from './kubernetes-yaml';
import type { Finding } from './report';
import { type DeviceResource, type Resources, sortResources } from './resources';

export interface Manifest {
  /** For messages. */
  readonly file: string;
  readonly text: string;
}

export interface Imported {
  /** A flow of Node-RED: a tab, the configuration nodes and the devices. Holds the secrets of the manifests as credentials. */
  readonly flow: readonly Readonly<Record<string, unknown>>[];
  readonly findings: readonly Finding[];
}

const GRID = { x: 200, y: 80, step: 60 };

/**
 * Octopus' manifests as a flow: each DeviceLink, or device of its own, becomes a device node, and equal client settings one
 * `mqtt-extension`. Ids and uids come from the names, so that the same manifests give the same flow. Whatever is not carried over is
 * told. Never throws: a file that cannot be read is a finding.
 */
export function importManifests(manifests: readonly Manifest[]): Imported {
  const findings: Finding[] = [];
  const resources = merge(manifests.map((manifest) => readFile(manifest, findings)));
  const tab = idOf('tab', ...resources.devices.map(({ namespace, name }) => `${namespace}/${name}`));
  const extensions = new Map<string, { readonly id: string; readonly node: Record<string, unknown> }>();
  const devices = resources.devices.flatMap((device, index) => {
    const node = readDevice(device, resources);
    return node === undefined ? [] : [deviceNode(device, node, index, tab, resources, extensions)];
  });
  const nodes = [...extensions.values()].map(({ node }) => node);
  const label = { id: tab, type: 'tab', label: 'Octopus', disabled: false, info: '' };
  return { flow: devices.length === 0 ? [] : [label, ...nodes, ...devices], findings };
}

function readFile({ file, text }: Manifest, findings: Finding[]): Resources {
  try {
    const { documents, ambiguous } = readManifests(text);
    for (const [written, value] of ambiguous) {
      const message = `"${written}" is ${show(value)} for Kubernetes, and something else by YAML 1.2: quotes make it sure`;
      findings.push({ kind: 'note', resource: file, path: '', message });
    }
    return sortResources(documents, file, findings);
  } catch (error) {
    const { message } = toDeviceError(error, ErrorCode.BAD_VALUE);
    findings.push({ kind: 'lost', resource: file, path: '', message });
    return { devices: [], secrets: new Map(), configMaps: new Map() };
  }
}

const merge = (all: readonly Resources[]): Resources => ({
  devices: all.flatMap(({ devices }) => devices),
  secrets: new Map(all.flatMap(({ secrets }) => [...secrets])),
  configMaps: new Map(all.flatMap(({ configMaps }) => [...configMaps])),
});

function deviceNode(
  device: DeviceResource,
  { type, fields, credentials, mqtt }: DeviceNode,
  index: number,
  tab: string,
  resources: Resources,
  extensions: Map<string, { readonly id: string; readonly node: Record<string, unknown> }>,
): Record<string, unknown> {
  const { kind, name, namespace } = device;
  const extension = mqtt === undefined ? undefined : readExtension(device, resources, mqtt.raw, mqtt.path);
  const message = mqtt?.hasOwnTopics === true ? {} : { message: extension?.message ?? {} };
  return {
    id: idOf('device', kind, namespace, name),
    type,
    z: tab,
    name,
    namespace,
    uid: device.uid || uidOf(kind, namespace, name),
    mqtt: extension === undefined ? '' : extensionId(extension, device, extensions),
    ...message,
    ...fields,
    ...(Object.keys(credentials).length > 0 && { credentials }),
    x: GRID.x,
    y: GRID.y + index * GRID.step,
    wires: [[]],
  };
}

function extensionId(
  { fields, credentials }: ExtensionNode,
  { namespace, name }: DeviceResource,
  extensions: Map<string, { readonly id: string; readonly node: Record<string, unknown> }>,
): string {
  const key = JSON.stringify([fields, credentials], (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  const known = extensions.get(key);
  if (known !== undefined) return known.id;
  const id = idOf('extension', namespace, name);
  const hasSecrets = Object.keys(credentials).length > 0;
  const node = { id, type: 'mqtt-extension', name: `broker of ${name}`, ...fields, ...(hasSecrets && { credentials }) };
  extensions.set(key, { id, node });
  return id;
}

const hashOf = (parts: readonly string[]): string => createHash('sha256').update(parts.join('\0')).digest('hex');

/** As Node-RED's: 16 hexadecimal digits. */
const idOf = (...parts: string[]): string => hashOf(parts).slice(0, 16);

/** In the form of a UUID of version 8 (RFC 9562), whose meaning is up to who makes it. */
function uidOf(...parts: string[]): string {
  const hash = hashOf(['uid', ...parts]);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
