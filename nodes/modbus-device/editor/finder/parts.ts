import type { Dialog } from '../../../../src/editor/dialog/dialog';
import { element, labelled, newId, spinner, textButton } from '../../../../src/editor/form/elements';

/** Where one of the folded parts above the table has its content; undefined where the dialog does not have it. */
export function placeOf(dialog: Dialog, name: string): HTMLElement | undefined {
  return dialog.form.querySelector<HTMLElement>(`[data-${name}] [data-place]`) ?? undefined;
}

/** A labelled input that is bound to nothing. */
export function plainInput(
  label: string,
  value: string,
  name: string,
): { field: HTMLElement; input: HTMLInputElement } {
  const input = element('input', { type: 'text', id: newId(), autocomplete: 'off', 'data-name': name });
  input.value = value;
  return { field: labelled(label, input), input };
}

export function plainSelect(
  label: string,
  name: string,
  choices: readonly (readonly [value: string, text: string])[],
): { field: HTMLElement; select: HTMLSelectElement } {
  const options = choices.map(([value, text]) => element('option', { value }, text));
  const select = element('select', { id: newId(), 'data-name': name }, ...options);
  return { field: labelled(label, select), select };
}

/** A button that asks the device; while it waits it cannot be pressed, and what goes wrong is told in `note`. */
export function askingButton(label: string, note: HTMLElement, ask: () => Promise<void>): HTMLButtonElement {
  const button = textButton(label, () => {
    button.disabled = true;
    note.classList.remove('devicelink-wrong');
    note.replaceChildren(spinner());
    ask()
      .catch((error: unknown) => {
        note.classList.add('devicelink-wrong');
        note.textContent = (error as Error).message;
      })
      .finally(() => {
        button.disabled = false;
      });
  });
  return button;
}

export const noteLine = (): HTMLElement => element('div', { class: 'devicelink-caption', role: 'status' });
