import ModbusRTU from 'modbus-serial';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePlant, startPlant, type Plant } from '../../support/node-red/demo-parts.ts';

const MINUTE = 60;

describe('the plant', () => {
  it('warms up past the threshold and cools down again within a minute, and the alarm follows', async () => {
    const plant = await makePlant();
    const alarms = Array.from({ length: MINUTE }, () => {
      plant.step();
      expect(plant.temperature).toBeGreaterThanOrEqual(274.15);
      expect(plant.temperature).toBeLessThan(374.15);
      expect(plant.alarm).toBe(plant.temperature - plant.threshold > 0.1);
      return plant.alarm;
    });
    expect(new Set(alarms)).toEqual(new Set([true, false]));
  });
});

describe('its Modbus server', () => {
  let plant: Plant;
  let server: Awaited<ReturnType<typeof startPlant>>;
  const client = new ModbusRTU();

  beforeEach(async () => {
    server = await startPlant();
    ({ plant } = server);
    const [host = '', port] = server.endpoint.split(':');
    client.setTimeout(2_000);
    await client.connectTCP(host, { port: Number(port) });
  });

  afterEach(async () => {
    await new Promise((resolve) => client.close(resolve));
    await server.stop();
  });

  it('has the registers where its documentation says', async () => {
    const { buffer } = await client.readHoldingRegisters(0, 21);
    expect(buffer.readFloatBE(0)).toBe(plant.temperature);
    expect(buffer.readFloatBE(4)).toBeCloseTo(55, -2);
    expect(buffer.readInt32BE(8)).toBe(324);
    expect(buffer.readInt16BE(12)).toBe(100);
    expect(buffer.toString('latin1', 14, 42).replace(/\0+$/, '')).toBe('DeviceLink demo plant');
    expect((await client.readCoils(0, 2)).data.slice(0, 2)).toEqual([plant.alarm, true]);
  });

  it('takes a new threshold and the run switch', async () => {
    await client.writeRegisters(4, [0, 330]);
    expect(plant.threshold).toBe(330);
    await client.writeCoil(1, false);
    const { temperature } = plant;
    plant.step();
    expect(plant.isRunning).toBe(false);
    expect(plant.temperature).toBe(temperature);
  });

  it.each([
    ['reading past the last register', () => client.readHoldingRegisters(0, 22)],
    ['reading input registers', () => client.readInputRegisters(0, 1)],
    ['reading discrete inputs', () => client.readDiscreteInputs(0, 1)],
    ['writing the temperature', () => client.writeRegister(0, 1)],
    ['writing half of the threshold and something else', () => client.writeRegisters(5, [1, 1])],
    ['writing the alarm', () => client.writeCoil(0, true)],
  ])('answers %s with exception 2 and changes nothing', async (_what, request) => {
    await expect(request()).rejects.toMatchObject({ modbusCode: 2 });
    expect(plant.threshold).toBe(324);
  });
});
