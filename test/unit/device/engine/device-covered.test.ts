import { describe, expect, it } from 'vitest';
import { deviceBench, property } from '../../../support/device/device-bench.ts';

const properties = [property('a'), property('b', 'ReadOnly'), property('c', 'ReadOnly')];

/** In service, `a` and `b` notified, `c` polled. */
async function bench(covered = new Set(['a', 'b'])) {
  const parts = deviceBench({ properties, notifications: true, covered });
  parts.device.start();
  await parts.clock.settle();
  return parts;
}

const reads = (calls: readonly string[]): string[] => calls.filter((call) => call.startsWith('read '));

describe('properties that the subscription covers', () => {
  it('are read by the first sync and not polled after it', async () => {
    const { device, driver, clock } = await bench();
    await clock.advance(20_000);
    expect(reads(driver.calls)).toEqual(['read a,b,c', 'read c', 'read c']);
    await device.close();
  });

  it('still make a sync at each beat, with what was notified since', async () => {
    const { device, driver, clock, syncs } = await bench(new Set(['a', 'b', 'c']));
    driver.sink?.([{ name: 'a', value: 5, quality: 'good', updatedAt: clock.now() }]);
    await clock.advance(10_000);
    expect(reads(driver.calls)).toEqual(['read a,b,c']);
    expect(syncs.map(({ cause, changed }) => [cause, changed])).toEqual([
      ['sync', ['a', 'b', 'c']],
      ['notify', ['a']],
      ['sync', []],
    ]);
    expect(syncs[2]?.snapshot).toMatchObject({
      lastSync: clock.now(),
      state: 'healthy',
      properties: [{ value: 5 }, {}, {}],
    });
    await device.close();
  });

  it('are read from the device on demand, and after a write', async () => {
    const { device, driver, clock } = await bench();
    driver.values.set('b', 8);
    const read = device.read(['b']);
    await clock.settle();
    expect(await read).toMatchObject([{ name: 'b', value: 8 }]);
    const written = device.write({ a: 3 });
    await clock.settle();
    expect(await written).toEqual([{ name: 'a' }]);
    expect(driver.calls.slice(-3)).toEqual(['read b', 'write a=3', 'read a']);
    await device.close();
  });

  it('are polled again as soon as they are covered no longer', async () => {
    const covered = new Set(['a', 'b']);
    const { device, driver, clock } = await bench(covered);
    await clock.advance(10_000);
    covered.delete('b');
    await clock.advance(10_000);
    expect(reads(driver.calls)).toEqual(['read a,b,c', 'read c', 'read b,c']);
    await device.close();
  });

  it('are all read on a new link', async () => {
    const { device, driver, clock } = await bench();
    driver.lose();
    await clock.advance(2000);
    expect(reads(driver.calls)).toEqual(['read a,b,c', 'read a,b,c']);
    await device.close();
  });

  it('are read once more when a write was not answered, to see whether the device still answers', async () => {
    const { device, driver, clock } = await bench();
    driver.writing = 'hang';
    const written = device.write({ a: 1 });
    await clock.advance(2000);
    expect(await written).toMatchObject([{ error: { code: 'TIMEOUT' } }]);
    await clock.settle();
    expect(reads(driver.calls)).toEqual(['read a,b,c', 'read a,b,c']);
    await device.close();
  });
});
