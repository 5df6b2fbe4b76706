import { FieldReader, show } from '../../base/fields/fields';
import type { Checked, Problem } from '../../base/fields/problems';
import type { Migration } from '../../base/fields/migrations';
import { PROPERTY_NAMES, ROWS } from './migrations';
import { rowMistake } from './rows';
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
 * generations of the specification are accepted (PROPERTY_NAMES), and `readOnly`.
 */
export function readCommonProperty(reader: FieldReader, rules: PropertyRules): Property {
  reader.respell(PROPERTY_NAMES);
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
    if (typeof item.value === 'string') {
      const message = `must be an object, or the JSON text of one, got ${show(item.value)}: ${rowMistake(item.value)}`;
      reader.problems.push({ field: item.field, message });
      continue;
    }
    const parsed = reader.take(parseOne(item.value, item.field), undefined);
    if (parsed !== undefined) properties.push(parsed);
    const duplicate = duplicateName(item, places);
    if (duplicate !== undefined) reader.problems.push(duplicate);
  }
  return reader.check(properties);
}

/** What of a device's flow properties others read than its kind: the node, its MQTT part, whoever shows it. */
const READ_ELSEWHERE = ['name', 'namespace', 'uid', 'mqtt', 'message', 'publish', 'output'] as const;

/**
 * To be called first: brings the flow properties of a device to their present form by the migrations of its kind, and reads
 * `parameters.syncInterval` (default 15 s) and `parameters.timeout` (default 10 s), both at least 1 ms.
 */
export function readCommonConfig(
  reader: FieldReader,
  migrations: readonly Migration[] = [],
): { readonly syncIntervalMs: number; readonly timeoutMs: number } {
  reader.upgrade([ROWS, ...migrations]);
  reader.knows(...READ_ELSEWHERE);
  const parameters = reader.object('parameters');
  return {
    syncIntervalMs: parameters.duration('syncInterval', '15s', 1),
    timeoutMs: parameters.duration('timeout', '10s', 1),
  };
}

function readType(reader: FieldReader, { types, typeRequired }: PropertyRules): ValueType | undefined {
  const given = reader.given('type');
  if (given === undefined) {
    if (typeRequired) reader.fail('type', `is required: one of ${types.join(', ')}`);
    return undefined;
  }
  if (!isValueType(given)) {
    reader.fail('type', `must be one of ${types.join(', ')}, got ${show(given)}`);
    return undefined;
  }
  if (types.includes(given)) return given;
  reader.fail('type', `${given} is not supported here, only ${types.join(', ')}`);
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
  const operations = reader.take(checked, []);
  if (operations.length === 0 || type === undefined || isNumericType(type)) return operations;
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
