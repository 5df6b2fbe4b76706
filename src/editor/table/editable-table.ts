import type { Dialog, Draft } from '../dialog/dialog';
import { problemsByItem } from '../dialog/problem-view';
import { element } from '../form/elements';
import { RowList, SHORT, type Line } from './row-list';
import { TableBar } from './table-bar';
import type { TableLayout, TableRow } from './table-row';

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
  /** The items in the order shown. */
  items(): readonly Draft[];
  append(...items: Draft[]): void;
  replace(items: readonly Draft[]): void;
  /** Deletes the rows of items for which `matches` answers true. */
  remove(matches: (item: Draft) => boolean): void;
}

/**
 * A list of objects to add to, drag, duplicate and delete. It keeps `dialog.draft[name]` in the order shown, and shows what is
 * wrong in the rows. Rows are made where they are in sight, so that a list of thousands opens like one of ten.
 */
export function createTable(dialog: Dialog, options: TableOptions): EditableTable {
  const { place, name, layout, title, addLabel, copy = () => undefined } = options;
  const { text } = dialog;
  const list = element('ol', { 'aria-label': title });
  const bar = new TableBar(text, { filtered: applyFilter, goToNext: goToNextMistake });
  place.append(bar.place, createHeader(layout, text), list);
  $(list).editableList({
    // Its own button would make a row of its own.
    addButton: false,
    buttons: [{ label: addLabel, icon: 'fa fa-plus', click: addBlank }],
    sortable: true,
    height: 'auto',
    sortItems: () => change(rows.dragged()),
  });
  const rows = new RowList(list, list.parentElement ?? place, layout, text, {
    changed,
    duplicate(row) {
      const made = structuredClone(row.item);
      copy(made, items());
      const at = rows.lines.findIndex((line) => line.row === row) + 1;
      change([...rows.lines.slice(0, at), lineFor(made), ...rows.lines.slice(at)]);
    },
    remove: removeRow,
  });
  let lastMistake: Line | undefined;

  function items(): Draft[] {
    return rows.lines.map(({ item }) => item);
  }
  function store(): void {
    dialog.draft[name] = items();
  }
  function changed(): void {
    store();
    dialog.refresh();
  }
  function lineFor(item: Draft): Line {
    layout.complete?.(item);
    return rows.lineFor(item);
  }
  function show(lines: readonly Line[]): void {
    const isLong = lines.length > SHORT;
    bar.place.hidden = !isLong;
    place.classList.toggle('devicelink-long', isLong);
    rows.show(lines);
    // A list that has become short has no filter any more that could be cleared.
    if (!isLong && bar.isFiltering) clearFilter();
  }
  function change(lines: readonly Line[]): void {
    show(lines);
    changed();
  }
  function applyFilter(): void {
    bar.showCount(
      rows.filter((item) => bar.matches(layout.words?.(item) ?? [])),
      rows.lines.length,
    );
  }
  function clearFilter(): void {
    bar.clear();
    applyFilter();
  }
  function addBlank(): void {
    const line = lineFor(layout.blank());
    change([...rows.lines, line]);
    (line.row ?? rows.reveal(line))?.focus();
  }
  /** What comes from elsewhere is shown, whatever the filter says. */
  function take(lines: readonly Line[], first: Line | undefined): void {
    clearFilter();
    change(lines);
    if (first !== undefined) rows.scrollTo(first);
  }
  /** Whoever deletes rows by the keyboard goes on at the one that has come in the place of the last. */
  function removeRow(row: TableRow): void {
    const at = rows.lines.findIndex((line) => line.row === row);
    change(rows.lines.filter((line) => line.row !== row));
    const next = rows.lines.slice(at).find((line) => !line.place.hidden);
    next?.place.querySelector<HTMLElement>('.red-ui-editableList-item-remove')?.focus({ preventScroll: true });
  }
  function goToNextMistake(): void {
    const wrong = rows.lines.filter(({ problems }) => problems.length > 0);
    const before = lastMistake === undefined ? -1 : rows.lines.indexOf(lastMistake);
    const next = wrong.find((line) => rows.lines.indexOf(line) > before) ?? wrong[0];
    if (next === undefined) return;
    lastMistake = next;
    if (next.place.hidden) clearFilter();
    rows.reveal(next)?.focusMistake();
  }

  show(listOf(dialog.draft[name]).map(lineFor));
  dialog.onSave(store);
  dialog.showElsewhere(name, (problems) => {
    const byItem = problemsByItem(name, problems);
    rows.showProblems(byItem);
    bar.showMistakes(byItem.size);
  });
  return {
    items,
    append(...added) {
      const made = added.map(lineFor);
      take([...rows.lines, ...made], made[0]);
    },
    replace(given) {
      const made = given.map(lineFor);
      take(made, made[0]);
    },
    remove(matches) {
      change(rows.lines.filter(({ item }) => !matches(item)));
    },
  };
}

/** The objects of a list in a flow; what is no object at all cannot be shown in a table. */
const listOf = (items: unknown): Draft[] =>
  Array.isArray(items) ? items.filter((item): item is Draft => typeof item === 'object' && item !== null) : [];

function createHeader(layout: TableLayout, text: Dialog['text']): HTMLElement {
  const className = `devicelink-columns devicelink-header ${layout.className}`;
  const header = element('div', { class: className, 'aria-hidden': 'true' });
  header.append(...[...layout.titles(text), ''].map((title) => element('span', { title }, title)));
  return header;
}
