import { element, textInput } from '../form/elements';
import type { PasteOptions } from '../paste/paste';
import { createOperationsField } from './operations-field';
import { accessField, textField } from './row-fields';
import type { TableLayout, TableRow } from './table-row';

/** What one kind of device adds to the table of properties: columns after the name, and details before those all have. */
export interface RowLayout extends TableLayout {
  readonly paste: PasteOptions;
}

/** The table of properties of one kind of device. */
export const propertyLayout = (own: RowLayout): TableLayout => ({
  ...own,
  titles: (text) => [text('properties.name'), ...own.titles(text)],
  columns: (row) => [
    textInput({ path: 'name', label: row.text('properties.name'), placeholder: row.text('properties.name') }),
    ...own.columns(row),
  ],
  details: (row) => [
    ...(row.input('accessMode') === undefined ? [accessField(row.text)] : []),
    ...own.details(row),
    ...commonDetails(row),
  ],
  words: (item) => [item['name'], ...(own.words?.(item) ?? [])],
});

function commonDetails(row: TableRow): HTMLElement[] {
  const { text } = row;
  return [
    textField(text, 'unit', 'properties.unit'),
    textField(text, 'deadband', 'properties.deadband', { kind: 'number', placeholder: '0' }),
    textField(text, 'value', 'properties.value', { kind: 'any' }),
    createOperationsField(row.item, text, () => row.changed()),
    element('div', { class: 'devicelink-wide' }, textField(text, 'description', 'properties.description')),
  ];
}
