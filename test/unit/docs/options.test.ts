import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { describe, expect, it, vi } from 'vitest';
import { FieldReader } from '../../../src/base/fields/fields';
import type { DeviceKind } from '../../../src/device/kind';
import { dummyKind } from '../../../src/drivers/dummy';
import { modbusKind } from '../../../src/drivers/modbus';
import { mqttKind } from '../../../src/drivers/mqtt';
import { opcuaKind } from '../../../src/drivers/opcua';
import { MESSAGE_DEFAULTS, readMessage } from '../../../src/mqtt/extension/message-options';
import { parseExtension } from '../../../src/mqtt/extension/options';
import { parsePublishOptions } from '../../../src/mqtt/publishing/publish-settings';
import { readDeviceConfig } from '../../../src/node-red/device/device-config';
import { parseAeConfig } from '../../../src/onem2m/ae/parse/parse-config';
import { namesInSection, namesInTables } from '../../support/docs/markdown';

type Fields = Readonly<Record<string, unknown>>;

interface Definition {
  readonly defaults: Readonly<Record<string, { readonly value: unknown }>>;
  readonly credentials?: Fields;
}

interface Sources {
  readonly types: readonly { readonly type: string; readonly definition: Definition }[];
  readonly languages: Map<string, { readonly help: Map<string, string> }>;
}

const ROOT = dirname(dirname(dirname(import.meta.dirname)));
const page = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8');
const load = (name: string) =>
  import(`../../../scripts/build/${name}.mjs`) as Promise<{ readSources(root: string): Promise<Sources> }>;
const { types, languages } = await (await load('sources')).readSources(ROOT);

/** Each node type with a configuration that has everything once, so that its parser looks at every option. */
const PARSERS: Readonly<Record<string, () => void>> = {
  'modbus-device': () => {
    for (const transport of ['tcp', 'rtu', 'udp']) {
      parseDevice(modbusKind, { protocol: { transport, [transport]: {} }, properties: [{ visitor: {} }] });
    }
  },
  'opcua-device': () => parseDevice(opcuaKind, { properties: [{ visitor: {} }] }),
  'mqtt-device': () =>
    parseDevice(mqttKind, {
      protocol: { availability: { topic: 'a' }, keepAlive: { topic: 'b' } },
      properties: [{ stale: '1s', map: {} }],
    }),
  'dummy-device': () =>
    parseDevice(dummyKind, {
      kind: 'protocol',
      faults: { drop: '1s' },
      signal: { period: '1m' },
      properties: [
        { name: 'a', type: 'array' },
        { name: 'o', type: 'object', signal: { period: '1m' } },
      ],
    }),
  'onem2m-ae': () =>
    parseAeConfig({
      registration: { refresh: '5m' },
      resources: [{ path: 'a' }],
      subscriptions: [{ target: 'a' }],
      discoveries: [{ name: 'd' }],
      devices: { mapping: 'flexContainer' },
    }),
  'mqtt-extension': () =>
    parseExtension(
      { client: { will: { topic: {} } }, message: { waitTimeout: '1s' } },
      {},
      {
        readFile: () => '',
        extensionId: '',
        extensionUid: '',
      },
    ),
};

function parseDevice(kind: DeviceKind, raw: Fields): void {
  const RED = { util: { getSetting: () => undefined } } as unknown as NodeAPI;
  readDeviceConfig(RED, { id: '1', credentials: {} } as unknown as Node, raw, kind);
  parsePublishOptions({}, 'publish');
  readMessage(new FieldReader({}, 'message'), MESSAGE_DEFAULTS);
}

/** The paths a parser asks for; `[]` for any item of a list. */
function pathsRead(parse: () => void): Set<string> {
  const paths = new Set<string>();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own reader below
  const original = FieldReader.prototype.given;
  const given = vi.spyOn(FieldReader.prototype, 'given').mockImplementation(function (this: FieldReader, name) {
    paths.add(this.pathOf(name).replaceAll(/\[\d+\]/g, '[]'));
    return original.call(this, name);
  });
  try {
    parse();
  } finally {
    given.mockRestore();
  }
  return paths;
}

/** Paths of a default value down to what is no object. */
function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    return [path];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}.${name}`));
}

/** Options of all devices; the specification's names inside `message` are those of the extension, where they are explained. */
const COMMON = namesInTables(page('nodes/devices.md'), 'option');
const ofMessage = namesInTables(page('nodes/mqtt-extension.md'), 'option').filter((name) =>
  name.startsWith('message.'),
);

/** Options whose inner form is said in the row of the option itself. */
const WHOLE = new Set([
  'client.httpHeaders',
  'devices.flexContainer.attributes',
  'discoveries[].filter',
  'properties[].arrayProperties',
  'properties[].objectProperties',
  'properties[].orderOfOperations',
  'publish',
  'resources[].attributes',
  'subscriptions[].attributes',
]);

/** Looked at to be refused, or because wills are read as topics of messages are. */
const NO_OPTIONS = new Set(['client.will.topic.prefix', 'client.will.topic.with']);

it('every node type has a parser to be asked for its options', () => {
  expect(Object.keys(PARSERS).sort()).toEqual(types.map(({ type }) => type).sort());
});

describe.each(Object.entries(PARSERS))('the options of %s', (type, parse) => {
  const text = page(`nodes/${type}.md`);
  const isDevice = type.endsWith('-device');
  const { defaults, credentials = {} } = definitionOf(type);
  const read = pathsRead(parse);
  const documented = [...namesInTables(text, 'option'), ...(isDevice ? [...COMMON, ...ofMessage] : [])];
  const secrets = /^Credentials: [^.;]*/m.exec(text)?.[0] ?? '';
  const older = new Set([
    ...namesInSection(text, 'Older names'),
    ...(isDevice ? namesInSection(page('nodes/devices.md'), 'Older names') : []),
  ]);
  /** Said by itself, by what is in it, or by what it is in. */
  const isDocumented = (path: string): boolean =>
    documented.some(
      (name) =>
        name === path ||
        name.startsWith(`${path}.`) ||
        name.startsWith(`${path}[]`) ||
        (WHOLE.has(name) && path.startsWith(name)),
    );
  const isCredential = (path: string): boolean => secrets.includes(`\`${path}\``);

  it('are in a table, each that the node reads', () => {
    expect(read.size).toBeGreaterThan(5);
    const isTold = (path: string): boolean => isDocumented(path) || isCredential(path) || isOlder(path, older);
    const missing = [...read].filter((path) => !isTold(path) && !NO_OPTIONS.has(path));
    expect(missing.sort()).toEqual([]);
  });

  it('are in a table, each that a new node has', () => {
    const paths = Object.entries(defaults).flatMap(([name, { value }]) => leaves(value, name));
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !isDocumented(path))).toEqual([]);
  });

  it('are read by the node, each that is in a table', () => {
    expect(documented.length).toBeGreaterThan(5);
    expect(documented.filter((name) => !read.has(name) && !(name in defaults)).sort()).toEqual([]);
  });

  it('and its credentials are on its page', () => {
    expect(Object.keys(credentials).filter((name) => !isCredential(name))).toEqual([]);
  });

  it.each([...languages.keys()])('and the message fields that its help in %s lists are on a page', (language) => {
    const help = languages.get(language)?.help.get(type) ?? '';
    const fields = [...help.matchAll(/^: \*?([\w.]+)\*? \([^)]*\) :/gm)].map((match) => match[1] ?? '');
    const messages = page('messages.md');
    if (type !== 'mqtt-extension') expect(fields.length).toBeGreaterThan(3);
    expect(fields.filter((field) => !messages.includes(`msg.${field}`))).toEqual([]);
  });
});

function definitionOf(type: string): Definition {
  const definition = types.find((candidate) => candidate.type === type)?.definition;
  if (definition === undefined) throw new Error(`no definition of ${type}`);
  return definition;
}

/** `protocol.tcp.slaveID` is told as `slaveID`, `client.basicAuth.username` as `username`. */
function isOlder(path: string, older: ReadonlySet<string>): boolean {
  const parts = path.split('.');
  return parts.some((_part, at) => older.has(parts.slice(at).join('.')));
}
