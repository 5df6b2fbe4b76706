import type { Dialog } from '../dialog/dialog';
import { headersOf, linesOf } from './headers';
import { createPairsTable } from './pairs-table';
import { setAt, valueAt } from '../form/paths';

const PATH = 'client.httpHeaders';

/** HTTP headers of the WebSocket handshake: a line for each value; a name may come several times. */
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
}
