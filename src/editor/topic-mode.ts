import type { Dialog } from './dialog';
import { setAt, valueAt } from './paths';

type Mode = '' | 'name' | 'nn' | 'uid' | 'template';

/** Which of the topic's forms the settings mean; '' where none is given (a device that takes the extension's). */
export function topicModeOf(topic: unknown): Mode {
  const part = (path: string) => valueAt(topic, path) ?? '';
  if (part('name') !== '') return 'name';
  if (part('template') !== '') return 'template';
  if (part('with') === 'uid') return 'uid';
  return part('prefix') !== '' || part('with') === 'nn' ? 'nn' : '';
}

/** The select for the topic's form, and only those inputs below it that belong to the form. */
export function createTopicMode(dialog: Dialog): void {
  const select = dialog.form.querySelector<HTMLSelectElement>('[data-topic-mode]');
  if (select === null) return;
  const rows = [...dialog.form.querySelectorAll<HTMLElement>('[data-topic-part]')];
  const showRows = () => {
    const part = select.value === 'nn' || select.value === 'uid' ? 'prefix' : select.value;
    for (const row of rows) row.hidden = row.dataset['topicPart'] !== part;
  };
  select.value = topicModeOf(valueAt(dialog.draft, 'message.topic'));
  if (select.selectedIndex === -1) select.selectedIndex = 0; // no topic yet, where one is required
  showRows();
  select.addEventListener('change', () => {
    const mode = select.value as Mode;
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
