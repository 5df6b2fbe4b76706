import type { Draft } from '../dialog/dialog';
import type { Text } from '../form/edited-node';
import { element, textButton } from '../form/elements';

/** The table that a list goes into; an `EditableTable`. */
export interface ListTarget {
  items(): readonly Draft[];
  append(...items: Draft[]): void;
  replace(items: readonly Draft[]): void;
  remove(matches: (item: Draft) => boolean): void;
}

/** Says what was done to the table last, and undoes it. What was added by hand since stays. */
export class UndoBar {
  readonly place = element('div', { class: 'devicelink-undo', role: 'status', hidden: '' });

  constructor(
    private readonly text: Text,
    private readonly table: ListTarget,
  ) {}

  /** To be called before `properties` are put into the table. */
  remember(how: 'append' | 'replace', properties: readonly Draft[]): void {
    const before = how === 'replace' ? this.table.items() : [];
    const taken = new Set(properties);
    const words = this.text(how === 'append' ? 'paste.appended' : 'paste.replaced', { rows: properties.length });
    const undo = textButton(this.text('paste.undo'), () => {
      this.place.hidden = true;
      if (how === 'append') this.table.remove((item) => taken.has(item));
      else this.table.replace([...before, ...this.table.items().filter((item) => !taken.has(item))]);
    });
    undo.setAttribute('data-undo', '');
    this.place.replaceChildren(words, ' ', undo);
    this.place.hidden = false;
  }
}
