import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, Reading } from '../../../src/device/driver.ts';
import { mqttKind } from '../../../src/drivers/mqtt/index.ts';
import type { MqttConfig } from '../../../src/drivers/mqtt/config/config.ts';
import type { MqttProperty } from '../../../src/drivers/mqtt/config/property.ts';
import { MqttExtension } from '../../../src/mqtt/extension/extension.ts';
import { describeDriverContract } from '../../support/device/driver-contract.ts';
import { surroundingsOf } from '../../support/fakes/surroundings.ts';
import { realPorts } from '../../support/mqtt/mqtt-options.ts';
import { extensionConfig } from '../../support/mqtt/mqtt-extension.ts';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';

const never = new AbortController().signal;

function configOf(raw: Record<string, unknown>): MqttConfig {
  const parsed = mqttKind.parse({ mqtt: 'id', name: 'lamp', uid: 'u', ...raw }, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** A driver with a connection of its own to the broker, as one that a flow has. */
function driverOf(url: string, config: MqttConfig): Driver<MqttProperty> {
  const extension = new MqttExtension(extensionConfig({ client: { server: url, connectTimeout: '1s' } }), realPorts);
  extensions.push(extension);
  return mqttKind.createDriver(config, {
    ...surroundingsOf(realPorts),
    openConnection: () => Promise.resolve(extension.openConnection({ clientId: 'driver', label: 'lamp' })),
  });
}

const extensions: MqttExtension[] = [];
const clients: MqttClient[] = [];
const brokers: Mosquitto[] = [];

afterEach(async () => {
  for (const extension of extensions.splice(0)) await extension.close();
  for (const client of clients.splice(0)) await client.endAsync(true);
  for (const broker of brokers.splice(0)) await broker.remove();
});

/** A lamp: it says on `lamp/status/...` what it is told on `lamp/set/...`, retained. */
async function lamp(url: string): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 50 });
  clients.push(client);
  client.on('message', (topic, payload) => {
    client.publish(topic.replace('/set/', '/status/'), payload, { qos: 1, retain: true });
  });
  await client.subscribeAsync('lamp/set/#', { qos: 1 });
  await client.publishAsync('lamp/status/power', '21.5', { qos: 1, retain: true });
  await client.publishAsync('lamp/status/switch', 'true', { qos: 1, retain: true });
  return client;
}

const LAMP = configOf({
  protocol: { confirm: '5s' },
  message: { topic: { template: 'lamp/:operator/:path' }, operator: { read: 'status', write: 'set' } },
  properties: [
    { name: 'power', type: 'float', accessMode: 'ReadWrite' },
    { name: 'switch', type: 'boolean', accessMode: 'ReadWrite' },
    { name: 'silent', type: 'int' },
  ],
});
const [power, light, silent] = LAMP.properties as [MqttProperty, MqttProperty, MqttProperty];

describe.skipIf(!mosquittoAvailable())('a device that speaks MQTT, over mosquitto', () => {
  describeDriverContract('mqtt', async () => {
    const broker = await Mosquitto.start({ persistent: true });
    brokers.push(broker);
    const device = await lamp(broker.url);
    return {
      driver: driverOf(broker.url, LAMP),
      readable: [power, light],
      expected: [21.5, true],
      bad: silent,
      writes: [
        { property: power, value: 30.25 },
        { property: light, value: false },
      ],
      unreachable: () => driverOf('mqtt://127.0.0.1:1', LAMP),
      stopPeer: () => broker.stop(),
      startPeer: () => broker.start(),
      notify: async () => {
        await device.publishAsync('lamp/status/power', '7', { qos: 1, retain: true });
      },
      dispose: () => Promise.resolve(),
    };
  });

  describe('what comes', () => {
    let broker: Mosquitto;
    let device: MqttClient;
    beforeAll(async () => {
      broker = await Mosquitto.start();
    });
    afterAll(() => broker.remove());

    async function watched(config: MqttConfig) {
      device = await connectAsync(broker.url);
      clients.push(device);
      const driver = driverOf(broker.url, config);
      const told: Reading[] = [];
      const arrived = new Set<() => void>();
      await driver.connect(never);
      await driver.subscribe?.(config.properties, (readings) => {
        told.push(...readings);
        for (const look of [...arrived]) look();
      });
      const until = (isDone: () => boolean): Promise<void> =>
        new Promise((resolve) => {
          const look = (): void => {
            if (!isDone()) return;
            arrived.delete(look);
            resolve();
          };
          arrived.add(look);
          look();
        });
      return { driver, told, until };
    }

    it('of a thousand properties on a thousand topics is theirs, and retained before the connect', async () => {
      const rows = Array.from({ length: 1000 }, (_, index) => ({ name: `p${index}`, type: 'int' }));
      const config = configOf({ message: { topic: { template: 'many/:path' } }, properties: rows });
      const sender = await connectAsync(broker.url);
      clients.push(sender);
      await Promise.all(
        rows.map(({ name }, index) => sender.publishAsync(`many/${name}`, String(index), { qos: 1, retain: true })),
      );
      const { driver } = await watched(config);
      const readings = await driver.read(config.properties, never);
      expect(readings.map(({ value }) => value)).toEqual(rows.map((_, index) => index));
      await driver.close();
    });

    it('on a topic that two wildcards and a plain filter match is told once to each', async () => {
      const config = configOf({
        message: { topic: { name: 'x' } },
        properties: [
          { name: 'all', readTopic: 'house/#' },
          { name: 'rooms', readTopic: 'house/+/t' },
          { name: 'hall', readTopic: 'house/hall/t', type: 'float' },
        ],
      });
      const { driver, told, until } = await watched(config);
      await device.publishAsync('house/hall/t', '19', { qos: 1 });
      await device.publishAsync('house/end', '1', { qos: 1 });
      await until(() => told.some(({ name, value }) => name === 'all' && 'end' in (value as object)));
      const count = (name: string) => told.filter((reading) => reading.name === name).length;
      expect([count('all'), count('rooms'), count('hall')]).toEqual([2, 1, 1]);
      await driver.close();
    });

    it('as broken JSON leaves the last good value, and says so', async () => {
      const config = configOf({
        protocol: { pattern: 'AttributedMessage' },
        message: { topic: { template: 'sensor/state' } },
        properties: [{ name: 't', type: 'float' }],
      });
      const { driver, told, until } = await watched(config);
      await device.publishAsync('sensor/state', '{"t": 21}', { qos: 1 });
      await device.publishAsync('sensor/state', '{"t": ', { qos: 1 });
      await device.publishAsync('sensor/state', '{"t": 22}', { qos: 1 });
      await until(() => told.length === 3);
      expect(told.map(({ quality, value }) => [quality, value])).toEqual([
        ['good', 21],
        ['bad', undefined],
        ['good', 22],
      ]);
      await driver.close();
    });

    it('is asked for and answered by a pair of topics', async () => {
      const { driver } = await watched(LAMP);
      device.on('message', (_topic, payload) => {
        const { id, src } = JSON.parse(payload.toString()) as { id: number; src: string };
        device.publish(`${src}/rpc`, JSON.stringify({ id, result: { on: true } }), { qos: 1 });
      });
      await device.subscribeAsync('shelly/rpc', { qos: 1 });
      const message = {
        topic: 'shelly/rpc',
        responseTopic: 'me/rpc',
        payload: { id: 1, src: 'me', method: 'Switch.GetStatus' },
      };
      expect(await driver.perform?.('request', message, never)).toEqual({ id: 1, result: { on: true } });
      await driver.close();
    });
  });
});
