import { FieldReader } from '../../../base/fields/fields';
import type { Checked } from '../../../base/fields/problems';
import type { DeviceConfig } from '../../../device/kind';
import { readCommonConfig, readProperties } from '../../../device/config/property-config';
import { readQos, readTopic } from '../../../mqtt/extension/message-options';
import { MESSAGE_NAMES } from '../../../mqtt/extension/migrations';
import { checkPublishTopic, checkTopicFilter } from '../../../mqtt/client/topic';
import { parseDottedPath } from '../payload/dotted-path';
import { MQTT_MIGRATIONS } from './migrations';
import {
  type MqttProperty,
  parseMqttProperty,
  PATTERNS,
  type PropertyContext,
  readContentType,
  readOperators,
} from './property';

/** A topic on which the device says whether it is there. */
export interface Availability {
  readonly topic: string;
  /** Into a JSON payload; empty: the payload itself. */
  readonly path: string;
  readonly online: string;
  readonly offline: string;
}

/** What has to be sent again and again so that the device goes on talking (Victron's keep-alive). */
export interface KeepAlive {
  readonly topic: string;
  readonly payload: string;
  readonly intervalMs: number;
}

/** An MQTT device after its flow properties were checked. */
export interface MqttConfig extends DeviceConfig<MqttProperty> {
  readonly context: PropertyContext;
  /** `whole`: a message that is written holds all values that were ever written or are desired; `partial`: those of this write. */
  readonly write: 'partial' | 'whole';
  /** The least time from one message that is written to the next on the same topic; what comes in between goes together. ms */
  readonly writeIntervalMs: number;
  /** How long a write waits until the device tells the value; 0: the broker's acknowledgement is enough. ms */
  readonly confirmMs: number;
  readonly availability: Availability | undefined;
  readonly keepAlive: KeepAlive | undefined;
}

const DEFAULT_KEEP_ALIVE = '30s';

/**
 * Checks the flow properties of an `mqtt-device`. Its `message` says where the device's own topics are, not where a status is published.
 * Defaults: `protocol.pattern` AttributedTopic, `message.qos` 1, `message.retained` false. Pure: also runs in the editor.
 */
export function parseMqttConfig(raw: Readonly<Record<string, unknown>>): Checked<MqttConfig> {
  const reader = new FieldReader(raw);
  const common = readCommonConfig(reader, MQTT_MIGRATIONS);
  if (reader.given('mqtt') === undefined)
    reader.fail('mqtt', 'is required: the MQTT extension whose broker the device speaks to');
  const protocol = reader.object('protocol');
  const context = readContext(reader, protocol);
  const parse = (item: unknown, field: string): Checked<MqttProperty> => parseMqttProperty(item, field, context);
  const properties = reader.take(readProperties(reader.given('properties'), parse), []);
  const confirmMs = protocol.duration('confirm', '0s');
  if (confirmMs > common.timeoutMs) protocol.fail('confirm', 'must not be longer than parameters.timeout');
  const writeIntervalMs = protocol.duration('writeInterval', '0s');
  if (writeIntervalMs >= common.timeoutMs) protocol.fail('writeInterval', 'must be shorter than parameters.timeout');
  return reader.check({
    ...common,
    properties,
    context,
    write: protocol.oneOf('write', ['partial', 'whole'], 'partial'),
    writeIntervalMs,
    confirmMs,
    availability: readAvailability(protocol),
    keepAlive: readKeepAlive(protocol),
  });
}

function readContext(reader: FieldReader, protocol: FieldReader): PropertyContext {
  const message = reader.object('message');
  message.respell(MESSAGE_NAMES);
  message.knows('payloadEncode', 'waitTimeout');
  const identity = {
    namespace: reader.string('namespace', 'default'),
    name: reader.string('name'),
    uid: reader.string('uid'),
  };
  const topics = {
    settings: readTopic(message.object('topic')),
    path: message.string('path'),
    operator: readOperators(message.object('operator'), { read: '', write: '' }),
    identity,
  };
  return {
    pattern: protocol.oneOf('pattern', PATTERNS, 'AttributedTopic'),
    topics,
    qos: readQos(message, 1),
    retained: message.boolean('retained', false),
    contentType: readContentType(protocol, undefined),
    staleMs: protocol.duration('stale', '0s'),
  };
}

function readAvailability(protocol: FieldReader): Availability | undefined {
  if (protocol.given('availability') === undefined) return undefined;
  const reader = protocol.object('availability');
  const topic = reader.string('topic');
  const path = reader.string('path');
  const online = reader.string('online', 'online');
  const offline = reader.string('offline', 'offline');
  if (topic === '') return undefined;
  const problem = checkTopicFilter(topic) ?? (/[+#]/.test(topic) ? 'must not contain a wildcard' : undefined);
  if (problem !== undefined) reader.fail('topic', problem);
  if (online === offline) reader.fail('offline', `must differ from online, which is "${online}"`);
  const parsed = path === '' || path.startsWith('$') ? undefined : parseDottedPath(path);
  if (parsed?.ok === false) reader.fail('path', parsed.message);
  return { topic, path, online, offline };
}

function readKeepAlive(protocol: FieldReader): KeepAlive | undefined {
  if (protocol.given('keepAlive') === undefined) return undefined;
  const reader = protocol.object('keepAlive');
  const topic = reader.string('topic');
  const payload = reader.string('payload');
  const intervalMs = reader.duration('interval', DEFAULT_KEEP_ALIVE, 1000);
  if (topic === '') return undefined;
  const problem = checkPublishTopic(topic);
  if (problem !== undefined) reader.fail('topic', problem);
  return { topic, payload, intervalMs };
}
