import type { Problem } from '../device/kind';
import type { Operation } from '../device/property';
import { ACCESS_MODES } from '../device/property-config';
import { bindFields, fieldsOf, showField } from './binding';
import type { Draft } from './dialog';
import type { Text } from './edited-node';
import { element, iconButton, labelled, newId, selectInput, textInput } from './elements';
import { createOperationsField } from './operations-field';
import { showProblems } from './problem-view';

/** What the table of one kind of device shows for a property. */
export interface RowLayout {
  /** Titles above the columns. */
  readonly titles: (text: Text) => readonly string[];
  /** CSS class that lays the columns out. */
  readonly className: string;
  /** The inputs in the columns, besides the name, which is always first. */
  columns(row: PropertyRow): readonly HTMLElement[];
  /** Inputs of this kind in the part that unfolds. */
  details(row: PropertyRow): readonly HTMLElement[];
  /** Brings what is shown in line with the property, after each change. */
  refresh(row: PropertyRow): void;
  /** A new property. */
  blank(): Draft;
}

/** One property in the table: a line of columns, and the rest of its fields, which unfold below. */
export class PropertyRow {
  private readonly toggle: HTMLButtonElement;
  private readonly note = element('div', { class: 'devicelink-row-note', role: 'status' });
  private details: HTMLElement | undefined;

  constructor(
    readonly property: Draft,
    private readonly container: HTMLElement,
    private readonly layout: RowLayout,
    readonly text: Text,
    private readonly actions: { changed(): void; duplicate(row: PropertyRow): void },
  ) {
    const columns = element('div', { class: `devicelink-columns ${layout.className}` });
    const duplicateButton = iconButton('fa-clone', text('properties.duplicate'), () => actions.duplicate(this));
    this.toggle = iconButton('fa-ellipsis-h', text('properties.details'), () => this.unfold(!this.isUnfolded));
    this.toggle.setAttribute('aria-expanded', 'false');
    columns.append(
      textInput({ path: 'name', label: text('properties.name'), placeholder: text('properties.name') }),
      ...layout.columns(this),
      element('span', { class: 'devicelink-row-buttons' }, this.toggle, duplicateButton),
    );
    container.classList.add('devicelink-property');
    container.append(columns, this.note);
    bindFields(columns, property, () => this.changed());
    layout.refresh(this);
  }

  /** To be called after the property was changed by other means than a bound input. */
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

  /** Shows a field again after the property was changed by other means. */
  show(path: string): void {
    for (const field of fieldsOf(this.container)) {
      if (field.dataset['path'] === path) showField(field, this.property);
    }
  }

  focus(): void {
    this.input('name')?.focus();
  }

  /** Problems of fields that are folded away are told in words below the line. */
  showProblems(problems: readonly Problem[], scope: string): void {
    const own = problems.filter(({ field }) => field === scope || field.startsWith(`${scope}.`));
    const rest = showProblems(fieldsOf(this.container), own, scope);
    const lines = rest.map(({ field, message }) => `${field.slice(scope.length + 1)}: ${message}`);
    const text = lines.join('; ');
    if (this.note.textContent !== text) this.note.textContent = text;
    this.container.classList.toggle('devicelink-property-wrong', own.length > 0);
  }

  private get isUnfolded(): boolean {
    return this.details !== undefined && !this.details.hidden;
  }

  /** The details are made when they are first looked at: a table may have hundreds of properties. */
  private unfold(open: boolean): void {
    if (open && this.details === undefined) {
      const details = this.createDetails();
      this.details = details;
      this.container.append(details);
      bindFields(details, this.property, () => this.changed());
      this.toggle.setAttribute('aria-controls', details.id);
    }
    if (this.details !== undefined) this.details.hidden = !open;
    this.toggle.setAttribute('aria-expanded', String(open));
    this.changed();
  }

  private createDetails(): HTMLElement {
    const { text } = this;
    const field = (path: string, key: string, options: { kind?: 'number' | 'any'; placeholder?: string } = {}) =>
      labelled(text(key), textInput({ path, label: text(key), optional: true, ...options }));
    const accessMode = selectInput({ path: 'accessMode', label: text('properties.accessMode'), optional: true }, [
      ['', text('properties.accessDefault')],
      ...ACCESS_MODES.map((mode) => [mode, text(`access.${mode}`)] as const),
    ]);
    const hasAccessColumn = this.input('accessMode') !== undefined;
    return element(
      'div',
      { class: 'devicelink-details', id: newId() },
      ...(hasAccessColumn ? [] : [labelled(text('properties.accessMode'), accessMode)]),
      ...this.layout.details(this),
      field('unit', 'properties.unit'),
      field('deadband', 'properties.deadband', { kind: 'number', placeholder: '0' }),
      field('value', 'properties.value', { kind: 'any' }),
      createOperationsField(this.property as { orderOfOperations?: Operation[] }, text, () => this.changed()),
      element('div', { class: 'devicelink-wide' }, field('description', 'properties.description')),
    );
  }
}
