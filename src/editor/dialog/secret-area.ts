import type { Dialog } from './dialog';

/** What Node-RED shows and expects back for a secret that is stored on the server and was not changed. */
const STORED = '__PWRD__';

/**
 * Text areas for PEM credentials. One that is stored is never sent to the editor: the area is empty, says so, and saving it
 * empty keeps it; the buttons beside it fill it from a file and remove it.
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
    dialog.form.querySelector(`[data-upload-secret="${area.id}"]`)?.addEventListener('click', () =>
      pickFile('binary' in area.dataset, (text) => {
        area.value = text;
        area.dispatchEvent(new Event('input', { bubbles: true }));
      }),
    );
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

/** Certificates and keys are a few KB: as much as the server reads of a file. */
const MOST_BYTES = 64 * 1024;

/** Lets the user choose a file, and takes its text; that of one that holds no text is Base64. Nothing leaves the browser by it. */
function pickFile(isBinary: boolean, take: (text: string) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file === undefined || file.size > MOST_BYTES) return;
    void file.arrayBuffer().then((buffer) => {
      const bytes = new Uint8Array(buffer);
      const isText = !isBinary || new TextDecoder().decode(bytes.subarray(0, 10)).startsWith('-----');
      take(isText ? new TextDecoder().decode(bytes) : btoa(String.fromCharCode(...bytes)));
    });
  });
  input.click();
}
