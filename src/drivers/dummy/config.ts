import { FieldReader } from '../../base/fields/fields';
import type { Checked } from '../../base/fields/problems';
import type { DeviceConfig } from '../../device/kind';
import { readCommonConfig, readProperties } from '../../device/config/property-config';
import { FAN_PROPERTIES, type Gear, GEARS } from './fan';
import { type Faults, readFaults } from './faults';
import { DUMMY_MIGRATIONS } from './migrations';
import { type DummyProperty, parseDummyProperty } from './property';
import { readSignal, type Signal } from './signal';

export interface DummyConfig extends DeviceConfig<DummyProperty> {
  /** `special`: the fan; `protocol`: the random robot (Octopus' names). */
  readonly kind: 'special' | 'protocol';
  /** How the fan is at first. */
  readonly on: boolean;
  readonly gear: Gear;
  /** What the robot's properties do that have no signal of their own. */
  readonly signal: Signal;
  readonly faults: Faults;
}

/**
 * Checks the flow properties of a `dummy-device`. `protocol.location` and `protocol.ip` are accepted and used for nothing.
 * The fan's properties are given; a list in the flow belongs to the robot.
 */
export function parseDummyConfig(raw: Readonly<Record<string, unknown>>): Checked<DummyConfig> {
  const reader = new FieldReader(raw);
  const common = readCommonConfig(reader, DUMMY_MIGRATIONS);
  const kind = reader.oneOf('kind', ['special', 'protocol'], 'special');
  const protocol = reader.object('protocol');
  protocol.string('location');
  protocol.string('ip');
  const signal = readSignal(reader.object('signal'));
  const faults = readFaults(reader.object('faults'));
  const on = reader.boolean('on', true);
  const gear = reader.oneOf('gear', GEARS, 'slow');
  reader.knows('properties');
  const properties = kind === 'special' ? FAN_PROPERTIES : readRobotProperties(reader, signal);
  return reader.check({ ...common, kind, on, gear, signal, faults, properties });
}

function readRobotProperties(reader: FieldReader, signal: Signal): readonly DummyProperty[] {
  const parseOne = (item: unknown, field: string): Checked<DummyProperty> => parseDummyProperty(item, field, signal);
  return reader.take(readProperties(reader.given('properties'), parseOne), []);
}
