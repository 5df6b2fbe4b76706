import { DeviceError } from '../../base/errors';
import type { FieldReader } from '../../base/fields/fields';
import type { Will } from '../client/connection-options';
import { readQos, readTopic } from './message-options';
import { readMessageProperties, readSeconds, type ConfiguredProperties } from './message-properties';
import { decodeBase64, type PayloadEncode } from '../client/payload';
import {
  checkPublishTopic,
  renderTopic,
  type TopicIdentity,
  type TopicResult,
  type TopicSettings,
} from '../client/topic';

/** A will as configured: its topic is known once it is known whose connection it covers. */
export interface WillSettings {
  readonly topic: TopicSettings;
  readonly payloadEncode: PayloadEncode;
  /** The bytes to be sent. */
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  /** MQTT 5: the broker waits so long for this client to come back, in s. */
  readonly delayInterval?: number;
  readonly properties?: ConfiguredProperties;
}

/**
 * `client.will`; undefined when there is none, which dialogs save as one without topic and content.
 * With `base64` the content is Base64 text of the bytes to be sent.
 */
export function readWill(client: FieldReader): WillSettings | undefined {
  if (client.given('will') === undefined) return undefined;
  const reader = client.object('will');
  const topic = readWillTopic(reader.object('topic'));
  const payloadEncode = reader.oneOf('payloadEncode', ['raw', 'base64'], 'raw');
  const content = reader.string('payloadContent');
  const qos = readQos(reader, 0);
  const retained = reader.boolean('retained', false);
  const delayInterval = readSeconds(reader, 'delayInterval') ?? 0;
  const properties = readMessageProperties(reader);
  if (content === '') {
    if (topic.name === undefined && topic.template === undefined) return undefined;
    reader.fail('payloadContent', 'is required: what the will says');
  }
  const payload = payloadEncode === 'raw' ? Buffer.from(content) : readBase64(reader, content);
  const more = { ...(delayInterval > 0 && { delayInterval }), ...(properties && { properties }) };
  return { topic, payloadEncode, payload, qos, retained, ...more };
}

/** A static name; or, as in later generations, a template. */
function readWillTopic(reader: FieldReader): TopicSettings {
  if (reader.given('prefix') !== undefined) reader.fail('prefix', 'is not for a will: give its topic a name');
  return readTopic(reader);
}

function readBase64(reader: FieldReader, content: string): Buffer {
  try {
    return decodeBase64(content);
  } catch (error) {
    reader.fail('payloadContent', error instanceof DeviceError ? error.message : 'is not Base64');
    return Buffer.alloc(0);
  }
}

/**
 * The topic of a will: its own, or `<messageTopic>/$will`. `messageTopic` is the device's topic (dedicated connection)
 * or what all devices' topics begin with (shared connection); undefined where they have nothing in common.
 */
export function willTopic(will: WillSettings, messageTopic: string | undefined, identity: TopicIdentity): TopicResult {
  if (will.topic.name !== undefined || will.topic.template !== undefined) {
    const own = renderTopic(will.topic, identity);
    return own.ok || !own.field.startsWith('topic.') ? own : { ...own, field: `client.will.${own.field}` };
  }
  const field = 'client.will.topic.name';
  if (messageTopic === undefined) {
    return { ok: false, field, message: 'is required where the devices have no static topic or prefix in common' };
  }
  const topic = `${messageTopic}/$will`;
  const problem = checkPublishTopic(topic);
  return problem === undefined ? { ok: true, topic } : { ok: false, field, message: problem };
}

/** The will as the broker gets it. */
export function toWill(will: WillSettings, topic: string): Will {
  const { payload, qos, retained, delayInterval, properties } = will;
  const more = { ...(delayInterval !== undefined && { delayInterval }), ...(properties && { properties }) };
  return { topic, payload, qos, retained, ...more };
}

/** What the topics of all devices of a shared connection begin with: the static name, the prefix, or the fixed part of a template. */
export function commonTopic(topic: TopicSettings): string | undefined {
  const text = topic.name ?? topic.template ?? topic.prefix;
  if (text === undefined) return undefined;
  if (topic.name !== undefined || topic.template === undefined) return text;
  const fixed = renderTopic({ template: text }, { namespace: '', name: '', uid: '' });
  return fixed.ok ? fixed.topic : undefined;
}
