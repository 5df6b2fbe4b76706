import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModbusDriver } from '../../../../src/drivers/modbus/driver.ts';
import { configOf, driverFor, never, property, realPorts } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer } from '../../../support/modbus/modbus-server.ts';

const many = Array.from({ length: 5 }, (_, index) => property(`p${index}`, index * 200));

/** pymodbus 3.16.1 throws all but the first request of a segment away. */
describe('a server that answers only the first request of a segment', () => {
  let server: ModbusServer;
  let drivers: ModbusDriver[];
  let warned: string[];

  beforeEach(async () => {
    server = await new ModbusServer().start();
    drivers = [];
    warned = [];
  });
  afterEach(async () => {
    await Promise.all(drivers.map((driver) => driver.close()));
    await server.stop();
  });

  async function connected(workerID = 1): Promise<ModbusDriver> {
    const tcp = { workerID, pipelining: 4, responseTimeout: '200ms' };
    const config = configOf(server.endpoint, many, tcp, { timeout: '3s' });
    const log = { ...realPorts.log, warn: (text: string) => warned.push(text) };
    const driver = driverFor(config, { ...realPorts, log });
    drivers.push(driver);
    await driver.connect(never());
    return driver;
  }
  const read = async (driver: ModbusDriver): Promise<(string | undefined)[]> =>
    (await driver.read(many, never())).map(({ quality, error }) => error?.message ?? quality);

  it('is asked one by one from then on, which is said once, and every value is good', async () => {
    server.answersFirstOnly = true;
    const driver = await connected();
    expect(await read(driver)).toEqual(Array(5).fill('good'));
    expect(warned).toEqual([
      `${server.endpoint} does not answer a request that comes while another is in flight: from now on one at a time, as with pipelining 1`,
    ]);
    server.requests.length = 0;
    expect(await read(driver)).toEqual(Array(5).fill('good'));
    expect(server.requests).toHaveLength(5);

    await driver.close();
    await driver.connect(never());
    server.requests.length = 0;
    expect(await read(driver)).toEqual(Array(5).fill('good'));
    expect(server.requests).toHaveLength(5);
    expect(warned).toHaveLength(1);
  });

  it('is recognised although two units share it, and one register of each is silent by itself', async () => {
    server.answersFirstOnly = true;
    server.handler = (request, answer) => {
      if (request.offset !== 400) answer(server.reply(request));
    };
    const both = [await connected(), await connected(2)];
    const expected = ['good', 'good', expect.stringContaining('registers 400'), 'good', 'good'];
    await Promise.all(both.map((driver) => read(driver)));
    for (let sync = 0; sync < 2; sync++) {
      expect(await Promise.all(both.map((driver) => read(driver)))).toEqual([expected, expected]);
    }
    expect(new Set(warned).size).toBe(1);
  });

  it('is not mistaken for one that does not answer for one register', async () => {
    const driver = await connected();
    server.handler = (request, answer) => {
      if (request.offset !== 400) answer(server.reply(request));
    };
    expect(await read(driver)).toEqual([
      'good',
      'good',
      expect.stringContaining('read of holding registers 400 of unit 1: no answer within 200ms'),
      'good',
      'good',
    ]);
    expect(warned).toEqual([]);
  });
});
