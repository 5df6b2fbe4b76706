import { decimalOf } from '../../../base/lists/decimals';
import type { RegisterKind } from '../pdu/registers';
import { readAddress, type ListedAddress } from './addresses';
import { kindOf, type KindWord } from './kind-words';
import type { Fail, PointCells, Reading } from './reading';

/** Where the value of a line is. */
export interface Place {
  readonly kind: KindWord;
  /** Zero-based, or the name of an environment variable (`${OFFSET}`). */
  readonly offset: number | string;
  /** Which bit of a register, where the address says it. */
  readonly bit?: number | undefined;
  /** Registers, where the cell is a range. */
  readonly length?: number;
}

/** `40001-40002`: the first, and how many. */
const RANGE = /^([^\s…]+?)\s*(?:-|\u2013|\u2026|\.\.+|\bbis\b|\bto\b)\s*(\S+)$/;

/** Undefined, and told, where it cannot be said. */
export function placeOf(cells: PointCells, how: Reading, fail: Fail): Place | undefined {
  const kind = cells.register === undefined ? undefined : kindOf(cells.register, how.digits);
  if (cells.register !== undefined && (kind === undefined || how.digits === undefined)) {
    const expected =
      kind === undefined
        ? 'is no kind of register, such as holding, input, coil, 4x'
        : 'can be read in two ways, see above';
    fail('register', `"${cells.register}" ${expected}`);
    return undefined;
  }
  const text = addressText(cells);
  if (text === undefined) {
    fail('address', 'is missing');
    return undefined;
  }
  if (isVariable(text)) return { kind: kind ?? { register: how.register }, offset: text };
  const [, first = text, last] = RANGE.exec(text) ?? [];
  const read = readAddress(first, how.coilsBeforeX);
  const end = last === undefined ? read : readAddress(last, how.coilsBeforeX);
  if (!read.ok || !end.ok) {
    fail('address', read.ok ? (end.ok ? '' : end.message) : read.message);
    return undefined;
  }
  if (read.value.form === 'five' && how.five === undefined) {
    fail('address', `"${text}" can be read in two ways, see above`);
    return undefined;
  }
  const { offset, register } = meant(read.value, first, how);
  if (kind !== undefined && register !== undefined && kind.register !== register) {
    fail('address', `"${text}" is in another table than "${cells.register ?? ''}"`);
    return undefined;
  }
  const length = end.value.address - read.value.address + 1;
  return {
    kind: kind ?? { register: register ?? how.register },
    offset: offset + addedTo(cells, how, fail),
    bit: read.value.bit,
    ...(last === undefined || length < 1 ? {} : { length }),
  };
}

/** What only the runtime knows. */
export const isVariable = (text: string | undefined): boolean => text?.includes('${') === true;

function addressText({ address, addressHex }: PointCells): string | undefined {
  if (address !== undefined) return address.trim();
  return addressHex === undefined ? undefined : `0x${addressHex.trim().replaceAll(/^0x|h$/gi, '')}`;
}

/** Five digits are the same reference with a zero behind the table. */
function meant(read: ListedAddress, text: string, how: Reading): { offset: number; register?: RegisterKind } {
  if (read.form === 'reference') return { offset: read.address, ...(read.register && { register: read.register }) };
  if (read.form === 'number' || how.five === 'number') return { offset: read.address - how.countFrom };
  const reference = readAddress(`${text[0] ?? ''}0${text.slice(1)}`);
  return reference.ok ? meant(reference.value, text, how) : { offset: read.address };
}

/** A column of offsets that are part of the address. */
function addedTo(cells: PointCells, how: Reading, fail: Fail): number {
  if (cells.offset === undefined || how.offset !== 'address') return 0;
  return wholeNumber(cells.offset, 'offset', fail) ?? 0;
}

/** How many registers the value takes; `ofRange`: as many as its addresses are. */
export function registersOf(
  cells: PointCells,
  how: Reading,
  ofRange: number | undefined,
  fail: Fail,
): number | undefined {
  const ofLength = { registers: 1, bytes: 2, bits: 16 }[how.lengthUnit];
  const sizes = [
    [cells.length, ofLength],
    [cells.lengthBytes, 2],
    [cells.lengthBits, 16],
  ] as const;
  for (const [text, size] of sizes) {
    const number = text === undefined || isVariable(text) ? undefined : wholeNumber(text, 'length', fail);
    if (number !== undefined) return Math.max(1, Math.ceil(number / size));
  }
  return ofRange;
}

/** Decimal or hexadecimal; undefined, and told, for what is none. */
export function wholeNumber(text: string, field: string, fail: Fail): number | undefined {
  const number = /^\s*0x/i.test(text) ? Number(text) : Number(decimalOf(text) ?? NaN);
  if (Number.isInteger(number)) return number;
  fail(field, `"${text}" is no whole number`);
  return undefined;
}
