import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { ReceivedMessage } from '../../../src/base/broker-connection';
import { MqttExtension } from '../../../src/mqtt/extension/extension';
import { Connection } from '../../../src/mqtt/connection/connection';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { extensionConfig, identity } from '../../support/mqtt/mqtt-extension';
import { connectionOptions, realPorts } from '../../support/mqtt/mqtt-options';
import { CommandReceiver } from '../../../src/mqtt/publishing/command-receiver';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A Node-RED instance that serves `device-1` of the plant, and counts the commands that it gets. */
async function instance(url: string, clientID: string, protocolVersion: number): Promise<unknown[]> {
  const config = extensionConfig({
    client: { server: url, clientID, protocolVersion },
    message: { topic: { prefix: 'plant' }, qos: 1 },
  });
  const extension = new MqttExtension(config, realPorts);
  cleanups.push(() => extension.close());
  const deviceTopic = extension.attach({ device: identity(1) });
  if (!deviceTopic.isConnected) await once(deviceTopic.events, 'connected');
  const writes: unknown[] = [];
  const device = {
    write: (values: unknown) => {
      writes.push(values);
      return Promise.resolve([]);
    },
    snapshot: () => ({ properties: [] }),
  } as unknown as ConstructorParameters<typeof CommandReceiver>[0]['device'];
  const sources = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const receiver = new CommandReceiver({
      ...{ device, deviceTopic, clock: realPorts.clock, shareName: 'gateways' },
      onOutcome: (source, error) => {
        if (error) reject(error);
        else if (sources.add(source).size === 2) resolve();
      },
    });
    receiver.open();
  });
  return writes;
}

describe.skipIf(!mosquittoAvailable())('Commands', () => {
  it.each([4, 5])('MQTT %i: with a share name each goes to one of several instances', async (protocolVersion) => {
    const broker = await Mosquitto.start();
    cleanups.push(() => broker.remove());
    const instances = await Promise.all(['one', 'two'].map((id) => instance(broker.url, id, protocolVersion)));
    const sender = new Connection(connectionOptions(broker.url, { protocolVersion: 5 }), realPorts);
    cleanups.push(() => sender.close());
    sender.open();
    const answers: ReceivedMessage[] = [];
    await sender.subscribe('answers/#', 1, (answer) => answers.push(answer));
    const COUNT = 40;
    for (let index = 0; index < COUNT; index++) {
      await sender.publish('plant/default/device-1/set', `{"a":${index}}`, {
        ...{ qos: 1, retained: false, waitTimeoutMs: 0 },
        properties: { responseTopic: 'answers/me', correlationData: Buffer.from([index]) },
      });
    }
    await expect.poll(() => instances.flat().length).toBe(COUNT);
    expect(instances.map((writes) => writes.length).every((count) => count > 0)).toBe(true);
    if (protocolVersion === 5) {
      await expect.poll(() => answers.length).toBe(COUNT);
      const told = answers
        .map(({ properties }) => properties?.correlationData?.[0])
        .sort((a, b) => Number(a) - Number(b));
      expect(told).toEqual(Array.from({ length: COUNT }, (_none, index) => index));
    }
  });
});
