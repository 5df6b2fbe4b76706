import type { Dialog } from './dialog';

/** What is in the inputs of the credentials; one that stands for a stored secret is left to the server. */
export function typedCredentials(dialog: Dialog): Record<string, string> {
  const names = Object.keys(dialog.node._def.credentials ?? {});
  const typed = names.flatMap((name) => {
    const field = credentialField(dialog, name);
    return field !== undefined && field.dataset['kept'] === undefined ? [[name, field.value] as const] : [];
  });
  return Object.fromEntries(typed);
}

/** The input of a credential. */
export function credentialField(dialog: Dialog, name: string): HTMLInputElement | HTMLTextAreaElement | undefined {
  const field = dialog.form.querySelector(`#${dialog.nativeIdPrefix}${name}`);
  return field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement ? field : undefined;
}
