import {
  type Change,
  inOrder,
  isGiven,
  type Migration,
  own,
  renamed,
  withMember,
  withoutMember,
} from '../../../base/fields/migrations';
import { PROPERTY_NAMES, propertyNames, readOnlyToAccessMode } from '../../../device/config/migrations';

/** Where nothing is said a property is only read, so that `readOnly: false` says something here. */
const writableToAccessMode: Change = (raw) => {
  const readOnly = own(raw, 'readOnly');
  const isWritable = readOnly === false || readOnly === 'false';
  return isWritable && !isGiven(own(raw, 'accessMode'))
    ? withMember(withoutMember(raw, 'readOnly'), 'accessMode', 'ReadWrite')
    : raw;
};

/** One row of the property table, or of `msg.properties`. A sample of Octopus has `readOnlye`, its web page `retainted`. */
export const MQTT_PROPERTY_NAMES: Change = inOrder(
  PROPERTY_NAMES,
  renamed({ readOnlye: 'readOnly', retainted: 'retained' }),
  writableToAccessMode,
  readOnlyToAccessMode,
);

/** What `mqtt-device` was in earlier versions, and how other generations of the specification have it. */
export const MQTT_MIGRATIONS: readonly Migration[] = [propertyNames(MQTT_PROPERTY_NAMES)];
