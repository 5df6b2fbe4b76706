import { FieldReader } from '../../base/fields/fields';
import { MESSAGE_DEFAULTS, readMessage, type MessageSettings } from '../../mqtt/extension/message-options';
import { renderTopic, type TopicIdentity, type TopicSettings } from '../../mqtt/client/topic';
import { hasEnvironment } from '../form/environment';

/** The settings in a `message` block over those it overrides, however wrong some of them may be. */
export const messageSettings = (raw: unknown, base: MessageSettings = MESSAGE_DEFAULTS): MessageSettings =>
  readMessage(new FieldReader(raw), base);

/** Whether a topic depends on the environment: then it is known only at run time. */
export const isOpenTopic = (topic: TopicSettings): boolean => Object.values(topic).some(hasEnvironment);

/** Checks a device's overrides of the message settings. */
export function checkOverrides(message: FieldReader): void {
  readMessage(message, MESSAGE_DEFAULTS);
}

/** Checks the message settings of an extension, which must give every device a topic. */
export function checkMessage(message: FieldReader, identity: TopicIdentity): void {
  const before = message.problems.length;
  const { topic } = readMessage(message, MESSAGE_DEFAULTS);
  if (message.problems.length > before || isOpenTopic(topic)) return;
  const rendered = renderTopic(topic, identity);
  if (!rendered.ok && rendered.field.startsWith('topic.')) message.fail(rendered.field, rendered.message);
}
