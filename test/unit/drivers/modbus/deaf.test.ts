import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModbusDriver } from '../../../../src/drivers/modbus/driver.ts';
import { configOf, driverFor, never, property } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer } from '../../../support/modbus/modbus-server.ts';

const level = property('level', 0);

/** Some inverters take a connection at once and ignore requests for its first 1 to 8 s. */
describe('a device that is deaf after connect', () => {
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

  function make(tcp: Record<string, unknown>): ModbusDriver {
    driver = driverFor(configOf(server.endpoint, [level], tcp, { timeout: '6s' }));
    return driver;
  }

  it('is asked again on the same connection until it hears', async () => {
    server.deafMs = 400;
    await make({ responseTimeout: '100ms' }).connect(never());
    expect(server.accepted).toBe(1);
    expect((await driver.read([level], never()))[0]).toMatchObject({ value: 7 });
    expect(server.accepted).toBe(1);
  });

  it('is given up within the time of the whole operation, for the first reason', async () => {
    server.handler = () => undefined;
    driver = driverFor(configOf(server.endpoint, [level], { responseTimeout: '100ms' }, { timeout: '500ms' }));
    await expect(driver.connect(never())).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'read of holding registers 0 of unit 1: no answer within 100ms',
    });
    expect(server.requests.length).toBeGreaterThanOrEqual(3);
    expect(server.accepted).toBe(1);
  });

  it('is not asked before connectDelay is over', async () => {
    server.deafMs = 150;
    await make({ responseTimeout: '2s', connectDelay: '250ms' }).connect(never());
    expect(server.requests[0]?.offset).toBe(0); // the first request was heard
    expect(server.accepted).toBe(1);
  });

  it('may close while connectDelay lasts', async () => {
    const connecting = make({ connectDelay: '5s' }).connect(never());
    await expect.poll(() => server.sockets.size).toBe(1);
    server.closeConnections('FIN');
    await expect(connecting).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('the device closed the connection'),
    });
  });
});
