import { ACCESS_MODES } from '../../device/config/property-config';
import type { Text } from '../form/edited-node';
import { labelled, selectInput, textInput } from '../form/elements';
import type { InputKind } from '../form/text-value';

/** What the columns and details of a property are made of. `path` is where the value is in the property, `key` that of the label. */

type Choices = readonly (readonly [value: string, text: string])[];

interface FieldOptions {
  readonly kind?: InputKind;
  readonly placeholder?: string;
}

/** A labelled input among the details; left empty, the property has no such member. */
export const textField = (text: Text, path: string, key: string, options: FieldOptions = {}): HTMLElement =>
  labelled(text(key), textInput({ path, label: text(key), optional: true, ...options }));

/** A labelled select among the details; the value '' stands for no such member. */
export const selectField = (text: Text, path: string, key: string, choices: Choices): HTMLElement =>
  labelled(text(key), selectInput({ path, label: text(key), optional: true }, choices));

/** The column of the type; `none` is the text where a property may do without. */
export const typeColumn = (text: Text, types: readonly string[], none?: string): HTMLSelectElement =>
  selectInput({ path: 'type', label: text('properties.type'), ...(none === undefined ? {} : { optional: true }) }, [
    ...(none === undefined ? [] : [['', none] as const]),
    ...types.map((type) => [type, type] as const),
  ]);

/** The access modes, of which the first is that of the type of device. */
const accessModes = (text: Text): Choices => [
  ['', text('properties.accessDefault')],
  ...ACCESS_MODES.map((mode) => [mode, text(`access.${mode}`)] as const),
];

/** The access mode as a column, for devices where it matters most. All others have it among the details. */
export const accessColumn = (text: Text): HTMLSelectElement =>
  selectInput({ path: 'accessMode', label: text('properties.accessMode'), optional: true }, accessModes(text));

export const accessField = (text: Text): HTMLElement =>
  selectField(text, 'accessMode', 'properties.accessMode', accessModes(text));
