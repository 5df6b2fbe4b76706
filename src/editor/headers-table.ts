import type { Dialog } from './dialog';
import { element, iconButton, textButton } from './elements';
import { headersOf, linesOf } from './headers';
import { setAt, valueAt } from './paths';

const PATH = 'client.httpHeaders';

/** HTTP headers of the WebSocket handshake: a line for each value; a name may come several times. */
export function createHeadersTable(dialog: Dialog): void {
  const place = dialog.form.querySelector<HTMLElement>('[data-headers]');
  if (place === null) return;
  const { text } = dialog;
  const lines = linesOf(valueAt(dialog.draft, PATH));
  const list = element('div');

  const store = () => {
    setAt(dialog.draft, PATH, headersOf(lines));
    dialog.refresh();
  };
  const show = () => {
    list.replaceChildren(
      ...lines.map((line, index) => {
        const name = element('input', { type: 'text', 'aria-label': text('headers.name'), placeholder: 'X-Tenant' });
        const value = element('input', { type: 'text', 'aria-label': text('headers.value') });
        name.value = line.name;
        value.value = line.value;
        name.addEventListener('input', () => {
          line.name = name.value;
          store();
        });
        value.addEventListener('input', () => {
          line.value = value.value;
          store();
        });
        const remove = iconButton('fa-times', text('headers.remove'), () => {
          lines.splice(index, 1);
          show();
          store();
        });
        return element('div', { class: 'devicelink-operation' }, name, value, remove);
      }),
    );
  };
  const add = textButton(text('headers.add'), () => {
    lines.push({ name: '', value: '' });
    show();
    list.querySelector<HTMLInputElement>('div:last-child > input')?.focus();
  });
  add.classList.add('red-ui-button-small');
  place.append(list, add);
  show();
}
