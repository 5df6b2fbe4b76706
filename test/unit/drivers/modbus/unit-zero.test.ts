import type { DeviceError } from '../../../../src/base/errors.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModbusDriver } from '../../../../src/drivers/modbus/driver.ts';
import { configOf, driverFor, never, property } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer } from '../../../support/modbus/modbus-server.ts';

/** Over TCP unit 0 is the device at the address itself (MODBUS Messaging on TCP/IP V1.0b); behind a gateway it is broadcast. */
const many = [0, 200, 400].map((offset) => property(`p${offset}`, offset));

describe('unit 0', () => {
  let server: ModbusServer;
  let driver: ModbusDriver;

  beforeEach(async () => {
    server = await new ModbusServer().start();
    server.registers[0] = 7;
  });
  afterEach(async () => {
    await driver.close();
    await server.stop();
  });
  const make = (
    properties: readonly ReturnType<typeof property>[],
    parameters?: Record<string, unknown>,
  ): ModbusDriver =>
    (driver = driverFor(configOf(server.endpoint, properties, { workerID: 0, responseTimeout: '100ms' }, parameters)));

  it('is read and written like any other', async () => {
    const target = property('x', 0);
    await make([target]).connect(never());
    expect((await driver.read([target], never()))[0]).toMatchObject({ value: 7, quality: 'good' });
    server.missing.add(0);
    const [refused] = await driver.write([{ property: target, value: 1 }], never());
    expect(refused?.error?.code).toBe('MODBUS_EXCEPTION_2'); // its answer was awaited
  });

  it('that nobody answers says what it may be', async () => {
    server.handler = () => undefined;
    await expect(make([property('x', 0)], { timeout: '300ms' }).connect(never())).rejects.toMatchObject({
      code: 'TIMEOUT',
      advice: expect.stringContaining('WriteOnly'),
    });
  });

  it('is broadcast where all its properties are WriteOnly: nobody is waited for', async () => {
    server.handler = () => undefined;
    const target = property('x', 0, { accessMode: 'WriteOnly' });
    await make([target]).connect(never());
    expect(await driver.write([{ property: target, value: 1 }], never())).toEqual([{ name: 'x' }]);
    await expect.poll(() => server.requests.map(({ unit, function: code }) => [unit, code])).toEqual([[0, 6]]);
  });

  it('is broadcast in its turn where one request at a time is allowed: serial gateways drop the older of two', async () => {
    const other = driverFor(configOf(server.endpoint, [property('x', 0)], { workerID: 1 }));
    const target = property('x', 0, { accessMode: 'WriteOnly' });
    let answerIt: () => void = () => undefined;
    try {
      await other.connect(never());
      await make([target]).connect(never());
      server.requests.length = 0;
      server.handler = (request, answer) => {
        if (request.unit === 1) answerIt = () => answer(server.reply(request));
      };
      const reading = other.read([property('x', 0)], never());
      const writing = driver.write([{ property: target, value: 1 }], never());
      await expect.poll(() => server.requests.length).toBeGreaterThan(0);
      await new Promise((resolve) => setImmediate(resolve));
      expect(server.requests.map(({ unit }) => unit)).toEqual([1]);
      answerIt();
      expect((await reading)[0]).toMatchObject({ quality: 'good' });
      expect(await writing).toEqual([{ name: 'x' }]);
      await expect.poll(() => server.requests.map(({ unit }) => unit)).toEqual([1, 0]);
    } finally {
      await other.close();
    }
  });

  it('that is broadcast does not keep a dead connection alive for the others', async () => {
    const other = driverFor(configOf(server.endpoint, many, { workerID: 1, responseTimeout: '60ms' }));
    const lost = new Promise<DeviceError>((resolve) => other.events.once('lost', resolve));
    try {
      await other.connect(never());
      await make([property('x', 0, { accessMode: 'WriteOnly' })]).connect(never());
      server.handler = () => undefined;
      await expect(other.read(many, never())).rejects.toMatchObject({
        code: expect.stringMatching(/TIMEOUT|LINK_LOST/),
      });
      expect((await lost).message).toContain('nothing answers on this connection');
    } finally {
      await other.close();
    }
  });
});
