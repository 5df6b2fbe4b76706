import { FieldReader } from '../device/fields';
import { renderTopic, type TopicIdentity, type TopicSettings } from '../mqtt/topic';
import { isOpenTopic, topicSettings } from './checks/message';
import type { Dialog } from './dialog';

/** The settings in a node's `message` block. */
export const settingsOf = (raw: unknown): TopicSettings =>
  topicSettings(new FieldReader(typeof raw === 'object' ? raw : {}));

/**
 * Keeps the element with `data-topic-preview` showing the topic as it will be, for each change.
 * `describe` answers the settings in force (undefined: the device publishes nowhere) and whose topic it is.
 */
export function createTopicPreview(
  dialog: Dialog,
  describe: () => { settings: TopicSettings; identity: TopicIdentity } | undefined,
): void {
  const output = dialog.form.querySelector<HTMLElement>('[data-topic-preview]');
  if (output === null) return;
  dialog.onRefresh(() => {
    const described = describe();
    if (described === undefined) {
      output.textContent = dialog.text('topic.none');
      return;
    }
    const { settings, identity } = described;
    if (isOpenTopic(settings)) {
      output.textContent = dialog.text('topic.open');
      return;
    }
    const rendered = renderTopic(settings, identity);
    output.textContent = rendered.ok ? rendered.topic : `${rendered.field} ${rendered.message}`;
    output.classList.toggle('devicelink-wrong', !rendered.ok);
  });
}
