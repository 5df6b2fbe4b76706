import type { EventEmitter } from 'node:events';
import type { DeviceError } from '../../base/errors';
import type { Ports } from '../../base/ports';
import type { Device } from '../../device/engine/device';
import type { Property } from '../../device/property';
import type { DeviceSnapshot } from '../../device/snapshot';
import type { DeviceTopic } from '../extension/device-topic';
import type { PublishSettings } from './publish-settings';

export interface PublisherOptions<P extends Property = Property> {
  readonly device: Device<P>;
  /** Stays its owner's: `close` does not detach it. */
  readonly deviceTopic: DeviceTopic;
  readonly settings: PublishSettings;
  /** The status of payload `octopus` where the kind of device has a shape of its own. */
  readonly octopusStatus?: (snapshot: DeviceSnapshot) => unknown;
  readonly ports: Ports;
}

/**
 * Brings a device to the broker, in the form that its settings choose, and the broker's commands to the device; from when it is
 * made. Never holds up the device. `problem` tells each distinct error once until it is over; `trouble` why messages are not
 * published at present, and undefined when they are again.
 */
export interface Publisher {
  readonly events: EventEmitter<{ problem: [DeviceError]; trouble: [DeviceError | undefined] }>;
  /**
   * Tells the broker that the device goes, if it can be reached, and stops. Settles within about a second; never rejects. `mayReturn`: the
   * device may be there again in a moment, and is then not told to be gone.
   */
  close(mayReturn?: boolean): Promise<void>;
}
