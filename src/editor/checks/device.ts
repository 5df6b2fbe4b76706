import type { FieldReader } from '../../device/fields';
import type { Checked } from '../../device/kind';
import type { Property } from '../../device/property';
import { readCommonConfig, readProperties } from '../../device/property-config';
import { checkMessage } from './message';

/** Checks what all kinds of devices have: timing, message overrides, the list of properties. */
export function checkDevice(
  reader: FieldReader,
  properties: unknown,
  parseProperty: (raw: unknown, field: string) => Checked<Property>,
): void {
  readCommonConfig(reader);
  const identity = {
    namespace: reader.string('namespace', 'default'),
    name: reader.string('name'),
    uid: reader.string('uid'),
  };
  checkMessage(reader.object('message'), identity, false);
  const checked = readProperties(properties, parseProperty);
  if (!checked.ok) reader.problems.push(...checked.problems);
}
