import { type Change, inOrder, type Migration, renamed } from '../../../base/fields/migrations';
import { PROPERTY_NAMES, propertyNames, readOnlyToAccessMode } from '../../../device/config/migrations';

/** One row of the property table, or of `msg.properties`. A sample of Octopus has `readOnlye`, its web page `retainted`. */
export const MQTT_PROPERTY_NAMES: Change = inOrder(
  PROPERTY_NAMES,
  renamed({ readOnlye: 'readOnly', retainted: 'retained' }),
  readOnlyToAccessMode,
);

/** What `mqtt-device` was in earlier versions, and how other generations of the specification have it. */
export const MQTT_MIGRATIONS: readonly Migration[] = [propertyNames(MQTT_PROPERTY_NAMES)];
