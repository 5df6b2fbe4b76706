import type { Problem } from '../../base/fields/problems';
import { bindFields, fieldsOf, showField } from '../form/binding';
import type { Draft } from '../dialog/dialog';
import type { Text } from '../form/edited-node';
import { element, iconButton, newId } from '../form/elements';
import { showProblems } from '../dialog/problem-view';

/** What one table shows for an item. */
export interface TableLayout {
  /** Titles above the columns. */
  readonly titles: (text: Text) => readonly string[];
  /** CSS class that lays the columns out. */
  readonly className: string;
  /** The elements in the columns; those with `data-path` are bound to the item. */
  columns(row: TableRow): readonly HTMLElement[];
  /** The part that unfolds. */
  details(row: TableRow): readonly HTMLElement[];
  /** Brings what is shown in line with the item, after each change. */
  refresh(row: TableRow): void;
  /** A new item. */
  blank(): Draft;
  /** Adds to an item what follows from the rest of it, when it comes into the table: its row may never be looked at. */
  complete?(item: Draft): void;
  /** What an item is found by in a long table, such as its name and its address. */
  words?(item: Draft): readonly unknown[];
}

export interface RowActions {
  changed(): void;
  duplicate(row: TableRow): void;
}

/** One item of a table: a line of columns, and the rest of its fields, which unfold below. */
export class TableRow {
  private readonly toggle: HTMLButtonElement;
  private readonly note = element('div', { class: 'devicelink-row-note', role: 'status' });
  private details: HTMLElement | undefined;

  constructor(
    readonly item: Draft,
    private readonly container: HTMLElement,
    private readonly layout: TableLayout,
    readonly text: Text,
    private readonly actions: RowActions,
    isUnfolded = false,
  ) {
    const columns = element('div', { class: `devicelink-columns ${layout.className}` });
    const duplicateButton = iconButton('fa-clone', text('table.duplicate'), () => actions.duplicate(this));
    this.toggle = iconButton('fa-ellipsis-h', text('table.details'), () => {
      this.unfold(!this.isUnfolded);
      this.changed();
    });
    columns.append(
      ...layout.columns(this),
      element('span', { class: 'devicelink-row-buttons' }, this.toggle, duplicateButton),
    );
    container.append(columns, this.note);
    bindFields(columns, item, () => this.changed());
    this.unfold(isUnfolded);
    layout.refresh(this);
  }

  /** To be called after the item was changed by other means than a bound input. */
  changed(): void {
    this.layout.refresh(this);
    this.actions.changed();
  }

  input(path: string): HTMLInputElement | HTMLSelectElement | undefined {
    return this.container.querySelector<HTMLInputElement | HTMLSelectElement>(`[data-path="${path}"]`) ?? undefined;
  }

  find(selector: string): Element | undefined {
    return this.container.querySelector(selector) ?? undefined;
  }

  /** Shows a field again after the item was changed by other means. */
  show(path: string): void {
    for (const field of fieldsOf(this.container)) {
      if (field.dataset['path'] === path) showField(field, this.item);
    }
  }

  focus(): void {
    fieldsOf(this.container)[0]?.focus();
  }

  focusMistake(): void {
    const fields = fieldsOf(this.container);
    (fields.find((field) => field.getAttribute('aria-invalid') === 'true') ?? fields[0])?.focus();
  }

  /** Problems of fields that are folded away are told in words below the line. Their paths are those within the item. */
  showProblems(problems: readonly Problem[]): void {
    const rest = showProblems(fieldsOf(this.container), problems);
    const lines = rest.map(({ field, message }) => `${field}: ${message}`);
    const text = lines.join('; ');
    if (this.note.textContent !== text) this.note.textContent = text;
  }

  get isUnfolded(): boolean {
    return this.details !== undefined && !this.details.hidden;
  }

  /** The details are made when they are first looked at. */
  private unfold(open: boolean): void {
    if (open && this.details === undefined) {
      const details = element('div', { class: 'devicelink-details', id: newId() }, ...this.layout.details(this));
      this.details = details;
      this.container.append(details);
      bindFields(details, this.item, () => this.changed());
      this.toggle.setAttribute('aria-controls', details.id);
    }
    if (this.details !== undefined) this.details.hidden = !open;
    this.toggle.setAttribute('aria-expanded', String(open));
  }
}
