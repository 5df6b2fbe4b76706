import { MODBUS_MIGRATIONS } from '../../../src/drivers/modbus/config/migrations';
import { acceptedTypes, ENDIANNESS, quantityOf } from '../../../src/drivers/modbus/config/property';
import { offsetToReference, referenceToOffset } from '../../../src/drivers/modbus/config/reference';
import { REGISTER_KINDS, REGISTERS, type RegisterKind } from '../../../src/drivers/modbus/pdu/registers';
import type { ValueType } from '../../../src/base/values/index';
import { parseModbusConfig } from '../../../src/drivers/modbus/config/config';
import type { Draft } from '../../../src/editor/dialog/dialog';
import { createDeviceEditor } from '../../../src/editor/device/device-dialog';
import { element, newId, selectInput, textInput } from '../../../src/editor/form/elements';
import { setAt, valueAt } from '../../../src/editor/form/paths';
import { createPortList, wireTransport } from './transport';
import { createFinder } from './finder';
import { loadLists } from '../../../src/editor/lists/load';
import type { RowLayout } from '../../../src/editor/table/property-row';
import { selectField, textField, typeColumn } from '../../../src/editor/table/row-fields';
import type { TableRow } from '../../../src/editor/table/table-row';

/** The columns and details of a Modbus property. */
export const layout: RowLayout = {
  titles: (text) => [text('properties.type'), text('modbus.register'), text('modbus.offset'), text('modbus.reference')],
  className: 'devicelink-modbus-columns',
  columns(row) {
    const { text } = row;
    const registers = REGISTER_KINDS.map((kind) => [kind, text(`modbus.${kind}`)] as const);
    return [
      typeColumn(text, []),
      selectInput({ path: 'visitor.register', label: text('modbus.register') }, registers),
      textInput({ path: 'visitor.offset', label: text('modbus.offset'), kind: 'number', placeholder: '0' }),
      createReferenceInput(row),
    ];
  },
  details(row) {
    const { text } = row;
    const endianness = ENDIANNESS.map((order) => [order, text(`modbus.${order}`)] as const);
    return [
      textField(text, 'visitor.quantity', 'modbus.quantity', { kind: 'number', placeholder: '1' }),
      selectField(text, 'visitor.endianness', 'modbus.endianness', endianness),
      textField(text, 'visitor.bit', 'modbus.bit', { kind: 'number', placeholder: '0' }),
    ];
  },
  refresh(row) {
    offerTypes(row);
    if (fitQuantity(row.item)) row.show('visitor.quantity');
    showWhatFits(row);
    showReference(row);
  },
  complete: fitQuantity,
  words(item) {
    const register = registerOf(item);
    const offset = valueAt(item, 'visitor.offset');
    return [offset, ...(register !== undefined && isAddress(offset) ? [offsetToReference(register, offset)] : [])];
  },
  blank: () => ({
    name: '',
    type: 'uint16',
    visitor: { register: 'HoldingRegister', offset: 0, quantity: 1, endianness: 'BigEndian' },
  }),
  paste: {
    tools: loadLists,
    example: 'name,type,register,offset,unit\ntemperature,float,HoldingRegister,0,°C',
  },
};

const registerOf = (item: Draft): RegisterKind | undefined =>
  REGISTER_KINDS.find((kind) => kind === valueAt(item, 'visitor.register'));

const isAddress = (offset: unknown): offset is number =>
  typeof offset === 'number' && Number.isInteger(offset) && offset >= 0 && offset < 65_536;

/** Only types that the register kind can hold; the first of them where the present one does not fit. */
function offerTypes(row: TableRow): void {
  const select = row.input('type');
  const register = registerOf(row.item);
  if (!(select instanceof HTMLSelectElement) || register === undefined) return;
  const types = acceptedTypes(register);
  if (select.dataset['offered'] === register) return;
  const mustChange = select.dataset['offered'] !== undefined && !types.includes(row.item['type'] as ValueType);
  if (mustChange) row.item['type'] = types[0] ?? '';
  select.dataset['offered'] = register;
  select.replaceChildren(...types.map((type) => element('option', { value: type }, type)));
  row.show('type');
}

/** The number of registers that the type says by itself. */
function ownQuantity(item: Draft): number | undefined {
  const register = registerOf(item);
  return register === undefined ? undefined : quantityOf(register, item['type'] as ValueType);
}

/** Where the type says how many registers it takes, nobody has to. Answers whether that was not yet so. */
function fitQuantity(item: Draft): boolean {
  const quantity = ownQuantity(item);
  if (quantity === undefined || valueAt(item, 'visitor.quantity') === quantity) return false;
  setAt(item, 'visitor.quantity', quantity);
  return true;
}

function showWhatFits(row: TableRow): void {
  const register = registerOf(row.item);
  const input = row.input('visitor.quantity');
  if (input instanceof HTMLInputElement) input.readOnly = ownQuantity(row.item) !== undefined;
  setVisible(row.input('visitor.endianness'), register !== undefined && !REGISTERS[register].bits);
  const isBit = row.item['type'] === 'boolean' && register !== undefined && !REGISTERS[register].bits;
  setVisible(row.input('visitor.bit'), isBit);
  if (!isBit && row.input('visitor.bit') !== undefined) setAt(row.item, 'visitor.bit', undefined);
}

function setVisible(input: HTMLElement | undefined, visible: boolean): void {
  const field = input?.closest<HTMLElement>('.devicelink-field');
  if (field) field.hidden = !visible;
}

/** The 40001 notation of manuals, beside the zero-based offset; typing in either changes the other. */
function createReferenceInput(row: TableRow): HTMLInputElement {
  const input = element('input', {
    type: 'text',
    id: newId(),
    autocomplete: 'off',
    'data-reference': '',
    'aria-label': row.text('modbus.referenceLong'),
    title: row.text('modbus.referenceLong'),
    placeholder: '40001',
  });
  input.addEventListener('input', () => {
    const parsed = referenceToOffset(input.value);
    input.classList.toggle('input-error', !parsed.ok);
    input.title = parsed.ok ? row.text('modbus.referenceLong') : parsed.message;
    if (!parsed.ok) return;
    setAt(row.item, 'visitor.register', parsed.value.register);
    setAt(row.item, 'visitor.offset', parsed.value.offset);
    row.show('visitor.register');
    row.show('visitor.offset');
    row.changed();
  });
  input.addEventListener('blur', () => {
    input.classList.remove('input-error');
    showReference(row);
  });
  return input;
}

function showReference(row: TableRow): void {
  const input = row.find('[data-reference]');
  if (!(input instanceof HTMLInputElement) || document.activeElement === input) return;
  const register = registerOf(row.item);
  const offset = valueAt(row.item, 'visitor.offset') ?? 0;
  input.value = register !== undefined && isAddress(offset) ? offsetToReference(register, offset) : '';
}

export const modbusDevice = createDeviceEditor({
  type: 'modbus-device',
  parse: parseModbusConfig,
  migrations: MODBUS_MIGRATIONS,
  layout,
  prepare(dialog, table) {
    wireTransport(dialog);
    createPortList(dialog);
    if (table !== undefined) createFinder(dialog, table);
  },
});
