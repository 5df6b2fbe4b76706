import { decimalOf } from '../../../base/lists/decimals';
import type { ValueType } from '../../../base/values/type-names';
import { ENDIANNESS, quantityOf } from '../config/property';
import { REGISTERS } from '../pdu/registers';
import { operationsOf } from './arithmetic';
import type { KindWord } from './kind-words';
import { isVariable, placeOf, registersOf, wholeNumber, type Place } from './place';
import type { Fail, PointCells, Reading } from './reading';
import { specialValues } from './special-values';
import { endiannessOf, orderOf, typeOf, type TypeWord, type WordOrder } from './type-words';

export interface MadePoint {
  readonly property?: Record<string, unknown>;
  readonly problems: readonly string[];
}

/**
 * The property that the cells of a line describe. What the property itself may not be is checked elsewhere, by the rules of the device.
 * Pure: also runs in the editor.
 */
export function makePoint(cells: PointCells, how: Reading): MadePoint {
  const problems: string[] = [];
  const fail: Fail = (field, message) => {
    problems.push(`${field}: ${message}`);
  };
  const place = placeOf(cells, how, fail);
  const registers = registersOf(cells, how, place?.length, fail);
  const word = wordOf(cells, how, place, registers, fail);
  const orderOfOperations = operationsOf(cells, how, fail);
  const accessMode = accessOf(cells, place?.kind, fail);
  const named = ENDIANNESS.find((name) => name === cells.order);
  const order = orderIn(named === undefined ? cells : {}, word, fail);
  const bit = bitOf(cells, place, fail);
  if (place === undefined || word === undefined) return { problems };
  const { register } = place.kind;
  const isBits = REGISTERS[register].bits;
  const length = quantityOf(register, word.type) ?? word.quantity ?? registers;
  const quantity = isVariable(cells.length) ? cells.length : length;
  const property = {
    name: cells.name ?? '',
    type: word.type,
    visitor: {
      register,
      offset: place.offset,
      ...(quantity === undefined ? {} : { quantity }),
      ...(isBits && named === undefined ? {} : { endianness: named ?? endiannessOf(order, word.type, length) }),
      ...(bit === undefined || isBits ? {} : { bit }),
      ...specialValues(cells, word),
    },
    ...(accessMode === undefined ? {} : { accessMode }),
    ...(cells.unit === undefined ? {} : { unit: cells.unit }),
    ...(orderOfOperations.length === 0 ? {} : { orderOfOperations }),
    ...(cells.deadband === undefined ? {} : { deadband: numberOr(cells.deadband, how) }),
    ...(cells.value === undefined ? {} : { value: desired(cells.value) }),
    ...(cells.description === undefined ? {} : { description: cells.description }),
  };
  return { property, problems };
}

function bitOf({ bit }: PointCells, place: Place | undefined, fail: Fail): number | string | undefined {
  if (bit === undefined) return place?.bit;
  return isVariable(bit) ? bit : wholeNumber(bit, 'bit', fail);
}

function wordOf(
  cells: PointCells,
  how: Reading,
  place: Place | undefined,
  registers: number | undefined,
  fail: Fail,
): TypeWord | undefined {
  const isBits = place !== undefined && REGISTERS[place.kind.register].bits;
  if (cells.type === undefined) {
    if (isBits || cells.bit !== undefined || place?.bit !== undefined) return { type: 'boolean' };
    fail('type', 'is missing');
    return undefined;
  }
  if (isVariable(cells.type)) return { type: cells.type as ValueType };
  const found = typeOf(cells.type, registers);
  // A coil has one bit, whatever number a program makes of it.
  if (found.ok) return isBits && !/string$/i.test(found.value.type) ? { type: 'boolean' } : found.value;
  if ('message' in found) {
    fail('type', found.message);
    return undefined;
  }
  const chosen = found.ambiguous === 'int' ? sizedBy(cells.type, how) : orderedBy(cells.type, how, registers);
  if (chosen === undefined) fail('type', `"${cells.type}" can be read in two ways, see above`);
  return chosen;
}

function sizedBy(text: string, { int }: Reading): TypeWord | undefined {
  const base = /^u/i.test(text.trim()) ? 'uint' : 'int';
  return int === undefined ? undefined : { type: `${base}${int}` as ValueType };
}

/** The type without its `sb`, with the order that was chosen for that. */
function orderedBy(text: string, { sb }: Reading, registers: number | undefined): TypeWord | undefined {
  const base = typeOf(text.trim().slice(0, -2), registers);
  return sb === undefined || !base.ok ? undefined : { ...base.value, order: { bytes: true, words: sb === 'DCBA' } };
}

function orderIn(cells: PointCells, word: TypeWord | undefined, fail: Fail): WordOrder {
  const plain = { bytes: false, words: false };
  if (cells.order === undefined) return word?.order ?? plain;
  const order = orderOf(cells.order);
  if (order === undefined) fail('byte order', `"${cells.order}" is none, such as ABCD, CDAB, big endian, word swap`);
  return order ?? plain;
}

const ACCESS: readonly (readonly [pattern: RegExp, mode: string])[] = [
  [/^(readwrite|rw|wr|lesenschreiben|lesenundschreiben|ls)$/, 'ReadWrite'],
  [/^(readonly|read|ro|r|lesen|nurlesen|l)$/, 'ReadOnly'],
  [/^(writeonly|write|wo|w|schreiben|nurschreiben|s)$/, 'WriteOnly'],
  [/^readonce$/, 'ReadOnce'],
  [/^notifyonly$/, 'NotifyOnly'],
];

function accessOf(cells: PointCells, kind: KindWord | undefined, fail: Fail): string | undefined {
  if (cells.access !== undefined) {
    const word = cells.access.toLowerCase().replaceAll(/[\s_\-/&+,]/g, '');
    const found = ACCESS.find(([pattern]) => pattern.test(word))?.[1];
    if (found === undefined) fail('access', `"${cells.access}" is none, such as R, RW, W, read only`);
    return found;
  }
  if (cells.readOnly !== undefined && /^(1|true|yes|ja|x|wahr)$/i.test(cells.readOnly)) return 'ReadOnly';
  if (kind?.written === undefined) return undefined;
  return kind.written === 'also' ? 'ReadWrite' : 'WriteOnly';
}

function numberOr(text: string, { mark }: Reading): number | string {
  const number = decimalOf(text, mark);
  return number === undefined ? text : Number(number);
}

/** A text may stand as JSON, which keeps the blanks around it. */
function desired(text: string): unknown {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
