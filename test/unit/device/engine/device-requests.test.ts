import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { deviceBench, property, watch } from '../../../support/device/device-bench.ts';

const writesOf = (calls: readonly string[]): string[] => calls.filter((call) => call.startsWith('write'));

describe('write', () => {
  it('coerces, checks everything before anything is sent, and answers in order', async () => {
    const { device, driver } = deviceBench({
      properties: [
        property('flag', 'ReadWrite', { type: 'boolean' }),
        property('byte', 'WriteOnly', { type: 'uint8' }),
        property('ro', 'ReadOnly'),
      ],
    });
    await device.connect();
    const results = await device.write({ nope: 1, byte: 256, ro: 1, flag: 'true' });
    expect(results.map(({ name, error }) => [name, error?.code])).toEqual([
      ['nope', 'UNKNOWN_PROPERTY'],
      ['byte', 'BAD_VALUE'],
      ['ro', 'READ_ONLY'],
      ['flag', undefined],
    ]);
    expect(results[1]?.error?.message).toContain('"byte"');
    expect(writesOf(driver.calls)).toEqual(['write flag=true']);
    expect(driver.values.get('flag')).toBe(true);
    await device.close();
  });

  it('undoes the operations on the way in and applies them on the way out', async () => {
    const tenths = property('t', 'ReadWrite', {
      type: 'int16',
      orderOfOperations: [{ type: 'Multiply', value: '0.1' }],
    });
    const { device, driver, syncs } = deviceBench({ properties: [tenths] });
    driver.values.set('t', 3);
    await device.connect();
    expect(device.snapshot().properties[0]).toMatchObject({ value: 0.3, raw: 3 });
    expect(await device.write({ t: 21.5 })).toEqual([{ name: 't' }]);
    expect(driver.values.get('t')).toBe(215);
    await expect.poll(() => syncs.at(-1)).toMatchObject({ cause: 'write', changed: ['t'] });
    expect(device.snapshot().properties[0]).toMatchObject({ value: 21.5, raw: 215 });
    await device.close();
  });

  it('reads what was written without waiting for the next sync, unless it is WriteOnly or was refused', async () => {
    const { device, driver, clock, syncs } = deviceBench({
      properties: [property('a'), property('c', 'WriteOnly'), property('r')],
    });
    await device.connect();
    driver.writeErrors.set('r', new DeviceError('MODBUS_EXCEPTION_3', 'illegal value'));
    const results = await device.write({ a: 5, c: 6, r: 7 });
    expect(results.map((result) => result.error?.code)).toEqual([undefined, undefined, 'MODBUS_EXCEPTION_3']);
    await clock.settle();
    expect(driver.calls.slice(2)).toEqual(['write a=5,c=6,r=7', 'read a']);
    expect(syncs.at(-1)).toMatchObject({ cause: 'write', changed: ['a'] });
    await device.close();
  });

  it('waits for the link, the newest value of a property taking the place of older ones', async () => {
    const { device, driver, clock } = deviceBench();
    driver.connecting = 'reject';
    device.start();
    await clock.settle();
    const first = watch(device.write({ a: 1 }));
    const second = watch(device.write({ a: 2 }));
    await clock.settle();
    expect(first.outcome()).toMatchObject([{ name: 'a', error: { code: 'REPLACED' } }]);
    driver.connecting = 'ok';
    await clock.advance(1000);
    expect(second.outcome()).toEqual([{ name: 'a' }]);
    expect(writesOf(driver.calls)).toEqual(['write a=2']);
    await device.close();
  });

  it('does not reach the device after it has waited for the link as long as the timeout', async () => {
    const { device, driver, clock } = deviceBench();
    driver.connecting = 'reject';
    device.start();
    const written = watch(device.write({ a: 1 }));
    await clock.advance(1999);
    expect(written.outcome()).toBe('pending');
    await clock.advance(1);
    expect(written.outcome()).toMatchObject([{ error: { code: 'LINK_LOST' } }]);
    driver.connecting = 'ok';
    await clock.advance(60_000);
    expect(writesOf(driver.calls)).toEqual([]);
    await device.close();
  });

  it('is refused when the queue is full', async () => {
    const { device, clock } = deviceBench({
      properties: [property('a'), property('b'), property('c')],
      writeQueueDepth: 2,
    });
    const results = watch(device.write({ a: 1, b: 2, c: 3 }));
    await clock.advance(2000);
    expect(results.outcome()).toMatchObject([
      { error: { code: 'LINK_LOST' } },
      { error: { code: 'LINK_LOST' } },
      { name: 'c', error: { code: 'QUEUE_FULL' } },
    ]);
    expect(clock.pending).toEqual([]);
  });

  it('is told LINK_LOST when the link breaks while it is under way', async () => {
    const { device, driver, clock } = deviceBench();
    await device.connect();
    driver.writing = 'hangDeaf';
    const written = watch(device.write({ a: 1 }));
    await clock.settle();
    driver.lose('cable cut');
    await clock.settle();
    expect(written.outcome()).toMatchObject([{ name: 'a', error: { code: 'LINK_LOST', message: 'cable cut' } }]);
    await device.close();
  });

  it('that is not answered is told TIMEOUT; the next sync shows that the link still stands', async () => {
    const { device, driver, clock, syncs } = deviceBench();
    await device.connect();
    driver.writing = 'hang';
    const written = watch(device.write({ a: 1 }));
    await clock.advance(2000);
    expect(written.outcome()).toMatchObject([{ error: { code: 'TIMEOUT' } }]);
    expect(syncs).toHaveLength(2);
    expect(device.snapshot().state).toBe('healthy');
    await device.close();
  });

  it('takes an ad-hoc definition before a declared property of the same name', async () => {
    const { device, driver, clock, syncs } = deviceBench();
    await device.connect();
    const results = await device.write({ b: 7, x: 8 }, [property('b', 'WriteOnly'), property('x')]);
    expect(results).toEqual([{ name: 'b' }, { name: 'x' }]);
    await clock.settle();
    expect(writesOf(driver.calls)).toEqual(['write b=7,x=8']);
    expect(syncs).toHaveLength(1); // nothing of the table was touched
    await device.close();
  });
});

describe('read', () => {
  it('answers all readable properties and merges them', async () => {
    const { device, driver, syncs } = deviceBench({ properties: [property('a'), property('c', 'WriteOnly')] });
    await device.connect();
    driver.values.set('a', 9);
    expect(await device.read()).toMatchObject([{ name: 'a', value: 9, quality: 'good' }]);
    expect(syncs.at(-1)).toMatchObject({ cause: 'read', changed: ['a'] });
    expect(device.snapshot().properties[0]?.value).toBe(9);
    await device.close();
  });

  it('answers in the order asked for, with bad readings for what cannot be read', async () => {
    const { device } = deviceBench({ properties: [property('a'), property('c', 'WriteOnly')] });
    await device.connect();
    const readings = await device.read(['nope', 'c', 'a', 'a']);
    expect(readings.map(({ name, error }) => [name, error?.code])).toEqual([
      ['nope', 'UNKNOWN_PROPERTY'],
      ['c', 'WRITE_ONLY'],
      ['a', undefined],
      ['a', undefined],
    ]);
    await device.close();
  });

  it('applies the operations of ad-hoc properties and keeps them out of the snapshot', async () => {
    const { device, driver, syncs } = deviceBench();
    driver.values.set('x', 50);
    await device.connect();
    const half = property('x', 'ReadOnly', { orderOfOperations: [{ type: 'Divide', value: '2' }] });
    expect(await device.read(undefined, [half])).toMatchObject([{ name: 'x', value: 25, raw: 50 }]);
    expect(device.snapshot().properties.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(syncs).toHaveLength(1);
    await device.close();
  });

  it('waits for the link at most the timeout, then rejects', async () => {
    const { device, clock } = deviceBench();
    const read = watch(device.read());
    await clock.advance(2000);
    expect(read.outcome()).toMatchObject({ code: 'LINK_LOST' });
    expect(clock.pending).toEqual([]);
  });

  it('rejects with TIMEOUT when not answered, and with the reason when the link is lost', async () => {
    const { device, driver, clock } = deviceBench();
    await device.connect();
    driver.reading = 'hang';
    const silent = watch(device.read(['a']));
    await clock.advance(2000);
    expect(silent.outcome()).toMatchObject({ code: 'TIMEOUT' });
    await clock.advance(2000); // the sync that follows is not answered either: a new link
    driver.reading = 'ok';
    await device.connect();
    driver.reading = 'reject';
    const lost = watch(device.read(['a']));
    await clock.settle();
    expect(lost.outcome()).toMatchObject({ code: 'LINK_LOST', message: 'refused by the fake' });
    expect(device.snapshot().state).toBe('unhealthy');
    await device.close();
  });
});

describe('desired values', () => {
  const desired = [property('a', 'ReadWrite', { value: 20 }), property('w', 'WriteOnly', { value: 1 })];

  it('are written before the first sync, on each connect', async () => {
    const { device, driver, clock } = deviceBench({ properties: desired });
    await device.connect();
    driver.lose();
    await clock.advance(1000);
    const once = ['connect', 'write a=20,w=1', 'read a'];
    expect(driver.calls).toEqual([...once, 'close', ...once]);
    await device.close();
  });

  it('that are refused, by type or by the device, are a problem and nothing more', async () => {
    const { device, driver, clock, problems } = deviceBench({
      properties: [...desired, property('s', 'ReadWrite', { type: 'int8', value: 1000 })],
    });
    driver.writeErrors.set('w', new DeviceError('REFUSED', 'not now'));
    await device.connect();
    expect(device.snapshot().state).toBe('healthy');
    expect(problems.map(({ code, message }) => [code, message.split(':')[0]])).toEqual([
      ['BAD_VALUE', 's'],
      ['REFUSED', 'w'],
    ]);
    driver.lose();
    await clock.advance(1000);
    expect(problems).toHaveLength(3); // the lost link; the refusals are known
    await device.close();
  });

  it('of a device that does not answer the write in time are a problem', async () => {
    const { device, driver, clock, problems } = deviceBench({ properties: desired });
    driver.writing = 'hang';
    device.start();
    await clock.advance(2000);
    expect(problems).toMatchObject([
      { code: 'TIMEOUT', message: expect.stringContaining('a, w: desired value refused') },
    ]);
    expect(device.snapshot().state).toBe('healthy');
    await device.close();
  });
});
