import { Device } from '../../../src/device/engine/device';
import { systemClock, type Ports } from '../../../src/base/ports';
import { MqttExtension } from '../../../src/mqtt/extension/extension';
import { DevicePublisher } from '../../../src/mqtt/publishing/device-publisher';
import type { PublishSettings } from '../../../src/mqtt/publishing/publish-settings';
import type { DeviceError } from '../../../src/base/errors';
import { property } from '../device/device-bench';
import { MemoryLog } from '../fakes/fake-clock';
import { FakeDriver } from '../fakes/fake-driver';
import { extensionConfig, identity } from './mqtt-extension';

export const TOPIC = 'plant/default/device-1';

export interface PublishingDeviceOptions {
  readonly client: Readonly<Record<string, unknown>>;
  readonly message?: Readonly<Record<string, unknown>>;
  readonly connection?: 'shared' | 'dedicated';
  readonly publish?: Partial<PublishSettings>;
  readonly syncIntervalMs?: number;
}

/**
 * A device that publishes through an extension of its own at `plant/default/device-1`. Its property `a` is a text that is one
 * character longer at each read, from one on, so that a message is known by its length; `b` is an int32 that the test sets.
 */
export function publishingDevice({
  client,
  message,
  connection,
  publish,
  syncIntervalMs = 5,
}: PublishingDeviceOptions) {
  const ports: Ports = { clock: systemClock, log: new MemoryLog(), random: () => 0 };
  const isAvailable = publish?.availability === true;
  const extension = new MqttExtension(
    extensionConfig({
      version: 2,
      client: { maxReconnectInterval: '50ms', ...client },
      message: { topic: { prefix: 'plant' }, ...message },
      ...(connection && { connection }),
      ...(isAvailable && { publish: { availability: true } }),
    }),
    ports,
  );
  const deviceTopic = extension.attach({ device: identity(1), availability: isAvailable });
  const driver = new FakeDriver(systemClock);
  driver.values.set('a', 'x').set('b', 0);
  const device = new Device({
    identity: identity(1),
    config: {
      properties: [property('a', 'ReadOnly', { type: 'string' }), property('b')],
      syncIntervalMs,
      timeoutMs: 1000,
    },
    driver,
    ports,
  });
  const settings: PublishSettings = {
    payload: 'values',
    when: 'sync',
    perProperty: false,
    availability: false,
    commands: false,
    ...publish,
  };
  const publisher = new DevicePublisher({ device, deviceTopic, settings, ports });
  const problems: DeviceError[] = [];
  publisher.events.on('problem', (problem) => problems.push(problem));
  /** The lengths of `a` that were published. */
  const published: number[] = [];
  device.events.on('sync', ({ snapshot }) => {
    const { length } = snapshot.properties[0]?.value as string;
    published.push(length);
    driver.values.set('a', 'x'.repeat(length + 1));
  });
  const close = async (): Promise<void> => {
    await publisher.close();
    await Promise.all([device.close(), deviceTopic.detach()]);
    await extension.close();
  };
  return { extension, deviceTopic, device, driver, publisher, problems, published, close };
}
