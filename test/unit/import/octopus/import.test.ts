import { describe, expect, it } from 'vitest';
import { importManifests } from '../../../../src/import/octopus/import.ts';
import { dummyKind } from '../../../../src/drivers/dummy/index.ts';
import { modbusKind } from '../../../../src/drivers/modbus/index.ts';
import { mqttKind } from '../../../../src/drivers/mqtt/index.ts';
import { opcuaKind } from '../../../../src/drivers/opcua/index.ts';
import { FieldReader } from '../../../../src/base/fields/fields.ts';
import { MESSAGE_DEFAULTS, readMessage } from '../../../../src/mqtt/extension/message-options.ts';
import { renderTopic } from '../../../../src/mqtt/client/topic.ts';

type Node = Readonly<Record<string, unknown>>;

const KINDS = {
  'dummy-device': dummyKind,
  'modbus-device': modbusKind,
  'opcua-device': opcuaKind,
  'mqtt-device': mqttKind,
} as const;

/** A DeviceLink as a user writes one; `spec` is what stands below `spec.template.spec`, in YAML. */
function link(kind: string, name: string, spec: string, references = ''): string {
  const indented = spec.trim().replace(/^(?=.)/gm, '      ');
  return `apiVersion: edge.cattle.io/v1alpha1
kind: DeviceLink
metadata:
  name: ${name}
  namespace: default
spec:
  adaptor: { node: edge-worker, name: adaptors.edge.cattle.io/x }
  model: { apiVersion: "devices.edge.cattle.io/v1alpha1", kind: ${kind} }
${references}
  template:
    metadata: { labels: { device: ${name} } }
    spec:
${indented}
`;
}

const run = (...texts: string[]) => importManifests(texts.map((text, index) => ({ file: `${index}.yaml`, text })));
const nodesOf = (flow: readonly Node[], type: string): Node[] => flow.filter((node) => node['type'] === type);
const told = (findings: readonly { kind: string; path: string; message: string }[]) =>
  findings.map(({ kind, path, message }) => `${kind} ${path}: ${message}`);

/** What the node itself makes of it. */
function parsed(node: Node | undefined) {
  const kind = KINDS[node?.['type'] as keyof typeof KINDS];
  const result = kind.parse(node ?? {}, (node?.['credentials'] ?? {}) as Record<string, string>);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

/** Where the status of a device is published by its own `message` block, whatever the extension says. */
function topicOf(node: Node | undefined): string {
  const { topic, context } = readMessage(new FieldReader(node?.['message'], 'message'), MESSAGE_DEFAULTS);
  const identity = { namespace: String(node?.['namespace']), name: String(node?.['name']), uid: String(node?.['uid']) };
  const rendered = renderTopic(topic, identity, context);
  return rendered.ok ? rendered.topic : rendered.message;
}

describe('the dummies', () => {
  it('become fan and robot, of each generation', () => {
    const { flow, findings } = run(
      link('DummySpecialDevice', 'fan', 'protocol: { location: living_room }\ngear: slow\n"on": true'),
      link(
        'DummyProtocolDevice',
        'robot-1',
        'protocol: { ip: 127.0.0.1 }\nprops: { name: { type: string, readOnly: true }, friends: { type: array, arrayProps: { type: string } } }',
      ),
      link('DummyProtocolDevice', 'robot-3', 'protocol: { ip: 127.0.0.1 }\nproperties: { power: { type: float } }'),
    );
    expect(told(findings)).toEqual([]);
    const [fan, first, later] = nodesOf(flow, 'dummy-device');
    expect(parsed(fan)).toMatchObject({ kind: 'special', on: true, gear: 'slow' });
    expect(parsed(first).properties.map(({ name }) => name)).toEqual(['name', 'friends']);
    expect(parsed(later).properties).toMatchObject([{ name: 'power', type: 'float' }]);
  });
});

describe('a Modbus device', () => {
  it('of the first generation keeps its five seconds and has names of today', () => {
    const { flow, findings } = run(
      link(
        'ModbusDevice',
        'thermometer',
        `protocol: { tcp: { ip: 192.168.1.3, port: 502, slaveID: 1 } }
properties:
  - name: temperature
    dataType: int
    readOnly: true
    visitor: { register: HoldingRegister, offset: 2, quantity: 2, orderOfOperations: [ { operationType: Divide, operationValue: "10" } ] }`,
      ),
    );
    expect(told(findings)).toEqual([]);
    const config = parsed(nodesOf(flow, 'modbus-device')[0]);
    expect(config).toMatchObject({ syncIntervalMs: 5000, workerID: 1 });
    expect(config.properties).toMatchObject([
      { type: 'int', accessMode: 'ReadOnly', orderOfOperations: [{ type: 'Divide', value: '10' }] },
    ]);
  });

  it('of the third generation over TCP or a serial line', () => {
    const rows = `properties:
  - { name: temperature, type: float, readOnly: true, visitor: { register: HoldingRegister, offset: 010, quantity: 2 } }
  - { name: alarm, type: boolean, readOnly: true, visitor: { register: CoilRegister, offset: 0, quantity: 1 } }`;
    const { flow, findings } = run(
      link(
        'ModbusDevice',
        'tcp',
        `parameters: { syncInterval: 15s, timeout: 10s }\nprotocol: { tcp: { endpoint: "octopus-simulator-modbus-tcp:5020", workerID: 1 } }\n${rows}`,
      ),
      link(
        'ModbusDevice',
        'rtu',
        `protocol: { rtu: { endpoint: /dev/ttyS001, workerID: 1, parity: "N", stopBits: 2, dataBits: 8, baudRate: 19200 } }\n${rows}`,
      ),
    );
    expect(told(findings)).toEqual([
      'note : "010" is 8 for Kubernetes, and something else by YAML 1.2: quotes make it sure',
      'note : "010" is 8 for Kubernetes, and something else by YAML 1.2: quotes make it sure',
    ]);
    for (const node of nodesOf(flow, 'modbus-device')) {
      expect(parsed(node).properties[0]).toMatchObject({ visitor: { offset: 8 } });
    }
  });
});

describe('the MQTT extension', () => {
  const client =
    'client: { server: "tcps://test.mosquitto.org:8884", tlsConfig: { serverName: test.mosquitto.org, caFilePEMRef: { name: ca, item: ca.crt } } }';
  const references = '  references: [ { name: ca, secret: { name: fan-ca } } ]';
  const spec = (message: string) =>
    `protocol: { location: x }\ngear: slow\n"on": true\nextension:\n  mqtt:\n    ${client}\n    message: ${message}`;

  it('has the first generation and the later ones publish where Octopus would', () => {
    const { flow } = run(
      link('DummySpecialDevice', 'fan', spec('{ topic: { prefix: cattle.io/octopus }, qos: 1 }'), references),
      link('DummySpecialDevice', 'fan-3', spec('{ topic: "cattle.io/octopus/:namespace/:name" }'), references),
    );
    const [first, later] = nodesOf(flow, 'dummy-device');
    expect(topicOf(first)).toBe('cattle.io/octopus/default/fan');
    expect(topicOf(later)).toBe('cattle.io/octopus/default/fan-3');
    expect(first?.['message']).toMatchObject({ qos: 1 });
    expect(later?.['message']).toMatchObject({ qos: 1, retained: true });
  });

  it('is one node for equal settings, with the secrets of the same files as credentials', () => {
    const secret = `kind: Secret\nmetadata: { name: fan-ca, namespace: default }\nstringData: { ca.crt: "-----BEGIN" }`;
    const message = '{ topic: "a/:name" }';
    const { flow, findings } = run(
      [link('DummySpecialDevice', 'a', spec(message), references), secret].join('\n---\n'),
      link('DummySpecialDevice', 'b', spec(message), references),
    );
    expect(told(findings)).toEqual([]);
    const extensions = nodesOf(flow, 'mqtt-extension');
    expect(extensions).toHaveLength(1);
    expect(extensions[0]).toMatchObject({ connection: 'dedicated', credentials: { caFilePEM: '-----BEGIN' } });
    expect(JSON.stringify(extensions[0]?.['client'])).not.toContain('BEGIN');
    expect(new Set(nodesOf(flow, 'dummy-device').map((node) => node['mqtt']))).toEqual(
      new Set([extensions[0]?.['id']]),
    );
  });

  it('tells what is missing, by its path', () => {
    const { findings } = run(link('DummySpecialDevice', 'a', spec('{ topic: "a/:name" }'), references));
    expect(told(findings)).toEqual([
      'missing spec.template.spec.extension.mqtt.client.tlsConfig.caFilePEMRef: the Secret default/fan-ca is not in the files: fill in the credential after the import',
    ]);
  });

  it('brings a will to the client, and tells of one in the wrong place', () => {
    const will = '{ topic: "a/:name", will: { content: Y2xvc2Vk } }';
    const { flow } = run(link('DummySpecialDevice', 'a', spec(will), references));
    expect(nodesOf(flow, 'mqtt-extension')[0]).toMatchObject({
      client: { will: { payloadEncode: 'base64', payloadContent: 'Y2xvc2Vk', qos: 1, retained: true } },
    });
    const misplaced = spec('{ topic: "a" }').replace('    message:', '    will: { payloadContent: x }\n    message:');
    expect(told(run(link('DummySpecialDevice', 'a', misplaced, references)).findings)).toContain(
      'lost spec.template.spec.extension.mqtt.will: Octopus ignores it here: it belongs below client',
    );
  });
});

describe('an OPC UA device', () => {
  it('keeps its security, and takes its account as credentials', () => {
    const { flow, findings } = run(
      link(
        'OPCUADevice',
        'plc',
        `protocol: { endpoint: "opc.tcp://plc:4840/", basicAuth: { username: admin, password: "1" } }
properties:
  - { name: integer, type: int32, value: "1", visitor: { nodeID: "ns=1;s=the.answer" } }
  - { name: string, type: byteString, readOnly: true, visitor: { nodeID: "ns=1;s=myByteString" } }`,
      ),
    );
    expect(told(findings)).toEqual([]);
    const [node] = nodesOf(flow, 'opcua-device');
    expect(node).toMatchObject({
      protocol: { endpoint: 'opc.tcp://plc:4840/', securityPolicy: 'None', securityMode: 'None' },
      credentials: { username: 'admin', password: '1' },
    });
    expect(JSON.stringify(node?.['protocol'])).not.toContain('basicAuth');
    expect(parsed(node).properties).toMatchObject([{ accessMode: 'ReadWrite', value: 1 }, { type: 'string' }]);
  });
});

describe('an MQTT device', () => {
  it('of the third generation is read and written where Octopus would', () => {
    const { flow, findings } = run(
      link(
        'MQTTDevice',
        'kitchen-light',
        `protocol:
  pattern: AttributedTopic
  client: { server: "tcp://127.0.0.1:1883" }
  message: { topic: "cattle.io/octopus/home/:operator/kitchen/light/:path", operator: { read: status, write: set } }
properties:
  - { name: switch, type: boolean, readOnly: false, qos: 2 }
  - { name: gear, type: string, readOnlye: false, operator: { read: get, write: control }, annotations: { type: enum } }
  - { name: power, type: float, path: parameter/power }`,
      ),
    );
    expect(told(findings)).toEqual([]);
    expect(parsed(nodesOf(flow, 'mqtt-device')[0]).properties).toMatchObject([
      {
        filter: 'cattle.io/octopus/home/status/kitchen/light/switch',
        writeTopic: 'cattle.io/octopus/home/set/kitchen/light/switch',
        qos: 2,
        retained: true,
      },
      {
        filter: 'cattle.io/octopus/home/get/kitchen/light/gear',
        writeTopic: 'cattle.io/octopus/home/control/kitchen/light/gear',
      },
      { filter: 'cattle.io/octopus/home/status/kitchen/light/parameter/power', writeTopic: '', accessMode: 'ReadOnly' },
    ]);
  });

  it('of the first generation has its topics at the properties', () => {
    const { flow, findings } = run(
      link(
        'MqttDevice',
        'lamp',
        `config: { broker: "tcp://127.0.0.1:1883", username: u, password: p }
properties:
  - name: power
    jsonPath: a.power
    subInfo: { topic: lamp/state, payloadType: json, qos: 1 }
    pubInfo: { topic: lamp/set, qos: 2 }
    value: { valueType: boolean, booleanValue: true }`,
      ),
    );
    expect(told(findings)).toEqual([]);
    expect(parsed(nodesOf(flow, 'mqtt-device')[0]).properties).toMatchObject([
      { filter: 'lamp/state', writeTopic: 'lamp/set', path: 'a.power', qos: 2, type: 'boolean', value: true },
    ]);
    expect(nodesOf(flow, 'mqtt-extension')[0]).toMatchObject({ credentials: { username: 'u', password: 'p' } });
  });
});

describe('what is not carried over', () => {
  it('is told by its path, whatever it is', () => {
    const { flow, findings } = run(
      link('BluetoothDevice', 'strap', 'protocol: { endpoint: Polar }'),
      link('DummySpecialDevice', 'fan', 'protocol: { location: x, color: red }\ngear: slow\n"on": true\nspeed: 3'),
      'kind: Deployment\nmetadata: { name: web }',
      'just text',
      'a: [1',
    );
    const expected = [
      /^lost : a document is no resource/,
      /^lost : no device/,
      /^lost : line \d: no YAML/,
      /^lost : there is no node for a BluetoothDevice yet/,
      /^lost spec\.template\.spec\.speed: /,
      /^lost spec\.template\.spec\.protocol\.color: /,
    ];
    for (const pattern of expected) expect(told(findings)).toContainEqual(expect.stringMatching(pattern));
    expect(findings).toHaveLength(expected.length);
    expect(nodesOf(flow, 'dummy-device')).toHaveLength(1);
  });

  it('is nothing where the same manifests come again: the same flow', () => {
    const text = link('DummySpecialDevice', 'fan', 'protocol: { location: x }\ngear: slow\n"on": true');
    expect(run(text)).toEqual(run(text));
    expect(run('').flow).toEqual([]);
  });
});
