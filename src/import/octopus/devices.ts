import { asRecord, isRecord } from '../../base/records';
import type { Checked } from '../../base/fields/problems';
import { parseDummyConfig } from '../../drivers/dummy/config';
import { parseModbusConfig } from '../../drivers/modbus/config/config';
import { parseMqttConfig } from '../../drivers/mqtt/config/config';
import { parseOpcUaConfig } from '../../drivers/opcua/config/config';
import { mqttDeviceFields } from './mqtt-device';
import { textOrReference } from './references';
import { type DeviceResource, type Fields, type Resources, textOf } from './resources';

/** A device node, before it has an id and an extension. */
export interface DeviceNode {
  readonly type: string;
  readonly fields: Fields;
  readonly credentials: Readonly<Record<string, string>>;
  /** The MQTT settings, and where they are in the spec. */
  readonly mqtt?: { readonly raw: Fields; readonly path: string; readonly hasOwnTopics: boolean };
}

interface Kind {
  readonly type: string;
  readonly read: (device: DeviceResource, resources: Resources) => Omit<DeviceNode, 'type' | 'mqtt'>;
  readonly check: (fields: Fields, credentials: Readonly<Record<string, string>>) => Checked<unknown>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  DummySpecialDevice: {
    type: 'dummy-device',
    read: ({ spec }) => ({ fields: { kind: 'special', ...spec }, credentials: {} }),
    check: parseDummyConfig,
  },
  DummyProtocolDevice: {
    type: 'dummy-device',
    read: ({ spec }) => ({ fields: dummyProtocol(spec), credentials: {} }),
    check: parseDummyConfig,
  },
  ModbusDevice: {
    type: 'modbus-device',
    read: ({ spec }) => ({ fields: modbus(spec), credentials: {} }),
    check: parseModbusConfig,
  },
  OPCUADevice: { type: 'opcua-device', read: opcua, check: parseOpcUaConfig },
  MQTTDevice: { type: 'mqtt-device', read: readMqtt, check: (fields) => parseMqttConfig({ ...fields, mqtt: 'later' }) },
  MqttDevice: { type: 'mqtt-device', read: readMqtt, check: (fields) => parseMqttConfig({ ...fields, mqtt: 'later' }) },
};

/** The sync interval of the first generation, whose properties have a `dataType`; that of the later ones is the package's own. */
const FIRST_SYNC_INTERVAL = '5s';

/** Undefined where there is no node for it, which is told. */
export function readDevice(device: DeviceResource, resources: Resources): DeviceNode | undefined {
  const kind = Object.hasOwn(KINDS, device.kind) ? KINDS[device.kind] : undefined;
  if (kind === undefined) {
    device.report.lost('', `there is no node for a ${device.kind === '' ? 'device without a model' : device.kind} yet`);
    return undefined;
  }
  const { fields, credentials } = kind.read(device, resources);
  const { extension, ...own } = fields;
  const mqttSettings = mqttOf(device, extension);
  const whole = { ...own, name: device.name, namespace: device.namespace };
  tellProblems(device, kind.check({ ...whole, uid: 'later' }, credentials));
  return { type: kind.type, fields: own, credentials, ...(mqttSettings !== undefined && { mqtt: mqttSettings }) };
}

function mqttOf({ kind, spec, path }: DeviceResource, extension: unknown): DeviceNode['mqtt'] {
  if (kind === 'MqttDevice') return { raw: firstBroker(spec), path: `${path}.config`, hasOwnTopics: true };
  if (kind === 'MQTTDevice') return { raw: asRecord(spec['protocol']), path: `${path}.protocol`, hasOwnTopics: true };
  const { mqtt: raw } = asRecord(extension);
  return isRecord(raw) ? { raw, path: `${path}.extension.mqtt`, hasOwnTopics: false } : undefined;
}

/** The first generation's MQTT device names a broker, an account, and that is all; its session is kept. */
function firstBroker(spec: Fields): Fields {
  const { broker, username, password } = asRecord(spec['config']);
  return { client: { server: broker, cleanSession: false, basicAuth: { username, password } } };
}

/** By the rules of the node itself: what it refuses, and what it does not know. */
function tellProblems({ report, path }: DeviceResource, checked: Checked<unknown>): void {
  for (const { field, message } of checked.ok ? [] : checked.problems) report.lost(`${path}.${field}`, message);
  for (const { field, message } of checked.warnings ?? []) report.lost(`${path}.${field}`, message);
}

/** Octopus has the properties of the robot in an object by name, `props` in the first generation. */
function dummyProtocol({ props, properties = props, ...rest }: Fields): Fields {
  const rows = Object.entries(asRecord(properties)).map(([name, row]) => ({ name, ...asRecord(row) }));
  return { kind: 'protocol', ...rest, properties: rows };
}

/** Beside `tcp`, `rtu` is not used, as in Octopus. */
const modbus = (spec: Fields): Fields => ({ ...spec, ...firstInterval(spec) });

function firstInterval(spec: Fields): Fields {
  const { properties } = spec;
  const isFirst = Array.isArray(properties) && properties.some((row) => asRecord(row)['dataType'] !== undefined);
  const parameters = asRecord(spec['parameters']);
  if (!isFirst || parameters['syncInterval'] !== undefined) return {};
  return { parameters: { ...parameters, syncInterval: FIRST_SYNC_INTERVAL } };
}

function opcua(device: DeviceResource, resources: Resources): Omit<DeviceNode, 'type' | 'mqtt'> {
  const { spec, path } = device;
  const { basicAuth, tlsConfig, userName, username, password, certificateFile, privateKeyFile, ...protocol } = asRecord(
    spec['protocol'],
  );
  const secret = (owner: unknown, field: string, block: string): string | undefined =>
    textOrReference(device, resources, owner, field, `${path}.protocol.${block}`);
  const file = (name: unknown): string | undefined => (textOf(name) === '' ? undefined : `file:${textOf(name)}`);
  const found = {
    username: secret(basicAuth, 'username', 'basicAuth') ?? textOf(username ?? userName),
    password: secret(basicAuth, 'password', 'basicAuth') ?? textOf(password),
    certFilePEM: secret(tlsConfig, 'certFilePEM', 'tlsConfig') ?? file(certificateFile),
    keyFilePEM: secret(tlsConfig, 'keyFilePEM', 'tlsConfig') ?? file(privateKeyFile),
  };
  const credentials = Object.fromEntries(
    Object.entries(found).flatMap(([name, text]) => (text === undefined || text === '' ? [] : [[name, text]])),
  );
  // None where nothing is said; the node itself would take the strongest.
  const security = { securityPolicy: 'None', securityMode: 'None' };
  return { fields: { ...spec, ...firstInterval(spec), protocol: { ...security, ...protocol } }, credentials };
}

function readMqtt(device: DeviceResource): Omit<DeviceNode, 'type' | 'mqtt'> {
  return { fields: mqttDeviceFields(device), credentials: {} };
}
