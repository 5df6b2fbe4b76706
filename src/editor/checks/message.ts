import type { FieldReader } from '../../device/fields';
import type { TopicIdentity, TopicSettings } from '../../mqtt/topic';
import { renderTopic } from '../../mqtt/topic';
import { hasEnvironment } from '../environment';

const TOPIC_FIELDS = ['name', 'prefix', 'with', 'template'] as const;

/** The topic settings of a `message` block; empty fields are left out. */
export function topicSettings(message: FieldReader): TopicSettings {
  const topic = message.object('topic');
  return Object.fromEntries(
    TOPIC_FIELDS.map((name) => [name, topic.string(name)] as const).filter(([, value]) => value !== ''),
  );
}

/** The topic may be told only at run time: then there is nothing to check or to show here. */
export const isOpenTopic = (settings: TopicSettings): boolean => Object.values(settings).some(hasEnvironment);

/** Checks what a `message` block says, in an extension or as a device's overrides. */
export function checkMessage(message: FieldReader, identity: TopicIdentity, topicRequired: boolean): void {
  message.oneOf('payloadEncode', ['raw', 'base64'], 'raw');
  message.integer('qos', 0, 0, 2);
  message.boolean('retained', false);
  message.duration('waitTimeout', '0s');
  const settings = topicSettings(message);
  const { with: mode, ...texts } = settings;
  if (isOpenTopic(settings) || (!topicRequired && mode === undefined && Object.keys(texts).length === 0)) return;
  const rendered = renderTopic(settings, identity);
  if (!rendered.ok && rendered.field.startsWith('topic.')) message.fail(rendered.field, rendered.message);
}
