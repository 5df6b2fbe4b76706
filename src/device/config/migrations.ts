import {
  type Change,
  inOrder,
  inside,
  isGiven,
  type Migration,
  moving,
  own,
  renamed,
  withMember,
  withoutMember,
} from '../../base/fields/migrations';
import { rowsAsObjects } from './rows';

/** Names that older generations of the specification have for what is in a property. Pure: also runs in the editor. */

/** One step of an order of operations. */
export const OPERATION_NAMES: Change = renamed({ operationType: 'type', operationValue: 'value' });

/** What all kinds of properties have in common. Octopus has the order of operations inside `visitor`. */
export const PROPERTY_NAMES: Change = inOrder(
  renamed({ dataType: 'type' }),
  moving('visitor.orderOfOperations', 'orderOfOperations'),
  inside('orderOfOperations[]', OPERATION_NAMES),
);

/**
 * `readOnly` becomes an access mode, where it says nothing that contradicts one. Not for the dummy device, whose `readOnly` also means
 * that a value is generated only once.
 */
export const readOnlyToAccessMode: Change = (raw) => {
  const readOnly = own(raw, 'readOnly');
  const accessMode = own(raw, 'accessMode');
  if (readOnly === false || readOnly === 'false') return withoutMember(raw, 'readOnly');
  if (readOnly !== true && readOnly !== 'true') return raw;
  if (!isGiven(accessMode)) return withMember(withoutMember(raw, 'readOnly'), 'accessMode', 'ReadOnly');
  return accessMode === 'ReadOnly' || accessMode === 'ReadOnce' ? withoutMember(raw, 'readOnly') : raw;
};

/** Of all kinds of devices, before their own: since version 2 a property may be kept as text, and is read as if it were an object. */
export const ROWS: Migration = {
  to: 2,
  describe: 'properties may be texts, each the JSON of one',
  spelling: true,
  migrate: (raw) => rowsAsObjects(raw),
};

/** The migration of a device whose properties have these older names. */
export const propertyNames = (names: Change): Migration => ({
  to: 1,
  describe: 'properties have type, accessMode and orderOfOperations by these names, and no operations in their visitor',
  spelling: true,
  migrate: inside('properties[]', names),
});
