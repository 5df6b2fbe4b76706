import { afterEach, describe, expect, it } from 'vitest';
import { Mosquitto, mosquittoAvailable } from '../support/mqtt/mosquitto';
import { MosquittoSubscriber } from '../support/mqtt/mosquitto-clients';
import { NodeRedProcess, type FlowNode } from '../support/node-red/node-red-process';

const TAB: FlowNode = { id: 'flow', type: 'tab', label: 'Flow' };
const FAN = 'plant/default/fan-1/$availability';
const ALL = 'plant/$availability';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function extension(broker: Mosquitto, connection: string, client: object = {}): FlowNode {
  return {
    id: 'ext',
    type: 'mqtt-extension',
    version: 2,
    connection,
    client: { server: broker.url, maxReconnectInterval: '100ms', ...client },
    message: { topic: { prefix: 'plant', with: 'nn' }, qos: 1 },
  };
}

const fan = (changes: object = {}): FlowNode => ({
  id: 'fan',
  type: 'dummy-device',
  z: 'flow',
  x: 100,
  y: 100,
  name: 'fan-1',
  kind: 'special',
  mqtt: 'ext',
  parameters: { syncInterval: '50ms' },
  publish: { availability: true, commands: true },
  wires: [[]],
  ...changes,
});

describe.skipIf(!mosquittoAvailable())('$availability', () => {
  async function start(connection: string) {
    const broker = await Mosquitto.start();
    cleanups.push(() => broker.remove());
    const nodeRed = await NodeRedProcess.start({ flows: [TAB, extension(broker, connection), fan()] });
    let isStopped = false;
    const stop = async (): Promise<void> => {
      if (!isStopped) await nodeRed.stop();
      isStopped = true;
    };
    cleanups.push(stop);
    const witness = await MosquittoSubscriber.start(broker.plain, 'plant/#');
    cleanups.push(() => witness.stop());
    const told = (topic: string): string[] =>
      witness.messages.filter((message) => message.topic === topic).map(({ payload }) => payload.toString());
    const values = (): number => told('plant/default/fan-1').length;
    /** Until the device publishes anew. */
    const published = async (): Promise<void> => {
      const before = values();
      await expect.poll(values, { timeout: 5000, interval: 20 }).toBeGreaterThan(before + 3);
    };
    await expect.poll(() => told(FAN).at(-1), { timeout: 5000 }).toBe('online');
    return { broker, nodeRed, stop, told, published };
  }

  it.each(['shared', 'dedicated'])(
    'stays online through deploys where the device stays, and is offline when it goes (%s)',
    async (connection) => {
      const { broker, nodeRed, stop, told, published } = await start(connection);
      const before = told(FAN).length;
      const since = (): string[] => told(FAN).slice(before);
      const deploy = async (type: 'full' | 'nodes' | 'flows', ...nodes: FlowNode[]): Promise<void> => {
        await nodeRed.deploy([TAB, ...nodes], type);
        await published();
      };
      await deploy('nodes', extension(broker, connection), fan({ gear: 'fast' }));
      await deploy('flows', extension(broker, connection), fan({ gear: 'slow' }));
      await deploy('full', extension(broker, connection), fan({ gear: 'slow' }));
      await deploy('full', extension(broker, connection, { keepAlive: '20s' }), fan({ gear: 'middle' }));
      await deploy('nodes', extension(broker, connection, { keepAlive: '25s' }), fan({ gear: 'middle' }));
      expect(new Set(since())).toEqual(new Set(['online']));
      expect(told(ALL)).not.toContain('offline');

      await nodeRed.deploy([TAB, extension(broker, connection, { keepAlive: '25s' }), fan({ d: true })], 'full');
      await expect.poll(() => told(FAN).at(-1), { timeout: 5000 }).toBe('offline');
      await nodeRed.deploy([TAB, extension(broker, connection, { keepAlive: '25s' }), fan()], 'full');
      await expect.poll(() => told(FAN).at(-1), { timeout: 5000 }).toBe('online');

      // Renamed: it is gone where it was.
      const renamed = fan({ name: 'fan-2' });
      await nodeRed.deploy([TAB, extension(broker, connection, { keepAlive: '25s' }), renamed], 'full');
      await expect.poll(() => told('plant/default/fan-2/$availability').at(-1), { timeout: 5000 }).toBe('online');
      await expect.poll(() => told(FAN).at(-1), { timeout: 10_000 }).toBe('offline');

      await nodeRed.deploy([TAB, extension(broker, connection, { keepAlive: '25s' })], 'nodes');
      await expect.poll(() => told('plant/default/fan-2/$availability').at(-1), { timeout: 5000 }).toBe('offline');
      await stop();
    },
    60_000,
  );

  it.each(['shared', 'dedicated'])(
    'is offline when Node-RED ends, and when its connection goes to another broker (%s)',
    async (connection) => {
      const { broker, nodeRed, stop, told } = await start(connection);
      const other = await Mosquitto.start();
      cleanups.push(() => other.remove());
      await nodeRed.deploy([TAB, extension(other, connection), fan()], 'full');
      await expect.poll(() => told(FAN).at(-1), { timeout: 5000 }).toBe('offline');
      await nodeRed.deploy([TAB, extension(broker, connection), fan()], 'full');
      await expect.poll(() => told(FAN).at(-1), { timeout: 5000 }).toBe('online');
      await stop();
      await expect.poll(() => told(FAN).at(-1), { timeout: 5000 }).toBe('offline');
      if (connection === 'shared') await expect.poll(() => told(ALL).at(-1), { timeout: 5000 }).toBe('offline');
    },
    60_000,
  );
});
