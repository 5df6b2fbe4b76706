import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fields, migrate, type Migration } from '../../../src/base/fields/migrations.ts';
import { ROWS } from '../../../src/device/config/migrations.ts';
import { dummyKind } from '../../../src/drivers/dummy/index.ts';
import { DUMMY_MIGRATIONS } from '../../../src/drivers/dummy/migrations.ts';
import { modbusKind } from '../../../src/drivers/modbus/index.ts';
import { MODBUS_MIGRATIONS } from '../../../src/drivers/modbus/config/migrations.ts';
import { OPCUA_MIGRATIONS } from '../../../src/drivers/opcua/config/migrations.ts';
import { DEVICE_MESSAGE_MIGRATION, EXTENSION_MIGRATIONS } from '../../../src/mqtt/extension/migrations.ts';
import { AE_MIGRATIONS } from '../../../src/onem2m/ae/parse/migrations.ts';

const BY_TYPE: Readonly<Record<string, readonly Migration[]>> = {
  'any device': [ROWS],
  'dummy-device': DUMMY_MIGRATIONS,
  'modbus-device': MODBUS_MIGRATIONS,
  'opcua-device': OPCUA_MIGRATIONS,
  'mqtt-extension': EXTENSION_MIGRATIONS,
  'onem2m-ae': AE_MIGRATIONS,
  'the message of a device': [DEVICE_MESSAGE_MIGRATION],
};

const property = (raw: Fields): Fields => ({ properties: [raw] });
const client = (raw: Fields): Fields => ({ client: raw });

/** What each type of node has had, and what that is today. */
const OLDER: readonly (readonly [type: string, older: Fields, present: Fields])[] = [
  ['any device', { properties: ['{"name":"a"}', { name: 'b' }] }, { properties: [{ name: 'a' }, { name: 'b' }] }],
  ['modbus-device', { protocol: { tcp: { slaveID: 7 } } }, { protocol: { tcp: { workerID: 7 } } }],
  ['modbus-device', { protocol: { tcp: { slaveId: 7 } } }, { protocol: { tcp: { workerID: 7 } } }],
  ['modbus-device', { protocol: { tcp: { ip: 'plc', port: 1502 } } }, { protocol: { tcp: { endpoint: 'plc:1502' } } }],
  ['modbus-device', { protocol: { tcp: { ip: 'plc' } } }, { protocol: { tcp: { endpoint: 'plc' } } }],
  [
    'modbus-device',
    { protocol: { rtu: { serialPort: '/dev/ttyS1', slaveID: 7 } } },
    { protocol: { rtu: { workerID: 7, endpoint: '/dev/ttyS1' } } },
  ],
  [
    'modbus-device',
    { protocol: { tcp: { ip: 'fe80::1', port: '502' } } },
    { protocol: { tcp: { endpoint: '[fe80::1]:502' } } },
  ],
  [
    'modbus-device',
    { protocol: { tcp: { ip: '${PLC}', port: '${PORT}' } } },
    { protocol: { tcp: { endpoint: '${PLC}:${PORT}' } } },
  ],
  [
    'modbus-device',
    property({
      dataType: 'int16',
      visitor: { offset: 1, orderOfOperations: [{ operationType: 'Add', operationValue: '1' }] },
    }),
    property({ type: 'int16', visitor: { offset: 1 }, orderOfOperations: [{ type: 'Add', value: '1' }] }),
  ],
  ['modbus-device', property({ readOnly: true }), property({ accessMode: 'ReadOnly' })],
  ['modbus-device', property({ readOnly: true, accessMode: 'ReadOnce' }), property({ accessMode: 'ReadOnce' })],
  ['modbus-device', property({ readOnly: false }), property({})],
  ['opcua-device', { protocol: { url: 'opc.tcp://a' } }, { protocol: { endpoint: 'opc.tcp://a' } }],
  [
    'opcua-device',
    { protocol: { securityPolicy: 'Aes128Sha256RsaOaep' } },
    { protocol: { securityPolicy: 'Aes128_Sha256_RsaOaep' } },
  ],
  ['opcua-device', property({ dataType: 'byteString' }), property({ type: 'string' })],
  [
    'opcua-device',
    property({ type: 'dateTime', visitor: { nodeId: 'i=1' } }),
    property({ type: 'datetime', visitor: { nodeID: 'i=1' } }),
  ],
  ['opcua-device', property({ visitor: { orderOfOperations: [] } }), property({ visitor: {}, orderOfOperations: [] })],
  [
    'dummy-device',
    { properties: { a: { type: 'int', readOnly: true } } },
    property({ type: 'int', readOnly: true, name: 'a' }),
  ],
  [
    'dummy-device',
    { props: { a: { type: 'array', arrayProps: { type: 'int' } } } },
    property({ type: 'array', arrayProperties: { type: 'int' }, name: 'a' }),
  ],
  [
    'dummy-device',
    property({ objectProps: { x: { type: 'array', arrayProps: { type: 'int' } } } }),
    property({ objectProperties: { x: { type: 'array', arrayProperties: { type: 'int' } } } }),
  ],
  ['mqtt-extension', client({ connectionTime: '5s', clientId: 'a' }), client({ connectTimeout: '5s', clientID: 'a' })],
  [
    'mqtt-extension',
    client({ store: { type: 'File', direcotryPrefix: '/x' } }),
    client({ store: { type: 'file', directoryPrefix: '/x' } }),
  ],
  ['mqtt-extension', client({ store: { type: 'Memory' } }), client({ store: { type: 'memory' } })],
  [
    'mqtt-extension',
    client({ basicAuth: { userName: 'a', passsword: 'b' } }),
    client({ basicAuth: { username: 'a', password: 'b' } }),
  ],
  [
    'mqtt-extension',
    client({ will: { topic: 'gone', retainted: true } }),
    client({ will: { topic: { template: 'gone' }, retained: true } }),
  ],
  ['mqtt-extension', { client: { waitTimeout: '3s' }, message: {} }, { client: {}, message: { waitTimeout: '3s' } }],
  [
    'mqtt-extension',
    { client: {}, message: { will: { topic: 'gone', content: 'eA==' } } },
    {
      client: {
        will: {
          topic: { template: 'gone' },
          payloadEncode: 'base64',
          payloadContent: 'eA==',
          qos: 1,
          retained: true,
        },
      },
      message: {},
    },
  ],
  [
    'mqtt-extension',
    { message: { topic: 'a/:name', retainted: true } },
    { message: { topic: { template: 'a/:name' }, retained: true } },
  ],
  ['the message of a device', { message: { topic: 'a/:name' } }, { message: { topic: { template: 'a/:name' } } }],
];

describe('a flow of an earlier version', () => {
  it.each(OLDER)('%s: %j', (type, older, present) => {
    const { config, applied } = migrate(older, BY_TYPE[type]!);
    expect(config).toEqual(present);
    expect(applied.length).toBeGreaterThan(0);
    expect(migrate({ version: 1, ...older }, BY_TYPE[type]!).config).toEqual({ version: 1, ...present });
  });

  it.each<[what: string, older: Fields, clientID: unknown]>([
    ['no version', { connection: 'dedicated', ...client({ clientID: 'gateway' }) }, 'gateway-:uid'],
    ['version 1', { version: 1, connection: 'dedicated', ...client({ clientID: 'gateway' }) }, 'gateway-:uid'],
    ['version 2', { version: 2, connection: 'dedicated', ...client({ clientID: 'gateway' }) }, 'gateway'],
    ['an older spelling', { connection: 'dedicated', ...client({ clientId: 'gateway' }) }, 'gateway-:uid'],
    [
      'MQTT 3.1',
      { connection: 'dedicated', ...client({ clientID: 'gateway-of-plant', protocolVersion: 3 }) },
      'gateway-of-pla-:uid',
    ],
    ['a shared connection', { connection: 'shared', ...client({ clientID: 'gateway' }) }, 'gateway'],
    ['none', { connection: 'dedicated', ...client({ clientID: '' }) }, ''],
  ])('keeps the client ids of devices with dedicated connections: %s', (_what, older, clientID) => {
    expect(migrate(older, EXTENSION_MIGRATIONS).config['client']).toMatchObject({ clientID });
  });

  it('has every other spelling that docs/facts/octopus.md tells among these', () => {
    const [, section = ''] =
      /^## Other spellings$([^]*?)^## /m.exec(readFileSync('docs/facts/octopus.md', 'utf8')) ?? [];
    const written = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell);
    const names = written.flatMap((cell) =>
      [...cell.matchAll(/`(.*?)`/g)].flatMap(([, code = '']) => code.match(/\w+/g)),
    );
    expect(names.length).toBeGreaterThan(20);
    const olders = JSON.stringify(OLDER.map(([, older]) => older));
    expect(names.filter((name) => !olders.includes(`"${name}"`))).toEqual([]);
  });

  it.each<[type: string, raw: Fields]>([
    ['modbus-device', { protocol: { tcp: { slaveID: 7, workerID: 1 } } }],
    ['modbus-device', { protocol: { tcp: { ip: 'plc', endpoint: 'plc:502' } } }],
    ['modbus-device', property({ readOnly: true, accessMode: 'ReadWrite' })],
    ['modbus-device', property({ readOnly: '${READ_ONLY}' })],
    ['mqtt-extension', client({ store: { type: '${STORE}' } })],
    ['mqtt-extension', { client: { will: { payloadContent: 'a' } }, message: { will: { content: 'eA==' } } }],
    ['any device', { properties: ['${ROW}', '[1]', '{"name":', { name: 'a' }, 7, null] }],
    ['any device', { properties: '${ROWS}' }],
    ['dummy-device', { properties: { a: 1 } }],
    ['dummy-device', { properties: [], props: { a: { type: 'int' } } }],
  ])('%s stays where it contradicts itself or is not known yet: %j', (type, raw) => {
    expect(migrate(raw, BY_TYPE[type]!).config).toBe(raw);
  });

  /** Words that some migration looks for, so that random configurations hit them. */
  const words =
    'protocol tcp slaveID workerID ip port endpoint properties visitor orderOfOperations operationType dataType type readOnly accessMode ' +
    'props arrayProps objectProps client message will topic content waitTimeout store basicAuth passsword connectionTime version url nodeId';
  const name = fc.oneof(fc.constantFrom(...words.split(' '), '__proto__'), fc.string({ maxLength: 3 }));
  const leaf = fc.oneof(
    fc.constantFrom(true, false, '', null, 'true', 'Memory', 'byteString', 'ReadWrite', '{"a":1}', '{'),
    fc.integer(),
  );
  const { config } = fc.letrec<{ value: unknown; config: Fields }>((tie) => ({
    config: fc.dictionary(name, tie('value'), { maxKeys: 5 }),
    value: fc.oneof({ maxDepth: 5 }, leaf, tie('config'), fc.array(tie('value'), { maxLength: 3 })),
  }));

  it.each(Object.keys(BY_TYPE))('%s: any configuration is migrated once, and stays as it was given', (type) => {
    const migrations = BY_TYPE[type]!;
    fc.assert(
      fc.property(config, (raw) => {
        const before = structuredClone(raw);
        const once = migrate(raw, migrations);
        expect(raw).toEqual(before);
        const twice = migrate(once.config, migrations);
        expect(twice.config).toBe(once.config);
        expect(twice.applied).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('means what it meant before', () => {
    const older = {
      protocol: { tcp: { ip: 'PLC', port: '1502', slaveID: '7' } },
      properties: [{ name: 'a', dataType: 'int16', readOnly: true, visitor: { register: 'HoldingRegister' } }],
    };
    const { config: present } = migrate(older, MODBUS_MIGRATIONS);
    const parsed = modbusKind.parse(older, {});
    expect(parsed).toMatchObject({ ok: true, value: { workerID: 7, link: { endpoint: { host: 'plc', port: 1502 } } } });
    expect(modbusKind.parse(present, {})).toEqual(parsed);
  });

  it('is told by the names it has', () => {
    const older = {
      protocol: { tcp: { endpoint: 'plc', slaveID: 999 } },
      properties: [
        {
          name: 'a',
          dataType: 'x',
          visitor: { register: 'HoldingRegister', orderOfOperations: [{ operationType: 'X' }] },
        },
      ],
    };
    const parsed = modbusKind.parse(older, {});
    expect(parsed.ok ? [] : parsed.problems.map(({ field }) => field)).toEqual([
      'protocol.tcp.slaveID',
      'properties[0].dataType',
      'properties[0].visitor.orderOfOperations[0].operationType',
      'properties[0].visitor.orderOfOperations[0].value',
    ]);
  });

  it('is told by the names it has in a map, too', () => {
    const older = {
      kind: 'protocol',
      props: { a: { type: 'int' }, b: { type: 'x' }, c: { type: 'object', objectProps: { d: { type: 'y' } } } },
    };
    const parsed = dummyKind.parse(older, {});
    expect(parsed.ok ? [] : parsed.problems.map(({ field }) => field)).toEqual([
      'props.b.type',
      'props.c.objectProps.d.type',
    ]);
  });
});
