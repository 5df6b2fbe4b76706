import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deploy, useNodeRed } from '../../support/node-red/node-red-helper.ts';
import { ProgrammableBroker } from '../../support/mqtt/programmable-broker.ts';

useNodeRed();

let broker: ProgrammableBroker;
beforeEach(async () => {
  broker = await ProgrammableBroker.start();
});
afterEach(() => broker.stop());

/** The topic of the will, and what is retained there once connected. */
async function willOf(availability: readonly unknown[], client: object = {}, connection = 'shared'): Promise<unknown> {
  const devices = availability.map((given, index) => ({
    ...{ id: `device${index}`, type: 'dummy-device', z: 'f', name: `d${index}`, namespace: 'a', mqtt: 'ext' },
    publish: { availability: given },
  }));
  const message = { topic: { prefix: 'plant' } };
  const extension = {
    id: 'ext',
    type: 'mqtt-extension',
    client: { server: broker.url, ...client },
    message,
    connection,
  };
  await deploy([extension, ...devices]);
  await broker.until(() => broker.clients.length === (connection === 'shared' ? 1 : devices.length));
  const wills = broker.clients.map(({ connect: { will } }) => will && [will.topic, String(will.payload), will.retain]);
  return connection === 'shared' ? wills[0] : wills;
}

describe('the will of a connection without one of its own', () => {
  it('is the availability of a shared connection, if any device publishes its own', async () => {
    expect(await willOf([false, true])).toEqual(['plant/$availability', 'offline', true]);
    await broker.until(() => broker.packets('publish').some(({ topic }) => topic === 'plant/$availability'));
    const [told] = broker.packets('publish').filter(({ topic }) => topic === 'plant/$availability');
    expect([String(told?.payload), told?.retain]).toEqual(['online', true]);
  });

  it('is the availability of a device with a connection of its own, if it publishes that', async () => {
    const wills = await willOf([false, true], {}, 'dedicated');
    expect(wills).toHaveLength(2);
    expect(wills).toContainEqual(['plant/a/d1/$availability', 'offline', true]);
    expect(wills).toContainEqual(undefined);
  });

  it('is none where no device publishes its availability', async () => {
    expect(await willOf([false])).toBeUndefined();
  });

  it('is not made where one is configured', async () => {
    const will = { topic: { name: 'gone' }, payloadContent: 'x' };
    expect(await willOf([true], { will })).toEqual(['gone', 'x', false]);
    expect(broker.packets('publish').filter(({ topic }) => topic === 'plant/$availability')).toEqual([]);
  });
});
