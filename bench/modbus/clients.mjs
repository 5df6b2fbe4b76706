import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { loadLibrary } from '../lib/library.mjs';
import { median } from '../lib/statistics.mjs';

const require = createRequire(import.meta.url);

/** Median time of `cycles` runs of `cycle`, in ms; some runs before warm up. */
async function time(cycles, cycle) {
  for (let run = 0; run < Math.ceil(cycles / 5); run += 1) await cycle();
  const times = [];
  for (let run = 0; run < cycles; run += 1) {
    const begin = performance.now();
    await cycle();
    times.push(performance.now() - begin);
  }
  return median(times);
}

function expectValues(values, offsets) {
  const wrong = offsets.findIndex((offset, index) => values[index] !== offset);
  if (wrong >= 0) throw new Error(`register ${offsets[wrong]} read as ${values[wrong]}`);
}

/** Our driver, as built. `tcp` are fields of `protocol.tcp`. `measure(cycles)` answers ms a cycle; `blocks` are its requests. */
export async function ourDriver(port, offsets, tcp = {}) {
  const { modbusKind, planReads, systemClock } = loadLibrary();
  const properties = offsets.map((offset) => ({
    name: `p${offset}`,
    type: 'uint16',
    accessMode: 'ReadOnly',
    visitor: { register: 'HoldingRegister', offset },
  }));
  const parsed = modbusKind.parse({ protocol: { tcp: { endpoint: `127.0.0.1:${port}`, ...tcp } }, properties }, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const driver = modbusKind.createDriver(parsed.value, { clock: systemClock, log, random: Math.random });
  const { signal } = new AbortController();
  await driver.connect(signal);
  return {
    blocks: planReads(parsed.value.properties, parsed.value).map(({ offset, quantity }) => `${offset}:${quantity}`),
    measure: (cycles) =>
      time(cycles, async () => {
        const readings = await driver.read(parsed.value.properties, signal);
        expectValues(
          readings.map(({ value }) => value),
          offsets,
        );
      }),
    close: () => driver.close(),
  };
}

/** modbus-serial, one request for each property, one after the other, as Octopus does it. */
export async function requestPerProperty(port, offsets) {
  const ModbusRTU = require('modbus-serial');
  const client = new ModbusRTU();
  await client.connectTCP('127.0.0.1', { port });
  client.setID(1);
  client.setTimeout(5000);
  return {
    measure: (cycles) =>
      time(cycles, async () => {
        const values = [];
        for (const offset of offsets) values.push((await client.readHoldingRegisters(offset, 1)).data[0]);
        expectValues(values, offsets);
      }),
    close: () => new Promise((resolve) => client.close(resolve)),
  };
}

/** A C program with libmodbus that reads `blocks`. */
export const libmodbus = (program, port, blocks) => ({
  measure: (cycles) => Number(execFileSync(program, [String(port), String(cycles), ...blocks], { encoding: 'utf8' })),
});
