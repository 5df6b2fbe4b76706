import type { Dialog } from '../dialog/dialog';
import { setAt, valueAt } from '../form/paths';
import { topicFormOf, type TopicForm } from './topic-form';

/** The select for the topic's form, and only those inputs below it that belong to the form. */
export function createTopicMode(dialog: Dialog): void {
  const select = dialog.form.querySelector<HTMLSelectElement>('[data-topic-mode]');
  if (select === null) return;
  const rows = [...dialog.form.querySelectorAll<HTMLElement>('[data-topic-part]')];
  const showRows = () => {
    const part = select.value === 'nn' || select.value === 'uid' ? 'prefix' : select.value;
    for (const row of rows) row.hidden = row.dataset['topicPart'] !== part;
  };
  select.value = topicFormOf(valueAt(dialog.draft, 'message.topic'));
  if (select.selectedIndex === -1) select.selectedIndex = 0; // no topic yet, where one is required
  showRows();
  select.addEventListener('change', () => {
    const mode = select.value as TopicForm;
    const before = valueAt(dialog.draft, 'message.topic');
    const keep = (name: string) => valueAt(before, name) ?? '';
    const topic =
      mode === ''
        ? undefined
        : mode === 'name' || mode === 'template'
          ? { [mode]: keep(mode) }
          : { prefix: keep('prefix'), with: mode };
    setAt(dialog.draft, 'message.topic', topic);
    showRows();
    dialog.show();
  });
}
