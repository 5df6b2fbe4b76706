import type { InputKind } from './text-value';

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

let made = 0;

/** An id no other element has; labels need one. */
export const newId = (): string => `devicelink-${(made += 1)}`;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const result = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) result.setAttribute(name, value);
  result.append(...children);
  return result;
}

export interface InputOptions {
  /** Where the value is in the object the form is bound to. */
  readonly path: string;
  readonly label: string;
  readonly kind?: InputKind;
  readonly placeholder?: string;
  /** An empty input removes the key instead of storing an empty text. */
  readonly optional?: boolean;
}

export function textInput({ path, label, kind = 'text', placeholder, optional }: InputOptions): HTMLInputElement {
  return element('input', {
    type: 'text',
    autocomplete: 'off',
    id: newId(),
    'data-path': path,
    'data-kind': kind,
    'aria-label': label,
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(optional === true ? { 'data-optional': '' } : {}),
  });
}

export function selectInput(
  { path, label, kind = 'text', optional }: InputOptions,
  choices: readonly (readonly [value: string, text: string])[],
): HTMLSelectElement {
  return element(
    'select',
    {
      id: newId(),
      'data-path': path,
      'data-kind': kind,
      'aria-label': label,
      ...(optional === true ? { 'data-optional': '' } : {}),
    },
    ...choices.map(([value, text]) => element('option', { value }, text)),
  );
}

/** A label above its input. */
export function labelled(label: string, input: Input, ...after: Node[]): HTMLElement {
  input.removeAttribute('aria-label');
  return element('div', { class: 'devicelink-field' }, element('label', { for: input.id }, label), input, ...after);
}

/** A small button with an icon of Font Awesome 4.7, which Node-RED ships. */
export function iconButton(icon: string, title: string, action: () => void): HTMLButtonElement {
  const button = element(
    'button',
    { type: 'button', class: 'red-ui-button red-ui-button-small', title, 'aria-label': title },
    element('i', { class: `fa ${icon}`, 'aria-hidden': 'true' }),
  );
  button.addEventListener('click', action);
  return button;
}

export function textButton(label: string, action: () => void): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'red-ui-button' }, label);
  button.addEventListener('click', action);
  return button;
}

/** Turns while something is awaited. */
export const spinner = (): HTMLElement => element('i', { class: 'fa fa-spinner fa-spin', 'aria-hidden': 'true' });
