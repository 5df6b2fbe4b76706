import { checkCredentials, credentialsFor, IDENTITIES, identityOf, type Identity } from './checks';
import { credentialField, typedCredentials } from '../../../src/editor/dialog/credentials';
import type { Dialog } from '../../../src/editor/dialog/dialog';

const NAMES = ['username', 'password', 'certFilePEM', 'keyFilePEM'] as const;

/**
 * The choice between anonymous, user and certificate, which shows the inputs of that identity. The choice itself is not
 * saved: on saving, the credentials of the other identities are forgotten.
 */
export function wireIdentity(dialog: Dialog): void {
  const select = identitySelect(dialog);
  const note = dialog.form.querySelector<HTMLElement>('[data-identity-note]');
  if (select === undefined || note === null) return;
  select.value = identityOf(shownCredentials(dialog));
  const update = () => {
    const identity = chosenIdentity(dialog);
    for (const part of dialog.form.querySelectorAll<HTMLElement>('[data-identity-part]')) {
      part.hidden = part.dataset['identityPart'] !== identity;
    }
    const problems = checkCredentials(identity, typedCredentials(dialog));
    for (const name of NAMES) {
      const isWrong = problems.some(({ field }) => field === `credentials.${name}`);
      credentialField(dialog, name)?.classList.toggle('input-error', isWrong);
    }
    note.textContent = problems
      .map(({ field, message }) => `${field.replace('credentials.', '')}: ${message}`)
      .join('; ');
  };
  select.addEventListener('change', update);
  for (const name of NAMES) credentialField(dialog, name)?.addEventListener('input', update);
  update();
  dialog.onSave(() => {
    const others = credentialsFor(chosenIdentity(dialog), {});
    for (const name of Object.keys(others)) {
      const field = credentialField(dialog, name);
      if (field !== undefined) field.value = '';
    }
  });
}

/** The credentials as they would be saved. */
export const credentialsToSave = (dialog: Dialog): Record<string, string> =>
  credentialsFor(chosenIdentity(dialog), typedCredentials(dialog));

function chosenIdentity(dialog: Dialog): Identity {
  const value = identitySelect(dialog)?.value;
  return IDENTITIES.find((identity) => identity === value) ?? 'anonymous';
}

const identitySelect = (dialog: Dialog): HTMLSelectElement | undefined =>
  dialog.form.querySelector<HTMLSelectElement>('[data-identity]') ?? undefined;

/** What is typed, or something where a secret is stored. */
function shownCredentials(dialog: Dialog): Record<string, string> {
  return Object.fromEntries(
    NAMES.map((name) => {
      const field = credentialField(dialog, name);
      return [name, field?.dataset['kept'] === undefined ? (field?.value ?? '') : 'stored'];
    }),
  );
}
