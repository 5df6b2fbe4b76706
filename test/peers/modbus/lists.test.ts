import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListAnswers } from '../../../src/base/lists/point-list';
import { applyOperations } from '../../../src/device/config/operations';
import { parseModbusProperty } from '../../../src/drivers/modbus/config/property';
import { readModbusList } from '../../../src/drivers/modbus/lists';
import { parseYaml } from '../../../src/editor/lists/yaml';
import { configOf, driverFor, never } from '../../support/modbus/modbus-device';
import { Pymodbus, pymodbusAvailable } from '../../support/modbus/pymodbus';

const FILES = new URL('../../unit/drivers/modbus/lists/files/', import.meta.url);

type Registers = readonly [table: 1 | 2 | 3 | 4, address: number, values: readonly number[]];

/** Two lists of each kind, registers as a device may have them, and the values calculated by hand. */
const LISTS: readonly {
  file: string;
  answers?: ListAnswers;
  registers: readonly Registers[];
  values: Readonly<Record<string, unknown>>;
}[] = [
  {
    file: 'heat-pump.csv',
    registers: [
      // -5.5 °C is -55, 0xFFC9; 123456 is 0x0001E240, at 0.01 kWh.
      [4, 0, [0xffc9, 352]],
      [3, 5, [401]],
      [4, 10, [0x0001, 0xe240]],
      [2, 3, [1]],
      [1, 0, [1]],
    ],
    values: {
      Außentemperatur: -5.5,
      Vorlauftemperatur: 35.2,
      'Sollwert Vorlauf': 40.1,
      Wärmemenge: 1234.56,
      'Verdichter läuft': true,
      Freigabe: true,
    },
  },
  {
    file: 'plc.csv',
    registers: [
      // -1200 is 0xFB50; 12.5 is 0x41480000; bit 3 of 0x0008.
      [3, 10, [0xfb50, 0, 0x4148, 0x0000]],
      [3, 20, [0x0008]],
      [4, 4, [54_321]],
      [1, 2, [0]],
    ],
    values: { 'Motor.Speed': -1200, 'Motor.Torque': 12.5, 'Motor.Fault': true, 'Tank.Level': 54_321, 'Pump.On': false },
  },
  {
    file: 'meter.tsv',
    answers: { five: 'reference' },
    registers: [
      // 230.5 is 0x43668000, 4.25 is 0x40880000, -150 W in tens is 0xFFFFFFF1, 1234567 Wh; text SN-42.
      [3, 0, [0x4366, 0x8000, 0x4088, 0x0000, 0xffff, 0xfff1, 0, 0, 0x0012, 0xd687]],
      [3, 10, [0x534e, 0x2d34, 0x3200, 0, 0, 0, 0, 0]],
    ],
    values: {
      'Voltage L1': 230.5,
      'Current L1': 4.25,
      'Active power': -150,
      'Energy import': 1234.567,
      Serial: 'SN-42',
    },
  },
  {
    file: 'iobroker.tsv',
    // 21.4; 980.5 is 0x44752000 with its words exchanged; 70000 is 0x00011170.
    registers: [[3, 0, [214, 0, 0x2000, 0x4475, 0x0001, 0x1170]]],
    values: { Temp: 21.4, Power: 980.5, Count: 70_000 },
  },
  {
    file: 'points.json',
    registers: [
      [4, 0, [0x4366, 0x8000]],
      [4, 12, [0xc47a, 0x0000]],
    ],
    values: { Voltage: 230.5, Power: -1000 },
  },
  {
    file: 'registers.json',
    registers: [
      [4, 16, [0x8000, 0x4366]],
      [3, 256, [0x0004]],
    ],
    values: { Flow: 230.5, Alarm: true },
  },
  {
    file: 'home-assistant.yaml',
    registers: [
      // 0xE240, 0x0001 with its words exchanged is 123456; 600 x 0.1 - 40 is 20.
      [4, 0, [0xffc9]],
      [4, 10, [0xe240, 0x0001]],
      [3, 5, [600]],
      [2, 3, [0]],
      [1, 0, [1]],
    ],
    values: { 'Outdoor temperature': -5.5, Heat: 1234.56, Corrected: 20, Compressor: false, Enable: true },
  },
  {
    file: 'home-assistant-include.yaml',
    registers: [
      [3, 30_773, [0, 5123, 0xffff, 0xfff6]],
      [3, 100, [0x5354, 0x5020, 0x3800, 0, 0, 0, 0, 0]],
      [3, 1, [0x4148, 0x0000]],
    ],
    values: { 'DC power': 5123, 'AC power': -10, Model: 'STP 8', Odd: 12.5 },
  },
  {
    file: 'evcc.yaml',
    registers: [
      [3, 40_083, [0xfb50]],
      [4, 6, [0x0000, 0x4088, 0x0000, 0xc000]],
    ],
    values: { 'grid.power': 1200, 'grid.currents.1': 4.25, 'grid.currents.2': -2 },
  },
  {
    file: 'evcc-template.yaml',
    registers: [
      [3, 40_073, [0xfff6, 0xffff]],
      [3, 40_067, [5123, 0]],
      [3, 40_075, [0x1170, 0x0001]],
    ],
    values: { power: -10, 'power-2.1': 5123, 'power-2.2': -70_000 },
  },
  {
    file: 'telegraf.conf',
    registers: [
      [1, 2, [1]],
      [2, 0, [0]],
      [3, 8, [0xffa6]],
      [3, 5, [0x0001, 0xe240]],
      [3, 10, [0x8000, 0x4366]],
      [4, 0, [0xfb50]],
    ],
    values: { motor_run: true, start: false, power_factor: -0.9, energy: 123.456, flow: 230.5, tank_level: -1200 },
  },
  {
    file: 'telegraf-request.conf',
    registers: [
      // DCBA: the bytes of 1450 (0x05AA) and of 123456 (0x0001E240) the other way round.
      [4, 0, [0xaa05, 0, 0x40e2, 0x0100]],
      [1, 0, [1]],
      [3, 9, [0x7631, 0x2e32, 0, 0, 0, 0, 0, 0]],
      [3, 20, [0x0020, 0x1234]],
    ],
    values: { rpm: 1450, force: 123.456, door_open: true, firmware: 'v1.2', alarm: true, low: 0x34, high: 0x12 },
  },
];

describe.skipIf(!pymodbusAvailable())('lists as users have them, read live', () => {
  let server: Pymodbus;

  beforeAll(async () => {
    server = await new Pymodbus().start();
  });

  afterAll(async () => {
    await server.stop();
  });

  it.each(LISTS)('$file', async ({ file, answers = {}, registers, values }) => {
    const result = readModbusList(readFileSync(new URL(file, FILES), 'utf8'), answers, parseYaml);
    if (!result.ok) expect.unreachable(result.message);
    const properties = result.list.points.map(({ property }, at) => {
      const parsed = parseModbusProperty(property, `properties[${at}]`);
      if (!parsed.ok) expect.unreachable(JSON.stringify(parsed.problems));
      return parsed.value;
    });
    for (const [table, address, words] of registers) await server.set(1, table, address, words);
    const driver = driverFor(configOf(server.endpoint, properties));
    await driver.connect(never());
    const readings = await driver.read(properties, never()).finally(() => driver.close());
    const read = readings.map(({ name, value }, at) => {
      const { orderOfOperations = [] } = properties[at] ?? {};
      const isNumber = typeof value === 'number' || typeof value === 'bigint';
      const computed = isNumber ? applyOperations(value, orderOfOperations) : value;
      return [name, typeof computed === 'bigint' ? Number(computed) : computed];
    });
    expect(Object.fromEntries(read)).toEqual(values);
  });
});
