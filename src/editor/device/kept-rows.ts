import { isFields, type Fields, type Migration } from '../../base/fields/migrations';
import { ROWS } from '../../device/config/migrations';
import { inRows, rowsAsObjects, rowsAsTexts } from '../../device/config/rows';
import type { KeptForm } from '../form/present-form';

/** How a device is kept in a flow: its properties are texts there (src/device/config/rows.ts), and objects in the dialog. */
export const deviceForm = (migrations: readonly Migration[]): KeptForm => ({
  migrations: [ROWS, ...migrations],
  fromFlow: (raw) => rowsAsObjects(raw),
  toFlow: (draft) => rowsAsTexts(inRows(draft, (row) => (isText(row) ? row.text : row))),
});

/**
 * Rows for a table, which has only objects: a text that is no row, such as `${ROW}` or one with a slip in its JSON, becomes one that holds
 * it. Unless somebody makes a property of it, saving writes the text again.
 */
export function showRows(draft: Record<string, unknown>): void {
  Object.assign(
    draft,
    inRows(draft, (row) => (typeof row === 'string' ? { text: row } : row)),
  );
}

const isText = (row: unknown): row is Fields & { readonly text: string } =>
  isFields(row) && typeof row['text'] === 'string' && Object.keys(row).length === 1;
