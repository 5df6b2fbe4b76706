import type { OrderReading } from '../../../../src/drivers/modbus/survey/byte-order';
import type { AddressRange } from '../../../../src/drivers/modbus/pdu/registers';
import type { Dialog, Draft } from '../../../../src/editor/dialog/dialog';
import { element, textButton } from '../../../../src/editor/form/elements';
import type { EditableTable } from '../../../../src/editor/table/editable-table';
import { askingButton, noteLine, placeOf, plainInput, plainSelect } from './parts';
import type { ModbusRequests } from './requests';

/** What registers mean in each byte order, side by side; one of them can be taken into the table. Answers what shows a range. */
export function createByteOrder(
  dialog: Dialog,
  table: EditableTable,
  requests: ModbusRequests,
): (range: AddressRange) => void {
  const place = placeOf(dialog, 'guess');
  if (place === undefined) return () => undefined;
  const { text } = dialog;
  const kind = plainSelect(text('modbus.register'), 'register', [
    ['HoldingRegister', text('modbus.HoldingRegister')],
    ['InputRegister', text('modbus.InputRegister')],
  ]);
  const offset = plainInput(text('modbus.offset'), '0', 'offset');
  const quantity = plainInput(text('modbus.quantity'), '4', 'quantity');
  const width = plainSelect(text('finder.width'), 'width', [
    ['2', '2'],
    ['1', '1'],
    ['4', '4'],
  ]);
  const note = noteLine();
  const result = element('div', { class: 'devicelink-preview-table', 'data-readings': '' });
  const read = askingButton(text('finder.read'), note, async () => {
    const payload = {
      register: kind.select.value,
      offset: offset.input.value,
      quantity: quantity.input.value,
      width: width.select.value,
    };
    const { readings } = await requests.guess(payload);
    note.textContent = text('finder.likely');
    result.replaceChildren(tableOf(readings));
  });
  place.append(
    element('div', { class: 'devicelink-details' }, kind.field, offset.field, quantity.field, width.field),
    element('div', { class: 'devicelink-buttons' }, read),
    note,
    result,
  );

  function tableOf(readings: readonly OrderReading[]): HTMLElement {
    const rows = readings.map((reading) => {
      const { type, endianness, values, likely } = reading;
      const cells = [type, text(`modbus.${endianness}`), ...values.map(String)].map((cell) => element('td', {}, cell));
      const take = textButton(text('finder.take'), () => takeOver(reading));
      return element(
        'tr',
        likely ? { class: 'devicelink-chosen', 'data-likely': '' } : {},
        ...cells,
        element('td', {}, take),
      );
    });
    return element('table', { class: 'devicelink-readings' }, element('tbody', {}, ...rows));
  }

  /** A row for each value. */
  function takeOver({ type, endianness, values }: OrderReading): void {
    const size = Number(width.select.value);
    const begin = Number(offset.input.value);
    const taken = new Set(table.items().map(({ name }) => name));
    const properties = values.map((_, at): Draft => {
      const where = begin + at * size;
      const plain = `register-${where}`;
      const name = taken.has(plain) ? `${plain}-${type}` : plain;
      return { name, type, visitor: { register: kind.select.value, offset: where, quantity: size, endianness } };
    });
    table.append(...properties);
  }

  return (range) => {
    kind.select.value = range.register;
    offset.input.value = String(range.offset);
    const size = Number(width.select.value);
    quantity.input.value = String(Math.max(size, Math.floor(Math.min(range.quantity, 16) / size) * size));
    const details = place.closest('details');
    if (details !== null) details.open = true;
    read.click();
    read.scrollIntoView({ block: 'nearest' });
  };
}
