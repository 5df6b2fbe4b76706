import type { Driver } from './driver';
import type { Migration } from '../base/migrations';
import type { Checked } from '../base/problems';
import type { Ports } from '../base/ports';
import type { Property } from './property';
import type { DeviceSnapshot } from './snapshot';

/** What every kind of device has after its flow properties were checked. Durations are in ms here. */
export interface DeviceConfig<P extends Property = Property> {
  readonly properties: readonly P[];
  /** > 0 */
  readonly syncIntervalMs: number;
  /** For one connect, one read cycle, one write; > 0. */
  readonly timeoutMs: number;
}

/**
 * A kind of device (Modbus, dummy, ...): how its flow properties are checked and which driver serves it.
 * `raw` is the node's configuration as in the flow, with `${ENV}` already replaced; numbers may be text.
 */
export interface DeviceKind<P extends Property = Property, C extends DeviceConfig<P> = DeviceConfig<P>> {
  /** Shown as `msg.device.protocol`: `modbus`, `dummy`, ... */
  readonly protocol: string;
  /** `msg.action` values beyond write, read, connect and disconnect, handed to the driver's `perform`. */
  readonly actions?: readonly string[];
  /** How configurations of earlier versions become those of today; `parse` applies them by itself. */
  readonly migrations?: readonly Migration[];
  parse(raw: Readonly<Record<string, unknown>>, credentials: Readonly<Record<string, string>>): Checked<C>;
  /** An ad-hoc property of `msg.properties`; `field` is the path for messages (`properties[0]`). */
  parseProperty(raw: unknown, field: string, config: C): Checked<P>;
  createDriver(config: C, ports: Ports): Driver<P>;
  /** The specification's status shape where it differs from `{"properties":[{name,type,value,operatedValue?,updatedAt}]}`. */
  octopusStatus?(snapshot: DeviceSnapshot, config: C): unknown;
}
