import { FieldReader, show } from '../../base/fields';
import type { Checked, Problem } from '../../base/problems';
import { checkOperations } from './operations';
import { type AccessMode, isWritable, type Operation, type Property } from '../property';
import { operatedNumber, toDeviceValue } from './property-value';
import { isNumericType, isValueType, type ValueType } from '../../base/values/type-names';

/**
 * The part of a device's configuration that all drivers share: the fields of a property, the list of properties and the
 * timing parameters. Pure: also runs in the editor.
 */

export const ACCESS_MODES = ['ReadWrite', 'ReadOnly', 'WriteOnly', 'ReadOnce', 'NotifyOnly'] as const;

export interface PropertyRules {
  /** What the driver supports here; any other type is refused by name. */
  readonly types: readonly ValueType[];
  /** False where the driver can learn the type from the device. */
  readonly typeRequired: boolean;
  readonly defaultAccessMode: AccessMode;
}

/**
 * The common fields of one property. Problems go to the reader; the answer is usable in any case. Names of older
 * generations of the specification are accepted: `dataType`, `readOnly`, `operationType` and `operationValue`.
 */
export function readCommonProperty(reader: FieldReader, rules: PropertyRules): Property {
  const name = reader.requiredString('name', 'a name that is unique in this device');
  const description = reader.string('description');
  const unit = reader.string('unit');
  const type = readType(reader, rules);
  const accessMode = readAccessMode(reader, rules.defaultAccessMode);
  const orderOfOperations = readOperations(reader, type, accessMode);
  const deadband = readDeadband(reader, type);
  const property: Property = {
    name,
    ...(description === '' ? {} : { description }),
    ...(unit === '' ? {} : { unit }),
    ...(type === undefined ? {} : { type }),
    accessMode,
    ...(orderOfOperations.length === 0 ? {} : { orderOfOperations }),
    ...(deadband === undefined ? {} : { deadband }),
  };
  const value = readDesiredValue(reader, property);
  return value === undefined ? property : { ...property, value };
}

/** All properties of a list; every problem of every item, and each name that appears twice, with both places. */
export function readProperties<P extends Property>(
  raw: unknown,
  parseOne: (item: unknown, field: string) => Checked<P>,
  field = 'properties',
): Checked<readonly P[]> {
  const reader = new FieldReader({ [field]: raw });
  const properties: P[] = [];
  const places = new Map<string, string>();
  for (const item of reader.list(field)) {
    const parsed = parseOne(item.value, item.field);
    if (parsed.ok) properties.push(parsed.value);
    else reader.problems.push(...parsed.problems);
    const duplicate = duplicateName(item, places);
    if (duplicate !== undefined) reader.problems.push(duplicate);
  }
  return reader.check(properties);
}

/** `parameters.syncInterval` (default 15 s) and `parameters.timeout` (default 10 s), both at least 1 ms. */
export function readCommonConfig(reader: FieldReader): { readonly syncIntervalMs: number; readonly timeoutMs: number } {
  const parameters = reader.object('parameters');
  return {
    syncIntervalMs: parameters.duration('syncInterval', '15s', 1),
    timeoutMs: parameters.duration('timeout', '10s', 1),
  };
}

function readType(reader: FieldReader, { types, typeRequired }: PropertyRules): ValueType | undefined {
  const field = reader.given('type') === undefined && reader.given('dataType') !== undefined ? 'dataType' : 'type';
  const given = reader.given(field);
  if (given === undefined) {
    if (typeRequired) reader.fail('type', `is required: one of ${types.join(', ')}`);
    return undefined;
  }
  if (!isValueType(given)) {
    reader.fail(field, `must be one of ${types.join(', ')}, got ${show(given)}`);
    return undefined;
  }
  if (types.includes(given)) return given;
  reader.fail(field, `${given} is not supported here, only ${types.join(', ')}`);
  return undefined;
}

function readAccessMode(reader: FieldReader, fallback: AccessMode): AccessMode {
  const readOnly = reader.boolean('readOnly', false);
  const accessMode = reader.oneOf('accessMode', ACCESS_MODES, readOnly ? 'ReadOnly' : fallback);
  if (readOnly && (accessMode === 'ReadWrite' || accessMode === 'WriteOnly')) {
    reader.fail('readOnly', `must not be true with accessMode ${accessMode}`);
  }
  return accessMode;
}

function readOperations(reader: FieldReader, type: ValueType | undefined, accessMode: AccessMode): Operation[] {
  const writable = isWritable({ name: '', accessMode });
  const checked = checkOperations(reader.given('orderOfOperations'), reader.pathOf('orderOfOperations'), { writable });
  if (!checked.ok) {
    reader.problems.push(...checked.problems);
    return [];
  }
  if (checked.value.length === 0 || type === undefined || isNumericType(type)) return checked.value;
  reader.fail('orderOfOperations', `is for numeric types only, not for ${type}`);
  return [];
}

function readDeadband(reader: FieldReader, type: ValueType | undefined): number | undefined {
  if (reader.given('deadband') === undefined) return undefined;
  const deadband = reader.number('deadband', 0);
  if (deadband < 0) reader.fail('deadband', `must be 0 or more, got ${deadband}`);
  else if (type !== undefined && !isNumericType(type)) {
    reader.fail('deadband', `is for numeric types only, not for ${type}`);
  }
  return deadband;
}

/**
 * The desired value in the unit the user sees. With operations that is a number of its own (21.5 for an int16 read in
 * tenths), whose inverse must fit the type; without, a value of the type.
 */
function readDesiredValue(reader: FieldReader, property: Property): unknown {
  const given = reader.given('value');
  if (given === undefined) return undefined;
  if (!isWritable(property)) {
    reader.fail('value', `must be empty: a desired value needs a writable property, not ${property.accessMode}`);
    return undefined;
  }
  const typed = toDeviceValue(property, given);
  if (!typed.ok) {
    reader.fail('value', typed.message);
    return undefined;
  }
  return property.orderOfOperations === undefined ? typed.value : operatedNumber(property.type, given);
}

function duplicateName(
  item: { readonly value: unknown; readonly field: string },
  places: Map<string, string>,
): Problem | undefined {
  const name = new FieldReader(typeof item.value === 'object' ? item.value : {}).given('name');
  if (typeof name !== 'string' && typeof name !== 'number') return undefined;
  const key = String(name).trim();
  const first = places.get(key);
  if (first === undefined) {
    places.set(key, item.field);
    return undefined;
  }
  return { field: `${item.field}.name`, message: `${show(key)} is already the name of ${first}` };
}
