import type { Problem } from '../device/kind';
import type { Dialog, Draft } from './dialog';
import { element } from './elements';
import { freeName } from './free-name';
import { createPastePanel } from './paste-panel';
import { toInput } from './text-value';
import { PropertyRow, type RowLayout } from './property-row';

/** A deleted row fades out before it leaves the list. */
const REMAINING = 'li:not(.red-ui-editableList-item-deleting) > .red-ui-editableList-item-content';

interface Item {
  property?: Draft;
  row?: PropertyRow;
}

/** What others may do with the table: the address space of a server fills it. */
export interface PropertyTable {
  append(property: Draft): void;
  /** Deletes the rows of properties for which `matches` answers true. */
  remove(matches: (property: Draft) => boolean): void;
}

/**
 * The table of a device's properties: add, drag, duplicate, delete, paste from a spreadsheet or JSON.
 * It keeps `dialog.draft.properties` in the order shown, and shows what is wrong in the rows.
 */
export function createPropertyTable(dialog: Dialog, layout: RowLayout): PropertyTable | undefined {
  const place = dialog.form.querySelector<HTMLElement>('.devicelink-properties');
  if (place === null) return undefined;
  const { text } = dialog;
  const list = element('ol', { 'aria-label': text('properties.title') });
  const rows = () => [...list.querySelectorAll<HTMLElement>(REMAINING)].flatMap((content) => itemOf(content).row ?? []);
  const store = () => {
    dialog.draft['properties'] = rows().map(({ property }) => property);
  };
  const changed = () => {
    store();
    dialog.refresh();
  };
  const add = (property: Draft, index = rows().length) => {
    $(list).editableList('insertItemAt', { property }, index);
  };
  const duplicate = (row: PropertyRow) => {
    const copy = structuredClone(row.property);
    copy['name'] = freeName(
      toInput(row.property['name']),
      rows().map(({ property }) => property['name']),
    );
    add(copy, rows().indexOf(row) + 1);
    changed();
  };

  const pastePanel = createPastePanel(text, {
    append: (properties) => {
      for (const property of properties) add(property);
      changed();
    },
    replace: (properties) => {
      $(list).editableList('empty');
      for (const property of properties) add(property);
      changed();
    },
  });
  place.append(createHeader(layout, text), list);
  place.after(pastePanel);

  let isReady = false;
  $(list).editableList<Item>({
    addButton: text('properties.add'),
    sortable: true,
    removable: true,
    height: 'auto',
    addItem: (container, _index, item) => {
      const content = container[0];
      if (content === undefined) return;
      const remove = content.parentElement?.querySelector('.red-ui-editableList-item-remove');
      remove?.setAttribute('aria-label', text('properties.remove'));
      const isNew = item.property === undefined;
      item.property ??= layout.blank();
      item.row = new PropertyRow(item.property, content, layout, text, { changed, duplicate });
      if (isNew && isReady) {
        item.row.focus();
        setTimeout(changed); // after the list holds the row
      }
    },
    removeItem: changed,
    sortItems: changed,
  });
  for (const property of listOf(dialog.draft['properties'])) add(property);
  isReady = true;
  dialog.onSave(store);

  dialog.onRefresh((problems: readonly Problem[]) => {
    for (const [index, row] of rows().entries()) row.showProblems(problems, `properties[${index}]`);
  });
  return {
    append(property) {
      add(property);
      changed();
    },
    remove(matches) {
      const items = [...list.querySelectorAll<HTMLElement>(REMAINING)].map(itemOf);
      for (const item of items) {
        if (item.property !== undefined && matches(item.property)) $(list).editableList('removeItem', item);
      }
      changed();
    },
  };
}

const itemOf = (content: HTMLElement): Item => ($(content).data('data') as Item | undefined) ?? {};

/** The property objects of a flow; what is no object at all cannot be shown in a table. */
const listOf = (properties: unknown): Draft[] =>
  Array.isArray(properties)
    ? properties.filter((item): item is Draft => typeof item === 'object' && item !== null)
    : [];

function createHeader(layout: RowLayout, text: Dialog['text']): HTMLElement {
  const className = `devicelink-columns devicelink-header ${layout.className}`;
  const header = element('div', { class: className, 'aria-hidden': 'true' });
  header.append(
    ...[text('properties.name'), ...layout.titles(text), ''].map((title) => element('span', { title }, title)),
  );
  return header;
}
