import type { DeviceSnapshot } from '../../device/snapshot';
import { isFloatType, isIntegerType, valueToJson, valueToText } from '../../base/values/index';
import type { Definition, DummyProperty } from './property';

/**
 * The fan's status as Octopus publishes it: `{"gear":"slow","rotatingSpeed":1}`. Off it is `{}`; a speed of 0 is left out.
 */
export function fanStatus({ properties }: DeviceSnapshot): object {
  const valueOf = (name: string): unknown => properties.find((property) => property.name === name)?.value;
  if (valueOf('on') !== true) return {};
  const speed = valueOf('rotatingSpeed');
  return { gear: valueOf('gear'), ...(typeof speed === 'number' && speed !== 0 ? { rotatingSpeed: speed } : {}) };
}

/**
 * The robot's status as Octopus publishes it: by name, each with its type and one typed value, recursively. Octopus knows
 * six types: all integers are `int`, all floats `float` (text with six decimals), and all other scalars `string`.
 * Properties without a value have their type only.
 */
export function robotStatus({ properties }: DeviceSnapshot, definitions: readonly DummyProperty[]): object {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  return {
    properties: Object.fromEntries(
      properties.map(({ name, value }) => [name, typedValue(byName.get(name) ?? { type: 'string' }, value)]),
    ),
  };
}

type Shape = Pick<Definition, 'type' | 'arrayProperties' | 'objectProperties'>;

function typedValue(shape: Shape, value: unknown): object {
  const { type, arrayProperties, objectProperties = {} } = shape;
  const typed = (name: string, field: string, content: () => unknown): object =>
    value === undefined ? { type: name } : { type: name, [field]: content() };
  if (isIntegerType(type)) return typed('int', 'intValue', () => valueToJson(value, type));
  if (isFloatType(type)) return typed('float', 'floatValue', () => sixDecimals(value));
  if (type === 'boolean') return typed('boolean', 'booleanValue', () => value === true);
  if (type === 'array') {
    const items = Array.isArray(value) ? (value as unknown[]) : [];
    return typed(type, 'arrayValue', () =>
      items.map((item) => typedValue(arrayProperties ?? { type: 'string' }, item)),
    );
  }
  if (type === 'object') {
    const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return typed(type, 'objectValue', () =>
      Object.fromEntries(
        members.map(([name, member]) => [name, typedValue(objectProperties[name] ?? { type: 'string' }, member)]),
      ),
    );
  }
  return typed('string', 'stringValue', () => valueToText(value));
}

const sixDecimals = (value: unknown): string => (typeof value === 'number' ? value.toFixed(6) : valueToText(value));
