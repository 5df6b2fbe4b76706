import type { FoundModel } from '../../../../src/drivers/modbus/sunspec/properties';
import type { Dialog } from '../../../../src/editor/dialog/dialog';
import { element, newId, textButton } from '../../../../src/editor/form/elements';
import type { EditableTable } from '../../../../src/editor/table/editable-table';
import { askingButton, noteLine, placeOf } from './parts';
import type { ModbusRequests } from './requests';

/** The models of a SunSpec device, of which the ticked ones become rows. */
export function createSunSpec(dialog: Dialog, table: EditableTable, requests: ModbusRequests): void {
  const place = placeOf(dialog, 'sunspec');
  if (place === undefined) return;
  const { text } = dialog;
  const note = noteLine();
  const list = element('div', { 'data-models': '' });
  const find = askingButton(text('finder.findModels'), note, async () => {
    list.replaceChildren();
    const { base, models, broken } = await requests.discover();
    const words = text('finder.modelsFound', { count: models.length, base });
    note.textContent = broken === undefined ? words : `${words} ${broken}`;
    showModels(models);
  });
  place.append(element('div', { class: 'devicelink-buttons' }, find), note, list);

  function showModels(models: readonly FoundModel[]): void {
    const boxes = models.map((model) => {
      const box = element('input', { type: 'checkbox', id: newId(), 'data-model': String(model.id) });
      // The nameplate of a device is read once and looked at never.
      box.checked = model.known && model.properties.length > 0;
      const left =
        model.withoutScale.length === 0 ? '' : ` ${text('finder.withoutScale', { count: model.withoutScale.length })}`;
      const words = text('finder.model', { id: model.id, name: model.name, count: model.properties.length }) + left;
      return {
        model,
        box,
        row: element('div', { class: 'devicelink-model' }, box, element('label', { for: box.id }, words)),
      };
    });
    const add = textButton(text('finder.addTicked'), () => {
      const chosen = boxes.filter(({ box }) => box.checked).flatMap(({ model }) => model.properties);
      const present = new Set(table.items().map(({ name }) => name));
      const added = chosen.filter(({ name }) => !present.has(name));
      if (added.length > 0) table.append(...added.map((property) => structuredClone(property)));
      note.textContent = text('finder.added', { count: added.length, present: chosen.length - added.length });
    });
    list.replaceChildren(...boxes.map(({ row }) => row), ...(models.length === 0 ? [] : [add]));
  }
}
