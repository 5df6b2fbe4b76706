import type { Problem } from '../../base/fields/problems';
import type { Dialog, Draft } from '../dialog/dialog';
import { element } from '../form/elements';
import { TableRow, type TableLayout } from './table-row';

/** A deleted row fades out before it leaves the list. */
const REMAINING = 'li:not(.red-ui-editableList-item-deleting) > .red-ui-editableList-item-content';

interface Item {
  item?: Draft;
  row?: TableRow;
}

export interface TableOptions {
  readonly place: HTMLElement;
  /** The property of the node that holds the list. */
  readonly name: string;
  readonly layout: TableLayout;
  readonly title: string;
  readonly addLabel: string;
  /** What a copy of an item changes, so that both may be there. */
  readonly copy?: (copy: Draft, items: readonly Draft[]) => void;
}

/** What others may do with a table. */
export interface EditableTable {
  append(...items: Draft[]): void;
  replace(items: readonly Draft[]): void;
  /** Deletes the rows of items for which `matches` answers true. */
  remove(matches: (item: Draft) => boolean): void;
}

/**
 * A list of objects to add to, drag, duplicate and delete. It keeps `dialog.draft[name]` in the order shown, and shows what is
 * wrong in the rows.
 */
export function createTable(dialog: Dialog, options: TableOptions): EditableTable {
  const { place, name, layout, title, addLabel, copy = () => undefined } = options;
  const { text } = dialog;
  const list = element('ol', { 'aria-label': title });
  const contents = () => [...list.querySelectorAll<HTMLElement>(REMAINING)].map(itemOf);
  const rows = () => contents().flatMap(({ row }) => row ?? []);
  const items = () => rows().map(({ item }) => item);
  const store = () => {
    dialog.draft[name] = items();
  };
  const changed = () => {
    store();
    dialog.refresh();
  };
  const insert = (item: Draft, index = rows().length) => {
    $(list).editableList('insertItemAt', { item }, index);
  };
  const duplicate = (row: TableRow) => {
    const made = structuredClone(row.item);
    copy(made, items());
    insert(made, rows().indexOf(row) + 1);
    changed();
  };
  place.append(createHeader(layout, text), list);

  let isReady = false;
  $(list).editableList<Item>({
    addButton: addLabel,
    sortable: true,
    removable: true,
    height: 'auto',
    addItem: (container, _index, data) => {
      const content = container[0];
      if (content === undefined) return;
      const remove = content.parentElement?.querySelector('.red-ui-editableList-item-remove');
      remove?.setAttribute('aria-label', text('table.remove'));
      const isNew = data.item === undefined;
      data.item ??= layout.blank();
      data.row = new TableRow(data.item, content, layout, text, { changed, duplicate });
      if (isNew && isReady) {
        data.row.focus();
        setTimeout(changed); // after the list holds the row
      }
    },
    removeItem: changed,
    sortItems: changed,
  });
  for (const item of listOf(dialog.draft[name])) insert(item);
  isReady = true;
  dialog.onSave(store);
  dialog.showElsewhere(name, (problems: readonly Problem[]) => {
    for (const [index, row] of rows().entries()) row.showProblems(problems, `${name}[${index}]`);
  });
  return {
    append(...added) {
      for (const item of added) insert(item);
      changed();
    },
    replace(given) {
      $(list).editableList('empty');
      for (const item of given) insert(item);
      changed();
    },
    remove(matches) {
      for (const data of contents()) {
        if (data.item !== undefined && matches(data.item)) $(list).editableList('removeItem', data);
      }
      changed();
    },
  };
}

const itemOf = (content: HTMLElement): Item => ($(content).data('data') as Item | undefined) ?? {};

/** The objects of a list in a flow; what is no object at all cannot be shown in a table. */
const listOf = (items: unknown): Draft[] =>
  Array.isArray(items) ? items.filter((item): item is Draft => typeof item === 'object' && item !== null) : [];

function createHeader(layout: TableLayout, text: Dialog['text']): HTMLElement {
  const className = `devicelink-columns devicelink-header ${layout.className}`;
  const header = element('div', { class: className, 'aria-hidden': 'true' });
  header.append(...[...layout.titles(text), ''].map((title) => element('span', { title }, title)));
  return header;
}
