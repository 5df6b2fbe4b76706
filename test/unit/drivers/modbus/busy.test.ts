import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Device } from '../../../../src/device/engine/device.ts';
import type { ModbusProperty } from '../../../../src/drivers/modbus/config/property.ts';
import { configOf, driverFor, property, realPorts } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer } from '../../../support/modbus/modbus-server.ts';

const identity = { uid: '00000000-0000-4000-8000-000000000001', name: 'x', namespace: 'n', protocol: 'modbus' };

/** Gateways answer 6 while their serial line is taken, devices 5 and 6 while they carry out a command. */
describe('a device that is busy', () => {
  let server: ModbusServer;
  let device: Device<ModbusProperty>;
  let problems: string[];

  beforeEach(async () => {
    server = await new ModbusServer().start();
    problems = [];
  });
  afterEach(async () => {
    await device.close();
    await server.stop();
  });

  function make(): Device<ModbusProperty> {
    const properties = [property('level', 0), property('setpoint', 10, { value: 42 })];
    const config = configOf(server.endpoint, properties, {}, { timeout: '5s', syncInterval: '1h' });
    device = new Device({ identity, config, driver: driverFor(config), ports: realPorts });
    device.events.on('problem', ({ message }) => problems.push(message));
    return device;
  }

  it.each([5, 6])('(exception %i) is asked again after a pause, for desired values too', async (exception) => {
    const refused = new Map<string, number>();
    server.handler = (request, answer) => {
      const key = `${request.function}@${request.offset}`;
      const times = refused.get(key) ?? 0;
      refused.set(key, times + 1);
      answer(times < 2 ? Buffer.from([request.function | 0x80, exception]) : server.reply(request));
    };
    await make().connect();
    expect(server.registers[10]).toBe(42);
    expect(refused.get('6@10')).toBe(3);
    expect(device.snapshot()).toMatchObject({ state: 'healthy' });
    expect(problems).toEqual([]);
  });

  it('for longer than the time allowed is told as that, and the device stays connected', async () => {
    server.handler = (request, answer) =>
      answer(request.function === 6 ? Buffer.from([0x86, 6]) : server.reply(request));
    await make().connect();
    expect(problems).toEqual([expect.stringMatching(/^setpoint: desired value refused: write of .* busy/)]);
    expect(device.snapshot().properties[0]).toMatchObject({ quality: 'good' });
  });
});
