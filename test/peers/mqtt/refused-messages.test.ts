import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../src/base/errors';
import { systemClock, type Ports } from '../../../src/base/ports';
import { Device } from '../../../src/device/engine/device';
import { Connection } from '../../../src/mqtt/connection/connection';
import { MqttExtension } from '../../../src/mqtt/extension/extension';
import { DevicePublisher } from '../../../src/mqtt/publishing/device-publisher';
import { property } from '../../support/device/device-bench';
import { MemoryLog } from '../../support/fakes/fake-clock';
import { FakeDriver } from '../../support/fakes/fake-driver';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import { extensionConfig, identity } from '../../support/mqtt/mqtt-extension';
import { connectionOptions, realPorts } from '../../support/mqtt/mqtt-options';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startBroker(lines: readonly string[]): Promise<Mosquitto> {
  const broker = await Mosquitto.start({ lines });
  cleanups.push(() => broker.remove());
  return broker;
}

async function witnessOf(broker: Mosquitto): Promise<MosquittoSubscriber> {
  const subscriber = await MosquittoSubscriber.start(broker.plain, 'plant/#');
  cleanups.push(() => subscriber.stop());
  return subscriber;
}

// In MQTT 3.1.1 mosquitto 2.0.11 ends the connection without a word on a message that is too large, or retained where it keeps none.
describe.skipIf(!mosquittoAvailable())('A message on which the broker ends the connection, MQTT 3.1.1', () => {
  it.each([0, 1] as const)('is named and given up at QoS %i, and the others go on', async (qos) => {
    const broker = await startBroker(['max_packet_size 200']);
    const witness = await witnessOf(broker);
    const connection = new Connection(connectionOptions(broker.url, { maxReconnectIntervalMs: 0 }), realPorts);
    cleanups.push(() => connection.close());
    connection.open();
    const settings = { qos, retained: false, waitTimeoutMs: 0 };
    const ends: string[] = [];
    connection.events.on('disconnected', ({ message }) => ends.push(message));
    const large = 'x'.repeat(300);
    /** At QoS 0 the first are through as soon as they are written. */
    const untilRefused = async (): Promise<string> => {
      for (;;) {
        if (!connection.isConnected) await once(connection.events, 'connected');
        const lost = once(connection.events, 'disconnected');
        const outcome = await connection.publish('plant/large', large, settings).then(
          () => undefined,
          (error: unknown) => error as DeviceError,
        );
        if (outcome?.code === 'MQTT_REFUSED') return outcome.message;
        await lost;
      }
    };
    expect(await untilRefused()).toBe(
      `the broker ends the connection on the message to plant/large (QoS ${qos}, ${317 + (qos === 1 ? 2 : 0)} bytes)`,
    );
    expect(ends).toHaveLength(5);
    for (let time = 0; time < 5; time++) await untilRefused();
    expect(ends).toHaveLength(qos === 0 ? 5 : 7); // at QoS 1 the second is tried, too: it might be what is in it
    await connection.publish('plant/large', 'small', settings);
    await connection.publish('plant/other', 'other', { ...settings, qos: 1 });
    await witness.waitFor(2);
    expect(witness.messages.map(({ topic, payload }) => `${topic} ${payload.toString()}`)).toEqual([
      'plant/large small',
      'plant/other other',
    ]);
    expect(ends).toHaveLength(qos === 0 ? 5 : 7);
  });

  it.each([0, 1] as const)('does not take the values of a device with it: $availability, QoS %i', async (qos) => {
    const broker = await startBroker(['retain_available false']);
    const witness = await witnessOf(broker);
    const ports: Ports = { clock: systemClock, log: new MemoryLog(), random: () => 0 };
    const config = extensionConfig({
      client: { server: broker.url, protocolVersion: 4, maxReconnectInterval: '0s' },
      message: { topic: { prefix: 'plant' }, qos },
    });
    const extension = new MqttExtension(config, ports);
    const deviceTopic = extension.attach({ device: identity(1) });
    const driver = new FakeDriver(systemClock);
    const device = new Device({
      identity: identity(1),
      config: { properties: [property('a')], syncIntervalMs: 50, timeoutMs: 1000 },
      driver,
      ports,
    });
    const settings = {
      payload: 'values',
      when: 'sync',
      perProperty: false,
      availability: true,
      commands: false,
    } as const;
    const publisher = new DevicePublisher({ device, deviceTopic, settings, ports });
    cleanups.push(async () => {
      await publisher.close();
      await Promise.all([device.close(), deviceTopic.detach()]);
      await extension.close();
    });
    const ends: string[] = [];
    deviceTopic.events.on('disconnected', ({ message }) => ends.push(message));
    const problems: string[] = [];
    publisher.events.on('problem', ({ code, message }) => problems.push(`${code}: ${message}`));
    driver.values.set('a', 1);
    device.start();
    const refused = `MQTT_REFUSED: the broker ends the connection on the message to plant/default/device-1/$availability (QoS ${qos}, retained, `;
    await expect.poll(() => problems.join('\n'), { timeout: 20_000 }).toContain(refused);
    const tried = qos === 0 ? 5 : 7;
    await expect.poll(() => ends.length).toBe(tried);
    await witness.waitFor(witness.messages.length + 5);
    expect(witness.messages.at(-1)?.payload.toString()).toBe('{"a":1}');
    expect(ends).toHaveLength(tried);
    expect(problems.filter((problem) => problem.startsWith('MQTT_REFUSED'))).toHaveLength(1);
  });
});
