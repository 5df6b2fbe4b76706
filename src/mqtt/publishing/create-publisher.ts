import type { Property } from '../../device/property';
import { DevicePublisher } from './device-publisher';
import type { Publisher, PublisherOptions } from './publisher';

/** The publisher that a device's settings ask for. All shapes of payload there are today are documents on the device's own topic. */
export function createPublisher<P extends Property>(options: PublisherOptions<P>): Publisher {
  return new DevicePublisher(options);
}
