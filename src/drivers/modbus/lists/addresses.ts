import { referenceToOffset } from '../config/reference';
import { ADDRESS_COUNT, type RegisterKind } from '../pdu/registers';

/**
 * The ways in which lists say where a value is. Pure: also runs in the editor.
 *
 * | written | is |
 * |---|---|
 * | `7`, `0x0102`, `0102h`, `16#0102` | a number |
 * | `400001`, `000001` | a reference of six digits: table and one-based number |
 * | `4x0001`, `4:0001`, `3x1` | the same with the table before the x |
 * | `40001` | either a number or a reference of five digits: the list must say |
 * | `%MW10`, `%IW10`, `%QW10` | IEC 61131-3: register 10 from zero; `%MX3`, `%IX3`, `%QX3`: bit |
 * | `40001.3`, `%MW10.3`, `%MW10:X3` | bit 3 of a register |
 */
export interface ListedAddress {
  /** Zero-based for all but `number`. */
  readonly address: number;
  readonly register?: RegisterKind;
  readonly bit?: number;
  /** `number`: as it stands. `five`: as `number`, and may be a reference as well. `reference`: surely one. */
  readonly form: 'number' | 'five' | 'reference';
}

export type AddressResult =
  { readonly ok: true; readonly value: ListedAddress } | { readonly ok: false; readonly message: string };

const IEC: Readonly<Record<string, RegisterKind>> = {
  MW: 'HoldingRegister',
  QW: 'HoldingRegister',
  IW: 'InputRegister',
  M: 'CoilRegister',
  MX: 'CoilRegister',
  Q: 'CoilRegister',
  QX: 'CoilRegister',
  I: 'DiscreteInputRegister',
  IX: 'DiscreteInputRegister',
};

const TABLES: Readonly<Record<string, RegisterKind>> = {
  '0': 'CoilRegister',
  '1': 'DiscreteInputRegister',
  '3': 'InputRegister',
  '4': 'HoldingRegister',
};

const refuse = (message: string): AddressResult => ({ ok: false, message });

/** Whether a cell has the table before an x, which settles what `0x0001` is in the same column. */
export const hasTableBeforeX = (text: string): boolean => /^[134]x\d/i.test(text.trim());

/** What a cell says; `coilsBeforeX`: `0x0001` is the first coil and not the number 1. */
export function readAddress(text: string, coilsBeforeX = false): AddressResult {
  const trimmed = text.trim();
  const [, place = trimmed, bitText] = /^(.*\d[hH]?)(?:\.|:?[xX](?=\d+$)(?<!^\dx))(\d{1,2})$/.exec(trimmed) ?? [];
  const isTable = /^[0134]x\d+$/i.test(trimmed);
  const where = isTable ? trimmed : place;
  const bit = isTable || bitText === undefined ? undefined : Number(bitText);
  if (bit !== undefined && bit > 15) return refuse(`has bit ${bit}, but a register has bits 0 to 15`);
  const found = placeOf(where, coilsBeforeX);
  return found.ok && bit !== undefined ? { ok: true, value: { ...found.value, bit } } : found;
}

function placeOf(text: string, coilsBeforeX: boolean): AddressResult {
  const [, iec, iecNumber] = /^%([A-Z]+)(\d+)$/i.exec(text) ?? [];
  if (iec !== undefined) {
    const register = IEC[iec.toUpperCase()];
    if (register === undefined)
      return refuse(`%${iec} has no fixed place in the tables of Modbus, only %MW, %IW, %QW, %MX, %IX, %QX`);
    return inRange({ address: Number(iecNumber), register, form: 'reference' }, text);
  }
  const [, table = '', number] = /^([0134])[x:](\d+)$/i.exec(text) ?? [];
  if (number !== undefined && (table !== '0' || coilsBeforeX || text[1] === ':')) {
    const register = TABLES[table];
    if (Number(number) === 0) return refuse(`"${text}" begins with 0, but references count from 1`);
    if (register !== undefined) return inRange({ address: Number(number) - 1, register, form: 'reference' }, text);
  }
  const [, hex, suffixed] = /^(?:0x|&h|\$|16#)([\da-f]+)$|^([\da-f]+)h$/i.exec(text) ?? [];
  const digits = hex ?? suffixed;
  if (digits !== undefined) return inRange({ address: parseInt(digits, 16), form: 'number' }, text);
  if (!/^\d+$/.test(text)) return refuse(`"${text}" is no address, such as 7, 40001, 4x0001, 0x0102 or %MW10`);
  const reference = referenceToOffset(text);
  const isSure = reference.ok && (text.length === 6 || text.startsWith('0'));
  if (reference.ok && isSure) {
    const { register, offset } = reference.value;
    return { ok: true, value: { address: offset, register, form: 'reference' } };
  }
  return inRange({ address: Number(text), form: reference.ok ? 'five' : 'number' }, text);
}

function inRange(value: ListedAddress, text: string): AddressResult {
  // A number may count from 1, so that the last one is 65536.
  const largest = value.form === 'reference' ? ADDRESS_COUNT - 1 : ADDRESS_COUNT;
  if (value.address <= largest) return { ok: true, value };
  return refuse(`"${text}" is beyond the last address, ${largest}`);
}
