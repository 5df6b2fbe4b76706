import type { Endianness } from '../../../base/values/codec';
import { FieldReader } from '../../../base/fields/fields';
import type { Checked } from '../../../base/fields/problems';
import { isWritable, type Property } from '../../../device/property';
import { readCommonProperty } from '../../../device/config/property-config';
import type { ValueType } from '../../../base/values/index';
import { MODBUS_PROPERTY_NAMES } from './migrations';
import { ADDRESS_COUNT, REGISTER_KINDS, REGISTERS, type RegisterKind } from '../pdu/registers';

/** Where a property is in the device's four tables. */
export interface ModbusVisitor {
  readonly register: RegisterKind;
  /** Zero-based address as sent on the wire, 0-65535. */
  readonly offset: number;
  /** Registers (16 bit) or bits. */
  readonly quantity: number;
  readonly endianness: Endianness;
  /** Which bit of the register a boolean is, 0 (least significant) to 15. Only for booleans in registers. */
  readonly bit?: number;
}

export interface ModbusProperty extends Property {
  readonly type: ValueType;
  readonly visitor: ModbusVisitor;
}

export const ENDIANNESS: readonly Endianness[] = ['BigEndian', 'BigEndianSwap', 'LittleEndian', 'LittleEndianSwap'];

/** Registers each type takes in input and holding registers; `undefined`: as many as wished. */
const REGISTER_TYPES: ReadonlyMap<ValueType, number | undefined> = new Map<ValueType, number | undefined>([
  ['int8', 1],
  ['uint8', 1],
  ['int16', 1],
  ['uint16', 1],
  ['boolean', 1],
  ['int', 2],
  ['int32', 2],
  ['uint', 2],
  ['uint32', 2],
  ['float', 2],
  ['float32', 2],
  ['int64', 4],
  ['uint64', 4],
  ['double', 4],
  ['float64', 4],
  ['string', undefined],
  ['hexString', undefined],
  ['binaryString', undefined],
  ['base64String', undefined],
]);

/** A boolean is one coil; a `hexString` is several, the first byte holding the lowest addresses, least significant bit first. */
const BIT_TYPES: ReadonlyMap<ValueType, number | undefined> = new Map<ValueType, number | undefined>([
  ['boolean', 1],
  ['hexString', undefined],
]);

const typesOf = (register: RegisterKind): ReadonlyMap<ValueType, number | undefined> =>
  REGISTERS[register].bits ? BIT_TYPES : REGISTER_TYPES;

/** The types a table can hold, for the dialog. */
export const acceptedTypes = (register: RegisterKind): readonly ValueType[] => [...typesOf(register).keys()];

/** The quantity a type needs in a table; undefined where any will do or the type does not fit. */
export const quantityOf = (register: RegisterKind, type: ValueType): number | undefined => typesOf(register).get(type);

/**
 * Checks one row of the property table. Pure: also runs in the editor.
 *
 * `accessMode` defaults to `ReadOnly` in tables that cannot be written. `visitor.quantity` defaults to what the type needs, `visitor.endianness` to `BigEndian`.
 */
export function parseModbusProperty(raw: unknown, field: string): Checked<ModbusProperty> {
  const reader = new FieldReader(raw, field);
  reader.respell(MODBUS_PROPERTY_NAMES);
  const visitor = reader.object('visitor');
  if (visitor.given('register') === undefined) visitor.fail('register', `is required: ${REGISTER_KINDS.join(', ')}`);
  const register = visitor.oneOf('register', REGISTER_KINDS, 'HoldingRegister');
  const common = readCommonProperty(reader, {
    types: acceptedTypes(register),
    typeRequired: true,
    defaultAccessMode: REGISTERS[register].writable ? 'ReadWrite' : 'ReadOnly',
  });
  const type = common.type ?? 'uint16';
  checkAccess(reader, common, register);
  const quantity = readQuantity(visitor, register, type, isWritable(common));
  const offset = visitor.integer('offset', 0, 0, ADDRESS_COUNT - 1);
  if (offset + quantity > ADDRESS_COUNT) {
    visitor.fail('offset', `plus quantity must not exceed ${ADDRESS_COUNT}, got ${offset} + ${quantity}`);
  }
  const endianness = visitor.oneOf('endianness', ENDIANNESS, 'BigEndian');
  const bit = readBit(visitor, register, type);
  return reader.check({
    ...common,
    type,
    visitor: { register, offset, quantity, endianness, ...(bit === undefined ? {} : { bit }) },
  });
}

function checkAccess(reader: FieldReader, property: Property, register: RegisterKind): void {
  if (property.accessMode === 'NotifyOnly') {
    reader.fail('accessMode', 'must not be NotifyOnly: a Modbus device never sends by itself');
  } else if (isWritable(property) && !REGISTERS[register].writable) {
    reader.fail('accessMode', `must be ReadOnly or ReadOnce: ${register} cannot be written`);
  }
}

function readQuantity(visitor: FieldReader, register: RegisterKind, type: ValueType, written: boolean): number {
  const facts = REGISTERS[register];
  const unit = facts.bits ? 'bits' : 'registers';
  const needed = quantityOf(register, type);
  const quantity = visitor.integer('quantity', needed ?? 1, 1, ADDRESS_COUNT);
  const limit = written && facts.writable ? facts.maxWrite : facts.maxRead;
  if (needed !== undefined && quantity !== needed) {
    visitor.fail('quantity', `must be ${needed} for type ${type} in ${register}, got ${quantity}`);
  } else if (quantity > limit) {
    visitor.fail('quantity', `must be at most ${limit} ${unit} in one ${written ? 'write' : 'read'}, got ${quantity}`);
  } else {
    return quantity;
  }
  return needed ?? 1;
}

function readBit(visitor: FieldReader, register: RegisterKind, type: ValueType): number | undefined {
  const bit = visitor.integer('bit', 0, 0, 15);
  if (type === 'boolean' && !REGISTERS[register].bits) return bit;
  if (bit !== 0) visitor.fail('bit', 'is only for type boolean in HoldingRegister and InputRegister');
  return undefined;
}
