import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { deviceBench, property, watch } from '../../../support/device/device-bench.ts';

describe('connect and disconnect', () => {
  it('settles with the outcome of the attempt under way, and goes on trying', async () => {
    const { device, driver, clock } = deviceBench();
    driver.connecting = 'reject';
    device.start();
    await expect(device.connect()).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    driver.connecting = 'ok';
    await clock.advance(1000);
    await expect(device.connect()).resolves.toBeUndefined();
    expect(device.snapshot().state).toBe('healthy');
    await device.close();
  });

  for (const wish of ['close', 'disconnect'] as const) {
    it(`is told CLOSED when ${wish} comes while the driver still closes the link before`, async () => {
      const { device, driver, clock } = deviceBench();
      driver.closing = 'hangDeaf';
      device.start();
      await clock.settle();
      driver.lose();
      await clock.settle();
      const connected = watch(device.connect());
      const ended = watch(device[wish]());
      await clock.advance(4500);
      expect(ended.outcome()).toBeUndefined();
      expect(connected.outcome()).toMatchObject({ code: 'CLOSED' });
    });
  }

  it('tries at once, not after the pause', async () => {
    const { device, driver, clock } = deviceBench();
    driver.connecting = 'reject';
    device.start();
    await clock.advance(20_000); // in the pause of 16 s
    driver.connecting = 'ok';
    await device.connect();
    expect(device.snapshot().state).toBe('healthy');
    await device.close();
  });

  it('stops polling and retries, and refuses requests, until connected again', async () => {
    const { device, driver, clock, states } = deviceBench();
    await device.connect();
    await device.disconnect();
    expect(device.snapshot().state).toBe('disconnected');
    expect(clock.pending).toEqual([]);
    const calls = driver.calls.length;
    await clock.advance(100_000);
    expect(driver.calls).toHaveLength(calls);
    expect(await device.write({ a: 1 })).toMatchObject([{ error: { code: 'CLOSED' } }]);
    await expect(device.read()).rejects.toMatchObject({ code: 'CLOSED' });
    await device.connect();
    expect(states).toEqual(['connecting', 'healthy', 'disconnected', 'connecting', 'healthy']);
    await device.close();
  });

  it('drops what is under way when disconnected', async () => {
    const { device, driver, clock } = deviceBench();
    await device.connect();
    driver.writing = 'hangDeaf';
    const under = watch(device.write({ a: 1 }));
    await clock.settle();
    const waiting = watch(device.write({ a: 2 }));
    const reading = watch(device.read());
    await device.disconnect();
    await clock.settle();
    for (const { outcome } of [under, waiting]) expect(outcome()).toMatchObject([{ error: { code: 'CLOSED' } }]);
    expect(reading.outcome()).toMatchObject({ code: 'CLOSED' });
    await device.close();
  });

  it('ends an attempt under way', async () => {
    const { device, driver, clock } = deviceBench();
    driver.connecting = 'hang';
    const connecting = watch(device.connect());
    await device.disconnect();
    await clock.settle();
    expect(connecting.outcome()).toMatchObject({ code: 'CLOSED' });
    expect(device.snapshot()).toMatchObject({ state: 'disconnected' });
    expect(device.snapshot().lastError).toBeUndefined();
    await device.close();
  });
});

describe('close', () => {
  const situations: Record<string, (bench: ReturnType<typeof deviceBench>) => Promise<void>> = {
    idle: () => Promise.resolve(),
    connecting: async ({ device, driver, clock }) => {
      driver.connecting = 'hangDeaf';
      device.start();
      await clock.settle();
    },
    healthy: async ({ device }) => device.connect(),
    'in the middle of a sync': async ({ device, driver, clock }) => {
      await device.connect();
      driver.reading = 'hangDeaf';
      await clock.advance(10_000);
    },
    'pausing between attempts': async ({ device, driver, clock }) => {
      driver.connecting = 'reject';
      device.start();
      await clock.settle();
    },
    disconnected: async ({ device }) => {
      await device.connect();
      await device.disconnect();
    },
  };

  for (const [situation, arrange] of Object.entries(situations)) {
    for (const closing of ['ok', 'hangDeaf', 'throw'] as const) {
      it(`settles within 5 s and leaves no timer: ${situation}, driver's close: ${closing}`, async () => {
        const bench = deviceBench();
        await arrange(bench);
        bench.driver.closing = closing;
        const closed = watch(Promise.all([bench.device.close(), bench.device.close()]));
        await bench.clock.advance(5000);
        expect(closed.outcome()).toEqual([undefined, undefined]);
        expect(bench.clock.pending).toEqual([]);
        expect(bench.device.snapshot().state).toBe('closed');
        expect(bench.states.at(-1)).toBe('closed');
        await expect(bench.device.connect()).rejects.toMatchObject({ code: 'CLOSED' });
        expect(await bench.device.write({ a: 1 })).toMatchObject([{ error: { code: 'CLOSED' } }]);
        bench.driver.lose();
        await bench.clock.advance(100_000);
        expect(bench.device.snapshot().state).toBe('closed');
        expect(bench.driver.events.listenerCount('lost')).toBe(0);
      });
    }
  }
});

describe('a driver that misbehaves', () => {
  it('may answer late: results of an older link change nothing', async () => {
    const { device, driver, clock } = deviceBench({ properties: [property('a')], notifications: true });
    await device.connect();
    const oldSink = driver.sink!;
    driver.readDelayMs = 5000;
    driver.values.set('a', 111);
    await clock.advance(10_000); // a sync begins
    driver.lose();
    driver.readDelayMs = 0;
    driver.values.set('a', 222);
    await clock.advance(1000); // a new link
    expect(device.snapshot().properties[0]).toMatchObject({ value: 222, quality: 'good' });
    oldSink([{ name: 'a', value: 333, quality: 'good', updatedAt: clock.now() }]);
    driver.values.set('a', 444);
    await clock.advance(4500); // the old read answers now
    expect(device.snapshot().properties[0]?.value).toBe(222);
    await device.close();
  });

  it('may tell a lost link twice, as `lost` and as a rejected read: it is one loss, with one pause', async () => {
    const { device, driver, clock, problems } = deviceBench();
    await device.connect();
    driver.reading = 'hang';
    await clock.advance(10_000);
    driver.lose('cable cut');
    driver.lose('cable cut, I said');
    await clock.settle();
    expect(clock.pending).toEqual([1000]);
    expect(driver.calls.filter((call) => call === 'close')).toHaveLength(1);
    expect(problems.map(({ message }) => message)).toEqual(['cable cut']);
    await device.close();
  });

  it('may connect after it was given up: that link is closed', async () => {
    const { device, driver, clock } = deviceBench();
    let finish: () => void = () => undefined;
    driver.connect = () => new Promise<void>((resolve) => (finish = resolve));
    device.start();
    await clock.advance(2000);
    await device.disconnect();
    const closes = driver.calls.filter((call) => call === 'close').length;
    finish();
    await clock.settle();
    expect(driver.calls.filter((call) => call === 'close')).toHaveLength(closes + 1);
    await device.close();
  });

  it('may answer junk: the properties are bad, and the device goes on', async () => {
    const { device, driver, clock } = deviceBench();
    driver.reading = 'junk';
    await device.connect();
    expect(device.snapshot()).toMatchObject({ state: 'degraded', lastError: { code: 'BAD_RESPONSE' } });
    driver.writing = 'junk';
    expect(await device.write({ a: 1 })).toMatchObject([{ name: 'a', error: { code: 'BAD_RESPONSE' } }]);
    driver.reading = 'ok';
    await clock.advance(10_000);
    expect(device.snapshot().state).toBe('healthy');
    await device.close();
  });

  it('may throw at once in every verb', async () => {
    const { device, driver, clock } = deviceBench();
    driver.connecting = 'throw';
    device.start();
    await clock.settle();
    expect(device.snapshot().lastError).toMatchObject({ message: 'thrown by the fake' });
    driver.connecting = 'ok';
    driver.reading = 'throw';
    await clock.advance(1000);
    expect(device.snapshot().state).toBe('unhealthy');
    driver.reading = 'ok';
    await clock.advance(2000);
    driver.writing = 'throw';
    expect(await device.write({ a: 1 })).toMatchObject([{ error: { message: 'thrown by the fake' } }]);
    await device.close();
  });
});

describe('notifications', () => {
  const properties = [property('n', 'NotifyOnly'), property('a')];

  it('are merged as they come; NotifyOnly properties are never read', async () => {
    const { device, driver, clock, syncs } = deviceBench({ properties, notifications: true });
    await device.connect();
    expect(driver.calls).toEqual(['connect', 'subscribe n,a', 'read a']);
    driver.sink!([{ name: 'n', value: 72, quality: 'good', updatedAt: clock.now() }]);
    expect(syncs.at(-1)).toMatchObject({ cause: 'notify', changed: ['n'] });
    expect(await device.read(['n'])).toMatchObject([{ name: 'n', value: 72 }]);
    driver.sink!([{ name: 'n', value: undefined, quality: 'bad', error: new DeviceError('X', 'x'), updatedAt: 0 }]);
    expect(device.snapshot().state).toBe('degraded');
    await device.disconnect();
    expect(driver.calls).toContain('unsubscribe');
    await device.close();
  });

  it('that a driver cannot give are told as a problem', async () => {
    const { device, problems } = deviceBench({ properties });
    await device.connect();
    expect(problems).toMatchObject([{ code: 'CONFIG' }]);
    await device.close();
  });
});

describe('problems', () => {
  it('are told once, counted, and logged when they come and when they go', async () => {
    const { device, driver, clock, problems, log } = deviceBench();
    for (const name of ['a', 'b']) driver.readErrors.set(name, new DeviceError('NO', 'no such register'));
    await device.connect();
    await clock.advance(110_000);
    expect(problems.map(({ message }) => message)).toEqual(['a, b: no such register']);
    driver.readErrors.clear();
    await clock.advance(10_000);
    expect(log.lines).toEqual([
      'warn: a, b: no such register [NO]',
      'info: no longer: a, b: no such register (12 times since 2026-01-01T00:00:00.000Z)',
    ]);
    await device.close();
  });

  it('of a listener do not stop the device', async () => {
    const { device, clock, syncs, log } = deviceBench();
    device.events.prependListener('sync', () => {
      throw new Error('listener broke');
    });
    await device.connect();
    await clock.advance(10_000);
    expect(device.snapshot().state).toBe('healthy');
    expect(syncs).toHaveLength(0); // emit stops at the first listener that throws
    expect(log.lines.every((line) => line.includes('listener broke'))).toBe(true);
    await device.close();
  });
});

describe('the deadband', () => {
  it('is measured from the value last reported, so that a slow drift shows', async () => {
    const { device, driver, clock, syncs } = deviceBench({ properties: [property('a', 'ReadOnly', { deadband: 2 })] });
    for (const value of [10, 11, 12, 13, 14]) {
      driver.values.set('a', value);
      if (value === 10) await device.connect();
      else await clock.advance(10_000);
    }
    expect(syncs.map(({ changed }) => changed)).toEqual([['a'], [], [], ['a'], []]);
    expect(device.snapshot().properties[0]?.value).toBe(14);
    await device.close();
  });
});
