import { setAt, valueAt } from './paths';
import { fromInput, toInput, type InputKind } from './text-value';

export type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The elements with `data-path` under `container`. */
export const fieldsOf = (container: ParentNode): Field[] => [
  ...container.querySelectorAll<Field>('input[data-path], select[data-path], textarea[data-path]'),
];

/**
 * Connects every element with `data-path` under `container` with that path of `target`:
 * `data-kind` number, any, list, boolean or text says what is stored, `data-default` what is shown when nothing is,
 * `data-optional` that an empty input removes the key.
 */
export function bindFields(container: ParentNode, target: object, changed: () => void): void {
  for (const field of fieldsOf(container)) {
    showField(field, target);
    const event = field instanceof HTMLSelectElement || isCheckbox(field) ? 'change' : 'input';
    field.addEventListener(event, () => {
      storeField(field, target);
      changed();
    });
  }
}

/** Shows the value again, after it was changed by other means than its input. */
export function showField(field: Field, target: object): void {
  const value = valueAt(target, field.dataset['path'] ?? '') ?? field.dataset['default'];
  if (isCheckbox(field)) {
    field.checked = value === true || value === 'true';
    return;
  }
  const text = toInput(value, kindOf(field));
  if (field instanceof HTMLSelectElement) offer(field, text);
  field.value = text;
}

/** A select shows also what it does not offer: `${ENV}`, or a value from an older flow, must not be lost. */
function offer(select: HTMLSelectElement, value: string): void {
  if ([...select.options].some((option) => option.value === value)) return;
  if (value !== '') select.add(new Option(value, value));
}

function storeField(field: Field, target: object): void {
  const path = field.dataset['path'] ?? '';
  if (isCheckbox(field)) {
    setAt(target, path, field.checked);
  } else if (field.value === '' && field.dataset['optional'] !== undefined) {
    setAt(target, path, undefined);
  } else if (field.dataset['kind'] === 'boolean') {
    setAt(target, path, field.value === 'true' ? true : field.value === 'false' ? false : field.value);
  } else {
    setAt(target, path, fromInput(field.value, kindOf(field)));
  }
}

const kindOf = (field: Field): InputKind => (field.dataset['kind'] ?? 'text') as InputKind;

const isCheckbox = (field: Field): field is HTMLInputElement =>
  field instanceof HTMLInputElement && field.type === 'checkbox';
