import type { Problem } from '../../base/fields/problems';
import type { Dialog, Draft } from '../dialog/dialog';
import { createTable, type EditableTable } from './editable-table';
import { freeName } from '../form/free-name';
import { respelled } from '../form/present-form';
import { createPastePanel } from '../paste/paste-panel';
import { propertyLayout, type RowLayout } from './property-row';
import { toInput } from '../form/text-value';

/**
 * The table of a device's properties, which can also be filled from a list that somebody has. `check`: what the rules of the device say about
 * these properties (`properties[2].name`).
 */
export function createPropertyTable(
  dialog: Dialog,
  layout: RowLayout,
  check: (properties: readonly Draft[]) => readonly Problem[],
): EditableTable | undefined {
  const place = dialog.form.querySelector<HTMLElement>('.devicelink-properties');
  if (place === null) return undefined;
  const { text } = dialog;
  const table = createTable(dialog, {
    place,
    name: 'properties',
    layout: propertyLayout(layout),
    title: text('properties.title'),
    addLabel: text('properties.add'),
    copy: (copy, properties) => {
      const taken = properties.map(({ name }) => name);
      copy['name'] = freeName(toInput(copy['name']), taken);
    },
  });
  const present = (properties: readonly Draft[]): Draft[] =>
    respelled('properties', properties, dialog.kept).map((property) => ({ ...property }));
  const complete = (properties: readonly Draft[]): Draft[] => {
    const made = present(properties);
    for (const property of made) layout.complete?.(property);
    return made;
  };
  place.after(createPastePanel(text, layout.paste, table, { complete, check }));
  return table;
}
