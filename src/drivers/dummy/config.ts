import { FieldReader } from '../../base/fields';
import type { Checked } from '../../base/problems';
import type { DeviceConfig } from '../../device/kind';
import { readCommonConfig, readProperties } from '../../device/config/property-config';
import { FAN_PROPERTIES, type Gear, GEARS } from './fan';
import { type Faults, readFaults } from './faults';
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
  const common = readCommonConfig(reader);
  const kind = reader.oneOf('kind', ['special', 'protocol'], 'special');
  const protocol = reader.object('protocol');
  protocol.string('location');
  protocol.string('ip');
  const signal = readSignal(reader.object('signal'));
  const faults = readFaults(reader.object('faults'));
  const on = reader.boolean('on', true);
  const gear = reader.oneOf('gear', GEARS, 'slow');
  const properties = kind === 'special' ? FAN_PROPERTIES : readRobotProperties(reader, signal);
  return reader.check({ ...common, kind, on, gear, signal, faults, properties });
}

/** A list, or a map from name to property as in Octopus' manifests. */
function readRobotProperties(reader: FieldReader, signal: Signal): readonly DummyProperty[] {
  const parsed = readProperties(listOf(reader.given('properties')), (item, field) =>
    parseDummyProperty(item, field, signal),
  );
  if (parsed.ok) return parsed.value;
  reader.problems.push(...parsed.problems);
  return [];
}

function listOf(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  return Object.entries(given).map(([name, definition]: [string, unknown]) =>
    typeof definition === 'object' && definition !== null ? { ...definition, name } : definition,
  );
}
