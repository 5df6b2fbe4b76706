import { FieldReader } from '../../../src/base/fields/fields';
import type { Checked, Problem } from '../../../src/base/fields/problems';
import { checkClientId, hasKeyword, type ProtocolVersion } from '../../../src/mqtt/client/client-id';
import { EXTENSION_MIGRATIONS } from '../../../src/mqtt/extension/migrations';
import { readChannelDepth, readStore } from '../../../src/mqtt/extension/store-options';
import { readMessageProperties, readUserProperties } from '../../../src/mqtt/extension/message-properties';
import { parseServerList } from '../../../src/mqtt/client/server-list';
import { parsePublishOptions } from '../../../src/mqtt/publishing/publish-settings';
import { checkPublishTopic, type TopicIdentity } from '../../../src/mqtt/client/topic';
import { hasEnvironment } from '../../../src/editor/form/environment';
import { checkMessage } from '../../../src/editor/checks/message';

/** As in src/mqtt/extension/client-options.ts, which needs Node.js and cannot be shared. */
const MAX_UINT16 = 65_535;
const MOST_PACKET_BYTES = 268_435_460;
const MAX_REPLAY_RATE = 100_000;

/** Stands for a device where the topic depends on one. */
export const EXAMPLE_DEVICE: TopicIdentity = {
  namespace: 'default',
  name: 'boiler-1',
  uid: '9e8efcb0-4b79-45e7-a4c4-3349562292e3',
};

/** What is wrong with an mqtt-extension, as far as the editor can know; the server checks certificates and files. */
export function checkExtension(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const checked = inspect(raw);
  return checked.ok ? [] : checked.problems;
}

/** Node-RED takes a member that is the id of a config node for a reference: this one would wait for itself. */
export function checkName(name: unknown, id: string): readonly Problem[] {
  if (name !== id) return [];
  const message =
    'must not be the id of this node: Node-RED takes that for a circular dependency and does not start it';
  return [{ field: 'name', message }];
}

/** The fields of an mqtt-extension that nobody knows, as the runtime tells them in the log. */
export function warningsOfExtension(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const publish = parsePublishOptions(raw['publish'], 'publish');
  return [...(inspect(raw).warnings ?? []), ...(publish.warnings ?? [])];
}

function inspect(raw: Readonly<Record<string, unknown>>): Checked<undefined> {
  const reader = new FieldReader(raw);
  reader.upgrade(EXTENSION_MIGRATIONS);
  const client = reader.object('client');
  checkServer(client);
  checkWill(client.object('will'));
  const store = readStore(client.object('store'));
  for (const [name, usual] of [
    ['connectTimeout', '30s'],
    ['keepAlive', '30s'],
    ['pingTimeout', '10s'],
    ['writeTimeout', '30s'],
    ['maxReconnectInterval', '10m'],
  ] as const) {
    client.duration(name, usual);
  }
  readChannelDepth(client, store);
  client.integer('maximumPacketSize', MOST_PACKET_BYTES, 1024, MOST_PACKET_BYTES);
  client.integer('replayRate', 500, 0, MAX_REPLAY_RATE);
  client.integer('receiveMaximum', MAX_UINT16, 1, MAX_UINT16);
  client.integer('topicAliasMaximum', 0, 0, MAX_UINT16);
  client.duration('sessionExpiryInterval', '0s');
  readUserProperties(client);
  reader.oneOf('connection', ['shared', 'dedicated'], 'shared');
  checkMessage(reader.object('message'), EXAMPLE_DEVICE);
  reader.knows('name', 'uid', 'publish', 'tls');
  knowTheRest(client);
  return reader.check(undefined);
}

/** What only the server reads. */
function knowTheRest(client: FieldReader): void {
  client.knows('cleanSession', 'resumeSubs', 'order', 'autoReconnect', 'httpHeaders');
  client.object('will').knows('retained');
  client.object('will').object('topic').knows('prefix', 'with', 'template');
  for (const [name, members] of [
    ['basicAuth', ['username', 'password']],
    [
      'tlsConfig',
      [
        ...['caFilePEM', 'certFilePEM', 'keyFilePEM', 'serverName', 'insecureSkipVerify'],
        ...['alpnProtocols', 'minVersion'],
      ],
    ],
  ] as const) {
    const given = client.given(name);
    if (typeof given === 'object' && !Array.isArray(given)) client.object(name).knows(...members);
  }
}

function checkServer(client: FieldReader): void {
  const server = client.given('server');
  const parsed = parseServerList(server);
  client.boolean('failback', false);
  if (!parsed.ok && !hasEnvironment(String(server))) client.fail('server', parsed.message);
  const version = client.integer('protocolVersion', 0, 0, 5);
  const clientId = client.string('clientID');
  const problem = checkClientId(clientId, hasKeyword(clientId) ? 0 : (version as ProtocolVersion));
  if (problem !== undefined) client.fail('clientID', problem);
}

function checkWill(will: FieldReader): void {
  will.integer('qos', 0, 0, 2);
  will.duration('delayInterval', '0s');
  readMessageProperties(will);
  const topic = will.object('topic');
  const name = topic.string('name');
  const problem = name === '' ? undefined : checkPublishTopic(name);
  if (problem !== undefined) topic.fail('name', problem);
  if (name !== '' && will.string('payloadContent') === '')
    will.fail('payloadContent', 'is required: what the will says');
  if (will.oneOf('payloadEncode', ['raw', 'base64'], 'raw') === 'base64' && !isBase64(will.string('payloadContent'))) {
    will.fail('payloadContent', 'must be Base64 text, such as "b2ZmbGluZQ=="');
  }
}

/** Either alphabet, with or without padding: docs/facts/octopus.md#base64. */
const isBase64 = (text: string): boolean => hasEnvironment(text) || /^[A-Za-z0-9+/_-]*={0,2}$/.test(text.trim());
