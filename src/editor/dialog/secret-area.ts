import type { Dialog } from './dialog';

/** What Node-RED shows and expects back for a secret that is stored on the server and was not changed. */
const STORED = '__PWRD__';

/**
 * Text areas for PEM credentials. One that is stored is never sent to the editor: the area is empty, says so, and saving it
 * empty keeps it; the button beside it removes it.
 */
export function createSecretAreas(dialog: Dialog): void {
  for (const area of dialog.form.querySelectorAll<HTMLTextAreaElement>('textarea[data-secret]')) {
    const remove = dialog.form.querySelector<HTMLButtonElement>(`[data-remove-secret="${area.id}"]`);
    let keep = area.value === STORED;
    const show = () => {
      area.placeholder = keep ? dialog.text('secret.stored') : dialog.text('secret.hint');
      if (remove !== null) remove.hidden = !keep;
      if (keep && area.value === '') area.dataset['kept'] = '';
      else delete area.dataset['kept'];
    };
    if (keep) area.value = '';
    show();
    area.addEventListener('input', show);
    remove?.addEventListener('click', () => {
      keep = false;
      area.value = '';
      show();
      area.focus();
    });
    dialog.onSave(() => {
      if (keep && area.value.trim() === '') area.value = STORED;
    });
  }
}
