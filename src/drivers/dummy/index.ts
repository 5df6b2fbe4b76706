import { FieldReader, show } from '../../base/fields/fields';
import type { Checked } from '../../base/fields/problems';
import type { DeviceKind } from '../../device/kind';
import { type DummyConfig, parseDummyConfig } from './config';
import { DUMMY_MIGRATIONS } from './migrations';
import { DummyDriver } from './driver';
import { Fan, FAN_PROPERTIES } from './fan';
import { fanStatus, robotStatus } from './octopus-status';
import { type DummyProperty, parseDummyProperty } from './property';
import { Robot } from './robot';

/** Devices without hardware: Octopus' fan and random robot, with signals and faults on request. */
export const dummyKind: DeviceKind<DummyProperty, DummyConfig> = {
  protocol: 'dummy',
  migrations: DUMMY_MIGRATIONS,
  parse: (raw) => parseDummyConfig(raw),
  parseProperty: (raw, field, config) =>
    config.kind === 'special' ? findFanProperty(raw, field) : parseDummyProperty(raw, field, config.signal),
  createDriver(config, ports) {
    const model = config.kind === 'special' ? new Fan(config.on, config.gear, ports.clock) : new Robot(ports);
    return new DummyDriver(model, config.faults, ports);
  },
  octopusStatus: (snapshot, config) =>
    config.kind === 'special' ? fanStatus(snapshot) : robotStatus(snapshot, config.properties),
};

/** The fan has its three properties and no others, whatever a message declares. */
function findFanProperty(raw: unknown, field: string): Checked<DummyProperty> {
  const reader = new FieldReader(raw, field);
  const name = reader.string('name');
  const property = FAN_PROPERTIES.find((candidate) => candidate.name === name);
  if (property !== undefined) return { ok: true, value: property };
  const known = FAN_PROPERTIES.map((candidate) => candidate.name).join(', ');
  reader.fail('name', `must be one of ${known}, got ${show(name)}`);
  return { ok: false, problems: reader.problems };
}
