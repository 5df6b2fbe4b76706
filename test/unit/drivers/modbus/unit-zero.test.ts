import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModbusDriver } from '../../../../src/drivers/modbus/driver.ts';
import { configOf, driverFor, never, property } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer } from '../../../support/modbus/modbus-server.ts';

/** Over TCP unit 0 is the device at the address itself (MODBUS Messaging on TCP/IP V1.0b); behind a gateway it is broadcast. */
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
});
