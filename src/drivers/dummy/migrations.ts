import {
  type Change,
  inOrder,
  inside,
  isFields,
  type Migration,
  own,
  renamed,
  withMember,
} from '../../base/fields/migrations';
import { PROPERTY_NAMES, propertyNames } from '../../device/config/migrations';

/** Deeper nesting is refused by whoever reads it. */
const MAX_DEPTH = 6;

/** Octopus' first generation has `arrayProps` and `objectProps`, at every depth. */
const nestedNames = (depth = 1): Change => {
  const names = renamed({ arrayProps: 'arrayProperties', objectProps: 'objectProperties' });
  if (depth > MAX_DEPTH) return names;
  const deeper: Change = (raw, moved) => nestedNames(depth + 1)(raw, moved);
  return inOrder(names, inside('arrayProperties', deeper), inside('objectProperties', eachMember(deeper)));
};

const eachMember =
  (change: Change): Change =>
  (raw, moved) =>
    Object.keys(raw).reduce((fields, name) => inMember(name, change)(fields, moved), raw);

/** As `inside`, for a name that may hold dots. */
const inMember =
  (name: string, change: Change): Change =>
  (raw, moved) => {
    const value = own(raw, name);
    if (!isFields(value) || name === '__proto__') return raw;
    return withMember(
      raw,
      name,
      change(value, (now, given) => moved(`${name}.${now}`, `${name}.${given}`)),
    );
  };

/** One property of the random robot, or of `msg.properties`. */
export const DUMMY_PROPERTY_NAMES: Change = inOrder(PROPERTY_NAMES, nestedNames());

/** Octopus has a map from name to property where a flow has a list. */
const mapToList: Change = (raw, moved) => {
  const properties = own(raw, 'properties');
  if (!isFields(properties)) return raw;
  const entries = Object.entries(properties);
  const items = entries.flatMap(([name, definition]) => (isFields(definition) ? [{ ...definition, name }] : []));
  if (items.length !== entries.length) return raw;
  for (const [index, [name]] of entries.entries()) moved(`properties[${index}]`, `properties.${name}`);
  return withMember(raw, 'properties', items);
};

/** What `dummy-device` was in earlier versions, and how other generations of the specification have it. */
export const DUMMY_MIGRATIONS: readonly Migration[] = [
  {
    to: 1,
    describe: 'properties are a list by this name',
    spelling: true,
    migrate: inOrder(renamed({ props: 'properties' }), mapToList),
  },
  propertyNames(DUMMY_PROPERTY_NAMES),
];
