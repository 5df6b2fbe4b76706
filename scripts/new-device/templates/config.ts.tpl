import { FieldReader } from '../../base/fields/fields';
import type { Checked } from '../../base/fields/problems';
import { VALUE_TYPES } from '../../base/values/type-names';
import { readCommonConfig, readCommonProperty, readProperties } from '../../device/config/property-config';
import type { DeviceConfig } from '../../device/kind';
import type { Property } from '../../device/property';
import { readTcpEndpoint, type TcpEndpoint } from '../../net/endpoint';

/** A __Name__ device after its flow properties were checked. */
export interface __Name__Config extends DeviceConfig<__Name__Property> {
  readonly endpoint: TcpEndpoint;
}

export interface __Name__Property extends Property {
  /** What the device calls it. */
  readonly address: string;
}

/** TODO: the port that most of these devices have; also in the dialog and the help, as 4001. */
const USUAL_PORT = 4001;

/** Checks the flow properties of a `__type__`. Pure: also runs in the editor. */
export function parse__Name__Config(raw: Readonly<Record<string, unknown>>): Checked<__Name__Config> {
  const reader = new FieldReader(raw);
  const common = readCommonConfig(reader);
  const endpoint = readTcpEndpoint(reader.object('protocol'), 'endpoint', { usual: USUAL_PORT });
  const properties = reader.take(readProperties(reader.given('properties'), parse__Name__Property), []);
  return reader.check({ ...common, endpoint, properties });
}

/** Checks one row of the property table. TODO: the types that such a device has. Pure: also runs in the editor. */
export function parse__Name__Property(raw: unknown, field: string): Checked<__Name__Property> {
  const reader = new FieldReader(raw, field);
  const common = readCommonProperty(reader, { types: VALUE_TYPES, typeRequired: true, defaultAccessMode: 'ReadWrite' });
  const address = reader.object('visitor').requiredString('address', 'what the device calls it');
  return reader.check({ ...common, address });
}
