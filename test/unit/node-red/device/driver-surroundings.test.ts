import { once } from 'node:events';
import { isAbsolute } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerConnection } from '../../../../src/base/broker-connection.ts';
import type { DeviceKind } from '../../../../src/device/kind.ts';
import { FakeDriver } from '../../../support/fakes/fake-driver.ts';
import { InProcessBroker } from '../../../support/mqtt/in-process-broker.ts';
import {
  admin,
  beside,
  deploy,
  errorOf,
  message,
  registering,
  statusWhere,
  useNodeRed,
} from '../../../support/node-red/node-red-helper.ts';

/** A kind of device whose protocol is MQTT: connected when the broker is; it is what was published at `greeting` before. */
const brokeredKind: DeviceKind = {
  protocol: 'brokered',
  parse: () => ({
    ok: true,
    value: { properties: [{ name: 'greeting', accessMode: 'ReadOnly' }], syncIntervalMs: 3_600_000, timeoutMs: 5000 },
  }),
  parseProperty: () => ({ ok: false, problems: [] }),
  createDriver: (_config, surroundings) => {
    directories.push(surroundings.userDirectory);
    const driver = new FakeDriver(surroundings.clock);
    let connection: BrokerConnection | undefined;
    driver.connect = async () => {
      connection = await surroundings.openConnection();
      const connected = once(connection.events, 'connected');
      connection.open();
      await connected;
      const heard = new Promise<string>((resolve) => {
        void connection?.subscribe('greeting', 1, ({ payload }) => resolve(payload.toString()));
      });
      await connection.publish('greeting', 'hello', { qos: 1, retained: false, waitTimeoutMs: 5000 });
      driver.values.set('greeting', await heard);
    };
    driver.close = async () => connection?.close();
    return driver;
  },
};

const directories: string[] = [];
beside(registering('brokered-device', brokeredKind));
useNodeRed();

let broker: InProcessBroker;
beforeAll(async () => {
  broker = await InProcessBroker.start();
});
afterAll(() => broker.stop());
beforeEach(() => broker.seen.splice(0));

const extension = (more: object = {}) => ({
  id: 'ext',
  type: 'mqtt-extension',
  client: { server: broker.url },
  message: { topic: { prefix: 'plant' } },
  ...more,
});
const device = { id: 'device', type: 'brokered-device', z: 'f', name: 'b', uid: 'u1', mqtt: 'ext', wires: [['out']] };

describe('a driver', () => {
  it('speaks through the connection of the extension that the device names', async () => {
    await deploy([extension(), device]);
    expect((await message('out')).payload).toEqual({ greeting: 'hello' });
    expect(broker.seen).toHaveLength(1);
    expect(directories.every(isAbsolute)).toBe(true);
  });

  it('has a connection of its own where each has one', async () => {
    await deploy([extension({ connection: 'dedicated' }), device]);
    expect((await message('out')).payload).toEqual({ greeting: 'hello' });
    await expect.poll(() => new Set(broker.seen).size).toBe(2);
  });

  it.each([
    ['names none', '', 'mqtt: this device needs an MQTT extension'],
    ['names one that is not there', 'gone', 'mqtt: this MQTT extension does not exist or is disabled'],
  ])('is told when the device %s', async (_, mqtt, text) => {
    await deploy([{ ...device, mqtt }]);
    const { lastError } = await statusWhere('states', ({ status }) => /CONFIG/.test(JSON.stringify(status)));
    expect(lastError).toBeUndefined();
    expect((await errorOf('caught')).message).toContain(text);
  });
});

describe('POST /devicelink/test', () => {
  it('lets the driver speak through the extension of the request, and closes it', async () => {
    await deploy([]);
    const body = {
      type: 'brokered-device',
      config: { name: 'b', mqtt: 'ext' },
      extension: { id: 'ext', config: extension() },
    };
    const { body: reply } = await admin().post('/devicelink/test').send(body).expect(200);
    expect(reply).toMatchObject({ ok: true, properties: [{ name: 'greeting', value: 'hello' }], mqtt: { ok: true } });
    await expect.poll(() => broker.connected).toEqual([]);
  });

  it('says what is missing', async () => {
    await deploy([]);
    const { body: reply } = await admin().post('/devicelink/test').send({ type: 'brokered-device', config: {} });
    expect(reply).toMatchObject({
      ok: false,
      error: { code: 'CONFIG', message: expect.stringContaining('needs an MQTT') },
    });
  });
});
