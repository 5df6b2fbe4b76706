import { ACCESS_MODES } from '../../device/config/property-config';
import type { Text } from '../form/edited-node';
import { element, labelled, selectInput, textInput } from '../form/elements';
import { createOperationsField } from './operations-field';
import type { TableLayout, TableRow } from './table-row';

/** What one kind of device adds to the table of properties: columns after the name, and details before those all have. */
export type RowLayout = TableLayout;

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
});

function accessField(text: Text): HTMLElement {
  const accessMode = selectInput({ path: 'accessMode', label: text('properties.accessMode'), optional: true }, [
    ['', text('properties.accessDefault')],
    ...ACCESS_MODES.map((mode) => [mode, text(`access.${mode}`)] as const),
  ]);
  return labelled(text('properties.accessMode'), accessMode);
}

function commonDetails(row: TableRow): HTMLElement[] {
  const { text } = row;
  const field = (path: string, key: string, options: { kind?: 'number' | 'any'; placeholder?: string } = {}) =>
    labelled(text(key), textInput({ path, label: text(key), optional: true, ...options }));
  return [
    field('unit', 'properties.unit'),
    field('deadband', 'properties.deadband', { kind: 'number', placeholder: '0' }),
    field('value', 'properties.value', { kind: 'any' }),
    createOperationsField(row.item, text, () => row.changed()),
    element('div', { class: 'devicelink-wide' }, field('description', 'properties.description')),
  ];
}
