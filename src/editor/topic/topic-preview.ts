import { renderTopic, type TopicIdentity, type TopicSettings } from '../../mqtt/client/topic';
import { isOpenTopic } from '../checks/message';
import type { Dialog } from '../dialog/dialog';

/**
 * Keeps the element with `data-topic-preview` showing the topic as it will be, for each change.
 * `describe` answers the settings in force (undefined: the device publishes nowhere) and whose topic it is.
 */
export function createTopicPreview(
  dialog: Dialog,
  describe: () => { topic: TopicSettings; identity: TopicIdentity } | undefined,
): void {
  const output = dialog.form.querySelector<HTMLElement>('[data-topic-preview]');
  if (output === null) return;
  const show = (text: string, wrong = false) => {
    output.textContent = text;
    output.classList.toggle('devicelink-wrong', wrong);
  };
  dialog.onRefresh(() => {
    const described = describe();
    if (described === undefined) {
      show(dialog.text('topic.none'));
    } else if (isOpenTopic(described.topic) || isOpenTopic({ ...described.identity })) {
      show(dialog.text('topic.open'));
    } else {
      const rendered = renderTopic(described.topic, described.identity);
      show(rendered.ok ? rendered.topic : `${rendered.field} ${rendered.message}`, !rendered.ok);
    }
  });
}
