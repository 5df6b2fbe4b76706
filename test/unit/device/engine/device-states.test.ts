import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { deviceBench, property, watch } from '../../../support/device/device-bench.ts';

describe('the states of a device', () => {
  it('goes from idle over connecting to healthy, and syncs at its interval', async () => {
    const { device, driver, clock, states, syncs } = deviceBench();
    driver.values.set('a', 1).set('b', 2);
    expect(device.snapshot().state).toBe('idle');
    device.start();
    expect(device.snapshot().state).toBe('connecting');
    await clock.settle();
    expect(states).toEqual(['connecting', 'healthy']);
    expect(driver.calls).toEqual(['connect', 'read a,b']);
    expect(device.snapshot()).toMatchObject({
      lastSync: clock.now(),
      missedBeats: 0,
      properties: [
        { name: 'a', value: 1, quality: 'good' },
        { name: 'b', value: 2, quality: 'good' },
      ],
    });
    await clock.advance(30_000);
    expect(syncs.map((sync) => [sync.cause, sync.changed])).toEqual([
      ['sync', ['a', 'b']],
      ['sync', []],
      ['sync', []],
      ['sync', []],
    ]);
    await device.close();
    expect(states).toEqual(['connecting', 'healthy', 'closed']);
    expect(clock.pending).toEqual([]);
  });

  it('is degraded while a property is bad, keeping its last good value and time', async () => {
    const { device, driver, clock, states } = deviceBench();
    driver.values.set('a', 41);
    device.start();
    await clock.settle();
    const goodAt = clock.now();
    driver.readErrors.set('a', new DeviceError('MODBUS_EXCEPTION_2', 'illegal data address'));
    await clock.advance(10_000);
    expect(device.snapshot()).toMatchObject({
      state: 'degraded',
      lastError: { code: 'MODBUS_EXCEPTION_2' },
      properties: [{ value: 41, quality: 'bad', updatedAt: goodAt, error: { code: 'MODBUS_EXCEPTION_2' } }, {}],
    });
    driver.readErrors.clear();
    await clock.advance(10_000);
    expect(states).toEqual(['connecting', 'healthy', 'degraded', 'healthy']);
    expect(device.snapshot().lastError).toBeUndefined();
    expect(device.snapshot().properties[0]?.error).toBeUndefined();
    await device.close();
  });

  it('is unhealthy when the link is lost, and healthy again after a retry', async () => {
    const { device, driver, clock, states } = deviceBench();
    device.start();
    await clock.settle();
    driver.lose('cable cut');
    await clock.settle();
    expect(device.snapshot()).toMatchObject({
      state: 'unhealthy',
      lastError: { code: 'LINK_LOST', message: 'cable cut' },
      properties: [
        { value: 0, quality: 'bad' },
        { value: 0, quality: 'bad' },
      ],
    });
    await clock.advance(999);
    expect(states.at(-1)).toBe('unhealthy');
    await clock.advance(1);
    expect(states).toEqual(['connecting', 'healthy', 'unhealthy', 'healthy']);
    await device.close();
  });

  it('is unhealthy when every property times out, and makes a new link', async () => {
    const { device, driver, clock } = deviceBench();
    device.start();
    await clock.settle();
    for (const name of ['a', 'b']) driver.readErrors.set(name, new DeviceError('TIMEOUT', 'no answer'));
    await clock.advance(10_000);
    expect(device.snapshot()).toMatchObject({ state: 'unhealthy', lastError: { code: 'TIMEOUT' } });
    expect(driver.calls.at(-1)).toBe('close');
    driver.readErrors.clear();
    await clock.advance(1000);
    expect(device.snapshot().state).toBe('healthy');
    await device.close();
  });

  it('is only degraded when every property is refused: the device does answer', async () => {
    const { device, driver, clock } = deviceBench();
    for (const name of ['a', 'b']) driver.readErrors.set(name, new DeviceError('REFUSED', 'no'));
    device.start();
    await clock.settle();
    expect(device.snapshot().state).toBe('degraded');
    await device.close();
  });

  it('retries the first connect after 1, 2, 4 ... 60 s, for ever', async () => {
    const { device, driver, clock, states } = deviceBench();
    driver.connecting = 'reject';
    device.start();
    const times: number[] = [];
    let seen = 0;
    const start = clock.now();
    while (times.length < 9) {
      await clock.advance(500);
      const connects = driver.calls.filter((call) => call === 'connect').length;
      if (connects > seen) times.push(Math.floor((clock.now() - start) / 1000));
      seen = connects;
    }
    expect(times).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    expect(states).toEqual(['connecting', 'unhealthy']);
    await device.close();
    expect(clock.pending).toEqual([]);
  });

  it('waits no longer between attempts than the driver wishes', async () => {
    const { device, driver, clock } = deviceBench({ maxRetryDelayMs: 3000 });
    driver.connecting = 'reject';
    device.start();
    const pauses: unknown[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      await clock.settle();
      pauses.push(...clock.pending);
      await clock.advance(clock.pending[0] ?? 0);
    }
    expect(pauses).toEqual([1000, 2000, 3000, 3000]);
    await device.close();
  });

  it('shortens the pauses by chance, by a fifth at most', async () => {
    const { device, driver, clock } = deviceBench({ random: () => 0.999 });
    driver.connecting = 'reject';
    device.start();
    await clock.settle();
    expect(clock.pending).toEqual([800]);
    await device.close();
  });

  it('starts the backoff afresh only after a device has answered', async () => {
    const { device, driver, clock } = deviceBench();
    driver.reading = 'reject'; // the link is made each time, but the first sync fails
    device.start();
    await clock.advance(7500);
    expect(driver.calls.filter((call) => call === 'connect')).toHaveLength(4);
    expect(clock.pending).toEqual([8000]);
    driver.reading = 'ok';
    await clock.advance(8000);
    driver.lose();
    await clock.settle();
    expect(clock.pending).toEqual([1000]);
    await device.close();
  });

  it('gives up an attempt that takes longer than the timeout', async () => {
    const { device, driver, clock } = deviceBench();
    driver.connecting = 'hangDeaf';
    const connected = watch(device.connect());
    await clock.advance(2000);
    expect(connected.outcome()).toMatchObject({ code: 'TIMEOUT', message: 'no answer to connect within 2s' });
    expect(device.snapshot().state).toBe('unhealthy');
    driver.connecting = 'ok';
    await clock.advance(1000);
    expect(device.snapshot().state).toBe('healthy');
    await device.close();
  });

  it('does not overlap a slow cycle, and counts the beats it missed', async () => {
    const { device, driver, clock, syncs } = deviceBench({ syncIntervalMs: 1000 });
    device.start();
    await clock.settle();
    driver.readDelayMs = 1900;
    await clock.advance(10_950); // beats at 1, 2 ... 10 s; every other one comes while a cycle runs
    expect(device.snapshot().missedBeats).toBe(5);
    expect(driver.calls.filter((call) => call.startsWith('read'))).toHaveLength(6);
    expect(syncs).toHaveLength(6);
    await device.close();
    expect(clock.pending).toEqual([]);
  });

  it('tells a device without properties healthy once it is connected', async () => {
    const { device, clock, syncs } = deviceBench({ properties: [] });
    await device.connect();
    expect(device.snapshot().state).toBe('healthy');
    await clock.advance(10_000);
    expect(syncs).toHaveLength(2);
    await device.close();
  });

  it('reads ReadOnce properties once a connection, WriteOnly ones never', async () => {
    const { device, driver, clock } = deviceBench({
      properties: [property('once', 'ReadOnce'), property('cmd', 'WriteOnly'), property('v', 'ReadOnly')],
    });
    device.start();
    await clock.advance(10_000);
    driver.lose();
    await clock.advance(1000);
    expect(driver.calls.filter((call) => call.startsWith('read'))).toEqual(['read once,v', 'read v', 'read once,v']);
    expect(device.snapshot().state).toBe('healthy');
    await device.close();
  });
});
