import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Node, NodeAPI } from 'node-red';
import { describe, expect, it } from 'vitest';
import type { Checked } from '../../../src/base/fields/problems.ts';
import { dummyKind } from '../../../src/drivers/dummy/index.ts';
import { modbusKind } from '../../../src/drivers/modbus/index.ts';
import { opcuaKind } from '../../../src/drivers/opcua/index.ts';
import { warningsOfDevice } from '../../../src/editor/checks/device.ts';
import { warningsOfExtension } from '../../../nodes/mqtt-extension/editor/checks.ts';
import { parseAeConfig } from '../../../src/onem2m/ae/parse/parse-config.ts';
import type { DeviceKind } from '../../../src/device/kind.ts';
import { parseExtension } from '../../../src/mqtt/extension/options.ts';
import { parsePublishOptions } from '../../../src/mqtt/publishing/publish-settings.ts';
import { replaceEnvironment } from '../../../src/node-red/common/environment.ts';
import { readDeviceConfig } from '../../../src/node-red/device/device-config.ts';
import { readAeConfig } from '../../../src/node-red/onem2m/config.ts';

type Raw = Record<string, unknown>;

const KINDS: Readonly<Record<string, DeviceKind>> = {
  'dummy-device': dummyKind,
  'modbus-device': modbusKind,
  'opcua-device': opcuaKind,
};
const TYPES = [...Object.keys(KINDS), 'mqtt-extension', 'onem2m-ae'];

const RED = { util: { getSetting: () => 'set' } } as unknown as NodeAPI;
const node = Object.assign(Object.create(null) as Node, { id: 'n', credentials: {} });

/** All that a node of this type tells at deploy. */
function warningsOf(type: string, definition: Raw): string[] {
  const kind = KINDS[type];
  const found =
    kind !== undefined
      ? readDeviceConfig(RED, node, definition, kind).warnings
      : type === 'onem2m-ae'
        ? readAeConfig(RED, node, definition).warnings
        : extensionWarnings(definition);
  return found.map(({ field, message }) => `${field}: ${message}`);
}

function extensionWarnings(definition: Raw): NonNullable<Checked<unknown>['warnings']> {
  const { value } = replaceEnvironment(definition, () => 'set');
  const environment = { readFile: () => '', extensionId: 'n', extensionUid: 'u' };
  const { warnings = [] } = parseExtension(value, {}, environment);
  return [...warnings, ...(parsePublishOptions(value['publish'], 'publish').warnings ?? [])];
}

/** What its dialog tells. */
function notesOf(type: string, raw: Raw): string[] {
  const kind = KINDS[type];
  const found =
    kind !== undefined
      ? warningsOfDevice(raw, (given) => kind.parse(given, {}))
      : type === 'onem2m-ae'
        ? (parseAeConfig(raw).warnings ?? [])
        : warningsOfExtension(raw);
  return found.map(({ field, message }) => `${field}: ${message}`);
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
type Definition = { defaults: Record<string, { value?: unknown }> };

/** What a node from the palette has. */
function defaultsOf(type: string): Raw {
  const own = (readJson(`nodes/${type}/definition.json`) as Definition).defaults;
  const common = type.endsWith('-device') ? (readJson('nodes/parts/device.json') as Definition).defaults : {};
  const values = Object.entries({ ...common, ...own }).map(([name, { value }]) => [name, value] as const);
  return structuredClone(Object.fromEntries(values));
}

const EXAMPLES = readdirSync('examples')
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => (readJson(`examples/${name}`) as Raw[]).map((flowNode) => ({ name, flowNode })))
  .filter(({ flowNode }) => TYPES.includes(String(flowNode['type'])));

describe('no field is unknown', () => {
  it.each(EXAMPLES.map(({ name, flowNode }) => [name, String(flowNode['type']), flowNode] as const))(
    'in %s: %s',
    (_, type, flowNode) => {
      const labels = { inputLabels: ['a'], outputLabels: ['b'], info: 'i', icon: 'x', l: false, d: true, g: 'g' };
      expect(warningsOf(type, { ...flowNode, ...labels, credentials: {}, _alias: 'a' })).toEqual([]);
    },
  );

  it.each(TYPES)('in a new %s', (type) => {
    expect(warningsOf(type, defaultsOf(type))).toEqual([]);
    expect(notesOf(type, defaultsOf(type))).toEqual([]);
  });

  it.each<[string, Raw]>([
    [
      'modbus-device',
      {
        protocol: { tcp: { endpoint: 'a', framing: 'mbap', responseTimeout: '1s' }, rtu: { anything: 1 } },
        properties: [
          {
            name: 'a',
            type: 'boolean',
            description: 'd',
            unit: 'u',
            accessMode: 'ReadWrite',
            deadband: 0,
            value: true,
            orderOfOperations: [],
            visitor: { register: 'HoldingRegister', offset: 1, quantity: 1, endianness: 'BigEndian', bit: 3 },
          },
        ],
      },
    ],
    [
      'opcua-device',
      {
        protocol: { endpoint: 'opc.tcp://a:4840', applicationName: 'x' },
        properties: [
          {
            name: 'a',
            visitor: {
              nodeID: 'i=1',
              browsePath: '/Objects',
              browseName: 'x',
              attribute: 'Value',
              indexRange: '1',
              samplingInterval: '1s',
              queueSize: 3,
              deadband: '5%',
            },
          },
        ],
      },
    ],
    [
      'dummy-device',
      {
        kind: 'protocol',
        properties: [
          {
            name: 'a',
            type: 'int',
            readOnly: true,
            arrayProperties: { type: 'int' },
            signal: { shape: 'constant', value: 1 },
          },
          {
            name: 'o',
            type: 'object',
            objectProperties: { x: { type: 'float', description: 'd', signal: { min: 0, max: 1, period: '1s' } } },
          },
        ],
        message: { topic: 'a/:name', operator: { read: 'r', write: 'w' }, path: 'p', waitTimeout: '1s' },
      },
    ],
    [
      'mqtt-extension',
      {
        client: {
          server: 'tls://a',
          basicAuth: { username: 'a', password: 'b' },
          tlsConfig: { caFilePEM: '', serverName: 'x', insecureSkipVerify: false },
          httpHeaders: { 'X-Plant': ['x'], Anything: 'y' },
          will: { topic: { name: 'w' }, payloadContent: 'x', payloadEncode: 'raw', qos: 1, retained: true },
        },
        uid: 'u',
      },
    ],
    [
      'onem2m-ae',
      {
        resources: [{ path: 'a', ty: 'container', labels: ['x'], mni: 5, attributes: { mbs: 1 } }],
        subscriptions: [
          {
            target: 'a',
            events: ['update'],
            content: 'all',
            target_uri: 'x',
            name: 'n',
            attributes: { bn: { num: 1 } },
          },
        ],
        discoveries: [{ name: 'd', target: 'x', filter: { labels: ['a'], any: 1 }, interval: '1m' }],
        devices: { flexContainer: { attributes: { speed: 'fanSp0' } } },
      },
    ],
  ])('in a %s that uses what there is', (type, more) => {
    expect(warningsOf(type, { ...defaultsOf(type), ...more })).toEqual([]);
    expect(notesOf(type, { ...defaultsOf(type), ...more })).toEqual([]);
  });
});

describe('an unknown field', () => {
  const row = { name: 'x', type: 'int16', visitor: { register: 'HoldingRegister' } };

  it.each<[type: string, more: Raw, warning: string]>([
    [
      'modbus-device',
      { protocol: { tcp: { endpoint: 'a', maxgap: 3 } } },
      'protocol.tcp.maxgap: not known here; did you mean protocol.tcp.maxGap?',
    ],
    [
      'modbus-device',
      { protocol: { tcp: { endpoint: 'a', workerID: 1, slaveID: 2 } } },
      'protocol.tcp.slaveID: not known here, so that it has no effect',
    ],
    [
      'modbus-device',
      { properties: [row, { ...row, name: 'y', visitor: { ...row.visitor, deadband: 1 } }] },
      'properties[1].visitor.deadband: not known here; did you mean properties[1].deadband?',
    ],
    [
      'modbus-device',
      { properties: [{ ...row, offset: 4 }] },
      'properties[0].offset: not known here; did you mean properties[0].visitor.offset?',
    ],
    [
      'modbus-device',
      { properties: [{ ...row, orderOfOperations: [{ type: 'Add', value: '1', vlaue: '2' }] }] },
      'properties[0].orderOfOperations[0].vlaue: not known here; did you mean properties[0].orderOfOperations[0].value?',
    ],
    [
      'modbus-device',
      { parameters: { syncInterval: '1s', timout: '2s' } },
      'parameters.timout: not known here; did you mean parameters.timeout?',
    ],
    ['modbus-device', { syncInterval: '1s' }, 'syncInterval: not known here; did you mean parameters.syncInterval?'],
    [
      'opcua-device',
      { properties: [{ name: 'a', visitor: { nodeID: 'i=1', quesize: 3 } }] },
      'properties[0].visitor.quesize: not known here; did you mean properties[0].visitor.queueSize?',
    ],
    ['dummy-device', { output: { when: 'sync', wehn: 'x' } }, 'output.wehn: not known here; did you mean output.when?'],
    [
      'dummy-device',
      { message: { topic: { prefx: 'a' } } },
      'message.topic.prefx: not known here; did you mean message.topic.prefix?',
    ],
    [
      'dummy-device',
      { publish: { perproperty: true } },
      'publish.perproperty: not known here; did you mean publish.perProperty?',
    ],
    [
      'dummy-device',
      {
        kind: 'protocol',
        properties: [{ name: 'a', type: 'object', objectProperties: { m: { type: 'int', min: 2 } } }],
      },
      'properties[0].objectProperties.m.min: not known here; did you mean properties[0].objectProperties.m.signal.min?',
    ],
    [
      'mqtt-extension',
      { client: { server: 'tcp://a', connectTimout: '1s' } },
      'client.connectTimout: not known here; did you mean client.connectTimeout?',
    ],
    [
      'mqtt-extension',
      { client: { server: 'tcp://a', disconnectQuiesce: '5s' } },
      'client.disconnectQuiesce: not known here, so that it has no effect',
    ],
    ['mqtt-extension', { will: { payloadContent: 'x' } }, 'will: not known here; did you mean client.will?'],
    ['mqtt-extension', { publish: { whn: 'sync' } }, 'publish.whn: not known here; did you mean publish.when?'],
    [
      'onem2m-ae',
      { registration: { expire: '1h' } },
      'registration.expire: not known here; did you mean registration.expires?',
    ],
    [
      'onem2m-ae',
      { subscriptions: [{ target: 'a', event: ['update'] }] },
      'subscriptions[0].event: not known here; did you mean subscriptions[0].events?',
    ],
    ['onem2m-ae', { appID: 'Nx' }, 'appID: not known here; did you mean ae.appID?'],
  ])('of a %s: %j', (type, more, warning) => {
    expect(warningsOf(type, { ...defaultsOf(type), ...more })).toEqual([warning]);
    expect(notesOf(type, { ...defaultsOf(type), ...more })).toEqual([warning]);
  });

  it.each(TYPES)('is told wherever it is in a %s, and stops nothing', (type) => {
    const defaults = defaultsOf(type);
    // Headers, user properties and attributes have names of their own.
    const places = placesOf(defaults).filter((place) => !/httpHeaders|userProperties|attributes/.test(place));
    fc.assert(
      fc.property(fc.constantFrom(...places), (place) => {
        const definition = structuredClone(defaults);
        const path = place === '' ? [] : place.split('.');
        const at = path.reduce<Raw>((object, name) => object[name] as Raw, definition);
        at['zzUnknown'] = 1;
        const field = [...path, 'zzUnknown'].join('.');
        expect(warningsOf(type, definition)).toEqual([`${field}: not known here, so that it has no effect`]);
      }),
    );
  });
});

/** The paths of all objects below one that are no lists. */
function placesOf(raw: Raw, path = ''): string[] {
  const below = Object.entries(raw).filter(
    ([, value]) => typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  return [path, ...below.flatMap(([name, value]) => placesOf(value as Raw, path === '' ? name : `${path}.${name}`))];
}
