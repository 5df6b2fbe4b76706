import { element, iconButton, textButton } from '../form/elements';

/** A name and what belongs to it. */
export interface PairLine {
  name: string;
  value: string;
}

export interface PairTexts {
  readonly name: string;
  readonly value: string;
  readonly add: string;
  readonly remove: string;
  readonly placeholder: string;
}

/** Pairs of names and values, a line each, with a button to add one. `stored` runs after each change of `lines`. */
export function createPairsTable(place: HTMLElement, lines: PairLine[], texts: PairTexts, stored: () => void): void {
  const list = element('div');
  const show = () => {
    list.replaceChildren(
      ...lines.map((line, index) => {
        const name = element('input', { type: 'text', 'aria-label': texts.name, placeholder: texts.placeholder });
        const value = element('input', { type: 'text', 'aria-label': texts.value });
        name.value = line.name;
        value.value = line.value;
        name.addEventListener('input', () => {
          line.name = name.value;
          stored();
        });
        value.addEventListener('input', () => {
          line.value = value.value;
          stored();
        });
        const remove = iconButton('fa-times', texts.remove, () => {
          lines.splice(index, 1);
          show();
          stored();
        });
        return element('div', { class: 'devicelink-operation' }, name, value, remove);
      }),
    );
  };
  const add = textButton(texts.add, () => {
    lines.push({ name: '', value: '' });
    show();
    list.querySelector<HTMLInputElement>('div:last-child > input')?.focus();
  });
  add.classList.add('red-ui-button-small');
  place.append(list, add);
  show();
}
