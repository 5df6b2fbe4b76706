import type { Driver } from './driver';
import type { BrokerConnection } from '../base/broker-connection';
import type { Migration } from '../base/fields/migrations';
import type { Checked } from '../base/fields/problems';
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
 * What a driver finds where it runs. Transports that several devices share need nothing of it: a `LeasePool` for each clock has
 * them (src/base/lease-pool.ts).
 */
export interface DriverSurroundings extends Ports {
  /** Absolute path. What a driver keeps from one start to the next is in a folder of its own below `devicelink` in it. */
  readonly userDirectory: string;
  /**
   * A share in the connection of the MQTT extension that the device names, for a driver whose protocol is MQTT. Connects nothing
   * before `open`; whoever asked for it closes it.
   *
   * Rejects with a DeviceError CONFIG: the device names none, or it is missing, disabled or misconfigured
   */
  openConnection(): Promise<BrokerConnection>;
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
  /**
   * `message` in the flow says where the device's own topics are. Its status then goes to the topics of the extension, and only where
   * `publish.enabled` asks for it: what is published must not come back as the device's own word.
   */
  readonly hasOwnTopics?: boolean;
  /** How configurations of earlier versions become those of today; `parse` applies them by itself. */
  readonly migrations?: readonly Migration[];
  parse(raw: Readonly<Record<string, unknown>>, credentials: Readonly<Record<string, string>>): Checked<C>;
  /** An ad-hoc property of `msg.properties`; `field` is the path for messages (`properties[0]`). */
  parseProperty(raw: unknown, field: string, config: C): Checked<P>;
  /**
   * Who gets the credentials, and how sure that is: deeply equal for the same destination. A kind without it is given no
   * stored credentials by the endpoints behind the dialogs.
   */
  destination?(config: C): unknown;
  createDriver(config: C, surroundings: DriverSurroundings): Driver<P>;
  /** The specification's status shape where it differs from `{"properties":[{name,type,value,operatedValue?,updatedAt}]}`. */
  octopusStatus?(snapshot: DeviceSnapshot, config: C): unknown;
}
