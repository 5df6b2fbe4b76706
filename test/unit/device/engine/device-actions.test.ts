import { describe, expect, it } from 'vitest';
import type { DriverMessage } from '../../../../src/device/driver.ts';
import { deviceBench, watch } from '../../../support/device/device-bench.ts';

async function bench() {
  const parts = deviceBench({ actions: true });
  parts.device.start();
  await parts.clock.settle();
  return parts;
}

describe("a protocol's own actions", () => {
  it('answer what the driver answered', async () => {
    const { device, driver } = await bench();
    expect(await device.perform('browse', { payload: 'i=85' })).toEqual({ payload: 'i=85' });
    expect(driver.calls.at(-1)).toBe('perform browse');
    await device.close();
  });

  it('wait for the link, at most the timeout', async () => {
    const { device, driver, clock } = deviceBench({ actions: true });
    driver.connecting = 'reject';
    device.start();
    const late = watch(device.perform('browse', {}));
    await clock.advance(1999);
    expect(late.outcome()).toBe('pending');
    await clock.advance(1);
    expect(late.outcome()).toMatchObject({ code: 'LINK_LOST' });

    const inTime = device.perform('browse', {});
    driver.connecting = 'ok';
    void device.connect();
    await clock.settle();
    expect(await inTime).toEqual({});
    await device.close();
  });

  it('are given up after the timeout, without losing the link or holding up the syncs', async () => {
    const { device, driver, clock, states } = await bench();
    driver.performing = 'hangDeaf';
    const action = watch(device.perform('history', {}));
    await clock.advance(2000);
    expect(action.outcome()).toMatchObject({ code: 'TIMEOUT', message: 'no answer to history within 2s' });
    await clock.advance(10_000);
    expect(driver.calls.at(-1)).toBe('read a,b');
    expect(states).toEqual(['connecting', 'healthy']);
    await device.close();
    expect(clock.pending).toEqual([]);
  });

  it.each([
    ['reject', 'REFUSED'],
    ['throw', 'BAD_RESPONSE'],
  ] as const)('reject with a DeviceError when the driver does: %s', async (behaviour, code) => {
    const { device, driver } = await bench();
    driver.performing = behaviour;
    await expect(device.perform('call', {})).rejects.toMatchObject({ name: 'DeviceError', code });
    await device.close();
  });

  it('are refused by a driver that has none', async () => {
    const { device, clock } = deviceBench();
    device.start();
    await clock.settle();
    await expect(device.perform('browse', {})).rejects.toMatchObject({ code: 'CONFIG' });
    await device.close();
  });

  it('run ten at a time; more wait for their turn, up to the depth of the queue', async () => {
    const { device, driver, clock } = deviceBench({ actions: true, writeQueueDepth: 2 });
    device.start();
    await clock.settle();
    driver.performing = 'hang';
    const all = Array.from({ length: 13 }, () => watch(device.perform('call', {})));
    await clock.settle();
    expect(driver.calls.filter((call) => call === 'perform call')).toHaveLength(10);
    expect(all[12]?.outcome()).toMatchObject({ code: 'QUEUE_FULL' });
    driver.performing = 'ok';
    await clock.advance(2000);
    expect(all.slice(10, 12).map(({ outcome }) => outcome())).toEqual([{}, {}]);
    await device.close();
  });

  it('end when the link is lost', async () => {
    const { device, driver, clock } = await bench();
    driver.performing = 'hang';
    const action = watch(device.perform('history', {}));
    driver.lose('cable cut');
    await clock.settle();
    expect(action.outcome()).toMatchObject({ code: 'LINK_LOST', message: 'cable cut' });
    await device.close();
  });

  it('end on close: those under way, those waiting, and those that come after it', async () => {
    const { device, driver, clock } = await bench();
    driver.performing = 'hangDeaf';
    const all = Array.from({ length: 11 }, () => watch(device.perform('call', {})));
    await device.close();
    all.push(watch(device.perform('call', {})));
    await clock.settle();
    for (const { outcome } of all) expect(outcome()).toMatchObject({ code: 'CLOSED' });
  });
});

describe('messages of a driver', () => {
  it('are told until the device is closed', async () => {
    const { device, driver } = await bench();
    const told: DriverMessage[] = [];
    device.events.on('message', (message) => told.push(message));
    driver.messages.emit('message', { action: 'event', payload: { severity: 500 } });
    await device.close();
    driver.messages.emit('message', { action: 'event', payload: { severity: 600 } });
    expect(told).toEqual([{ action: 'event', payload: { severity: 500 } }]);
    expect(driver.messages.listenerCount('message')).toBe(0);
  });
});
