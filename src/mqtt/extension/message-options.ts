import type { FieldReader } from '../../base/fields/fields';
import { readMessageProperties, type ConfiguredProperties } from './message-properties';
import { MESSAGE_NAMES } from './migrations';
import type { PayloadEncode } from '../client/payload';
import { checkDeviceTopic, type TopicContext, type TopicSettings } from '../client/topic';

/** What a message of a device looks like on the broker: docs/contract.md#message. */
export interface MessageOptions {
  readonly payloadEncode: PayloadEncode;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  /** How long `publish` waits for the acknowledgement before MQTT_WAIT_TIMEOUT; 0 waits for ever. ms. */
  readonly waitTimeoutMs: number;
  /** But for the expiry they need MQTT 5. */
  readonly properties?: ConfiguredProperties;
}

/** The same with what the device's topic is made of. */
export interface MessageSettings extends MessageOptions {
  readonly topic: TopicSettings;
  /** What `:path` and `:operator` (of publishing) stand for in a topic template. */
  readonly context: TopicContext;
}

/** The specification's defaults; the topic has none. */
export const MESSAGE_DEFAULTS: MessageSettings = {
  topic: {},
  context: {},
  payloadEncode: 'raw',
  qos: 0,
  retained: false,
  waitTimeoutMs: 0,
};

/**
 * A `message` block over the settings it overrides: an extension's over the defaults, a device's over its extension's. Older names are
 * accepted (MESSAGE_NAMES).
 */
export function readMessage(reader: FieldReader, base: MessageSettings): MessageSettings {
  reader.respell(MESSAGE_NAMES);
  const properties = readMessageProperties(reader, base.properties);
  return {
    topic: readTopic(reader.object('topic'), base.topic),
    context: {
      path: reader.string('path', base.context.path),
      operator: readOperator(reader, base.context.operator ?? ''),
    },
    payloadEncode: reader.oneOf('payloadEncode', ['raw', 'base64'], base.payloadEncode),
    qos: readQos(reader, base.qos),
    retained: reader.boolean('retained', base.retained),
    waitTimeoutMs:
      reader.given('waitTimeout') === undefined ? base.waitTimeoutMs : reader.duration('waitTimeout', '0s'),
    ...(properties && { properties }),
  };
}

export function readQos(reader: FieldReader, fallback: 0 | 1 | 2): 0 | 1 | 2 {
  return reader.integer('qos', fallback, 0, 2) as 0 | 1 | 2;
}

/** A topic that says what it is made of takes the place of the base's; `with` alone changes only the mode. */
export function readTopic(reader: FieldReader, base: TopicSettings = {}): TopicSettings {
  const name = readTopicText(reader, 'name', checkDeviceTopic);
  const prefix = readTopicText(reader, 'prefix', checkDeviceTopic);
  const template = readTopicText(reader, 'template', (text) =>
    /[+#\0]/.test(text) ? 'must not contain the wildcards + and #, nor NUL' : undefined,
  );
  const mode = reader.oneOf('with', ['nn', 'uid'], base.with ?? 'nn');
  const own = {
    ...(name === '' ? {} : { name }),
    ...(prefix === '' ? {} : { prefix }),
    ...(template === '' ? {} : { template }),
  };
  return { ...(Object.keys(own).length === 0 ? base : own), with: mode };
}

function readTopicText(reader: FieldReader, name: string, check: (text: string) => string | undefined): string {
  const text = reader.string(name);
  const problem = text === '' ? undefined : check(text);
  if (problem !== undefined) reader.fail(name, problem);
  return text;
}

/** `operator.write` is that of publishing; a plain text is taken as such. */
function readOperator(reader: FieldReader, fallback: string): string {
  if (typeof reader.given('operator') === 'string') return reader.string('operator');
  const operator = reader.object('operator');
  operator.knows('read'); // of subscribing, which nothing here does
  return operator.string('write', fallback);
}
