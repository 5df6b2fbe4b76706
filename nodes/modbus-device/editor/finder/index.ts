import type { Dialog } from '../../../../src/editor/dialog/dialog';
import type { EditableTable } from '../../../../src/editor/table/editable-table';
import { createByteOrder } from './byte-order';
import { createGallery } from './gallery';
import { createRequests } from './requests';
import { createScan } from './scan';
import { createSunSpec } from './sunspec';

/** The folded parts above the table that find properties: templates, the device's own models, its registers and what they mean. */
export function createFinder(dialog: Dialog, table: EditableTable): void {
  const requests = createRequests(dialog);
  createGallery(dialog, table);
  createSunSpec(dialog, table, requests);
  createScan(dialog, requests, createByteOrder(dialog, table, requests));
}
