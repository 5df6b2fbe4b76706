import { FieldReader, show } from '../../base/fields/fields';
import type { Checked } from '../../base/fields/problems';
import type { Property } from '../../device/property';
import { readCommonProperty } from '../../device/config/property-config';
import { coerce, isValueType, VALUE_TYPES, type ValueType } from '../../base/values/index';
import { DUMMY_PROPERTY_NAMES } from './migrations';
import { DEFAULT_SIGNAL, readSignal, type Signal } from './signal';

/** What values of a property, of an array's items or of an object's member look like. */
export interface Definition {
  readonly type: ValueType;
  readonly signal: Signal;
  /** Generated once, then kept. */
  readonly frozen: boolean;
  /** What each item of an array is; without it arrays are empty. */
  readonly arrayProperties?: Definition;
  /** The members of an object; without them it is empty. */
  readonly objectProperties?: Readonly<Record<string, Definition>>;
}

export interface DummyProperty extends Property, Definition {
  readonly type: ValueType;
}

/** Arrays have up to 9 items, so that deeper nesting would make values of unreasonable size. */
const MAX_DEPTH = 5;

/**
 * Checks one property of the random robot. Every value type is supported. `readOnly: true` means, as in Octopus, that the
 * value is generated once and then kept; `accessMode: "ReadOnly"` alone lets it move. Pure: also runs in the editor.
 */
export function parseDummyProperty(
  raw: unknown,
  field: string,
  nodeSignal: Signal = DEFAULT_SIGNAL,
): Checked<DummyProperty> {
  const reader = new FieldReader(raw, field);
  reader.respell(DUMMY_PROPERTY_NAMES);
  const common = readCommonProperty(reader, { types: VALUE_TYPES, typeRequired: true, defaultAccessMode: 'ReadWrite' });
  const definition = readDefinition(reader, common.type ?? 'int', nodeSignal, 1);
  return reader.check({ ...common, ...definition });
}

function readDefinition(reader: FieldReader, type: ValueType, inherited: Signal, depth: number): Definition {
  const signal = readSignal(reader.object('signal'), inherited);
  checkConstant(reader, type, signal);
  const frozen = reader.boolean('readOnly', false) || (signal.shape === 'constant' && signal.value === undefined);
  const base = { type, signal, frozen };
  // A description is for people; the other two are read where the type calls for them.
  reader.knows('description', 'arrayProperties', 'objectProperties');
  if (type === 'array') {
    const given = reader.given('arrayProperties');
    return given === undefined
      ? base
      : { ...base, arrayProperties: readNested(reader, given, reader.pathOf('arrayProperties'), inherited, depth) };
  }
  if (type === 'object') return { ...base, objectProperties: readMembers(reader, inherited, depth) };
  return base;
}

function readMembers(reader: FieldReader, inherited: Signal, depth: number): Record<string, Definition> {
  const members = reader.object('objectProperties');
  return Object.fromEntries(
    members.keys().map((key) => [key, readNested(reader, members.given(key), members.pathOf(key), inherited, depth)]),
  );
}

function readNested(reader: FieldReader, raw: unknown, field: string, inherited: Signal, depth: number): Definition {
  const nested = reader.item({ value: raw, field });
  const type = nested.given('type');
  if (depth >= MAX_DEPTH) {
    reader.problems.push({ field, message: `must not be nested deeper than ${MAX_DEPTH} levels` });
  } else if (isValueType(type)) {
    return readDefinition(nested, type, inherited, depth + 1);
  } else {
    nested.fail('type', `must be one of ${VALUE_TYPES.join(', ')}, got ${show(type)}`);
  }
  return { type: 'int', signal: inherited, frozen: false };
}

/** A constant that the node gives to all its properties must fit each of them, too. */
function checkConstant(reader: FieldReader, type: ValueType, signal: Signal): void {
  if (signal.shape !== 'constant' || signal.value === undefined) return;
  const coerced = coerce(type, signal.value);
  if (!coerced.ok) reader.fail('signal.value', coerced.message);
}
