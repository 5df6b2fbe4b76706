import type { Field } from '../../../src/editor/form/binding';
import { credentialField } from '../../../src/editor/dialog/credentials';
import type { Dialog } from '../../../src/editor/dialog/dialog';
import { joinEndpoint, splitEndpoint, type EndpointParts } from './endpoint-parts';
import { setAt, valueAt } from '../../../src/editor/form/paths';
import { toInput } from '../../../src/editor/form/text-value';

/**
 * The endpoint as one text and as fields; typing in either changes the other. A user and a password in the text go to the
 * fields of the credentials, which are stored encrypted.
 */
export function wireEndpoint(dialog: Dialog): void {
  const { form, draft } = dialog;
  const input = form.querySelector<HTMLInputElement>('[data-path="endpoint"]');
  const fields = [...form.querySelectorAll<Field>('[data-endpoint-part]')];
  if (input === null) return;
  const current = () => splitEndpoint(toInput(draft['endpoint'])).parts;
  let cseInText = current().cse;

  const show = () => {
    const parts = current();
    const cse = parts.cse === '' ? toInput(valueAt(draft, 'cse.id')).replace(/^\/+/, '') : parts.cse;
    for (const field of fields) {
      if (field !== document.activeElement || field instanceof HTMLSelectElement) showPart(field, { ...parts, cse });
    }
    const path = form.querySelector<HTMLElement>('[data-endpoint-path]');
    if (path !== null) path.hidden = parts.path === '' && (parts.scheme === '' || /^mqtts?$/.test(parts.scheme));
  };
  /** `cse.id` follows the text, unless the flow had said something else there. */
  const follow = () => {
    const { cse } = current();
    if (cse === cseInText) return;
    const id = toInput(valueAt(draft, 'cse.id')).replace(/^\/+/, '');
    if (id === '' || id === cseInText) setCse(dialog, cse);
    cseInText = cse;
  };
  const takeAccount = () => {
    if (!moveAccount(dialog)) return;
    note(dialog, dialog.text('endpoint.moved'));
    dialog.show();
  };

  for (const field of fields) {
    field.addEventListener(field instanceof HTMLSelectElement ? 'change' : 'input', () => {
      const name = field.dataset['endpointPart'] ?? '';
      draft['endpoint'] = joinEndpoint({ ...current(), [name]: field.value });
      if (name === 'cse') {
        cseInText = current().cse;
        setCse(dialog, cseInText);
      }
      if (name !== 'scheme') takeAccount();
      dialog.show();
    });
  }
  input.addEventListener('change', takeAccount);
  input.addEventListener('paste', () => setTimeout(takeAccount));
  dialog.onSave(() => moveAccount(dialog));
  dialog.onRefresh(() => {
    follow();
    show();
  });
  takeAccount();
}

function showPart(field: Field, parts: EndpointParts): void {
  const value = parts[field.dataset['endpointPart'] as keyof EndpointParts];
  if (field instanceof HTMLSelectElement && ![...field.options].some((option) => option.value === value)) {
    field.add(new Option(value, value));
  }
  field.value = value;
}

function setCse(dialog: Dialog, cse: string): void {
  setAt(dialog.draft, 'cse.id', cse === '' ? '' : `/${cse}`);
}

/** Whether there was something to move. */
function moveAccount(dialog: Dialog): boolean {
  const { parts, account } = splitEndpoint(toInput(dialog.draft['endpoint']));
  if (account === undefined) return false;
  dialog.draft['endpoint'] = joinEndpoint(parts);
  for (const name of ['username', 'password'] as const) {
    const field = credentialField(dialog, name);
    if (field === undefined || account[name] === '') continue;
    field.value = account[name];
    field.dispatchEvent(new Event('input'));
  }
  return true;
}

function note(dialog: Dialog, text: string): void {
  const place = dialog.form.querySelector<HTMLElement>('[data-endpoint-note]');
  if (place !== null) place.textContent = text;
}
