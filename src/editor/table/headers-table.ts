import type { Dialog } from '../dialog/dialog';
import { credentialField } from '../dialog/credentials';
import { headersOf, linesOf, separated } from './headers';
import { createPairsTable } from './pairs-table';
import { setAt, valueAt } from '../form/paths';

const PATH = 'client.httpHeaders';

/**
 * HTTP headers of the WebSocket handshake: a line for each value; a name may come several times. Those whose name says that they are
 * secret become credentials when the dialog is saved.
 */
export function createHeadersTable(dialog: Dialog): void {
  const place = dialog.form.querySelector<HTMLElement>('[data-headers]');
  if (place === null) return;
  const { text } = dialog;
  const lines = linesOf(valueAt(dialog.draft, PATH));
  const texts = {
    name: text('headers.name'),
    value: text('headers.value'),
    add: text('headers.add'),
    remove: text('headers.remove'),
    placeholder: 'X-Tenant',
  };
  createPairsTable(place, lines, texts, () => {
    setAt(dialog.draft, PATH, headersOf(lines));
    dialog.refresh();
  });
  const area = credentialField(dialog, 'secretHeaders');
  const hint = (): void => {
    if (area !== undefined && area.dataset['kept'] === undefined) area.placeholder = text('headers.secretHint');
  };
  hint();
  area?.addEventListener('input', hint);
  dialog.onSave(() => {
    // What is stored is not known here, and saving anything would put that in its place.
    if (area === undefined || area.dataset['kept'] !== undefined) return;
    const { plain, secret } = separated(lines);
    if (secret === '') return;
    area.value = [area.value.trim(), secret].filter((text) => text !== '').join('\n');
    setAt(dialog.draft, PATH, headersOf(plain));
  });
}
