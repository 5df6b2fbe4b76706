import { median, significant } from '../lib/statistics.mjs';
import { libmodbus, ourDriver, requestPerProperty } from './clients.mjs';
import { installFlexGetter, startFlexGetter } from './flex-getter.mjs';
import { compile, startServer } from './programs.mjs';

/** Every 10th of 1000 registers. */
const OFFSETS = Array.from({ length: 100 }, (_, index) => index * 10);

/** Delay of the server in ms, and how many cycles one measurement takes: about 0.1 to 2 s each. */
const RUNS = [
  { delayMs: 0, cycles: { ours: 200, single: 40, libmodbus: 400, flex: 3 } },
  { delayMs: 2, cycles: { ours: 30, single: 3, libmodbus: 30, flex: 3 } },
  { delayMs: 10, cycles: { ours: 10, single: 1, libmodbus: 10, flex: 1 } },
];

/** One sync of 100 scattered properties, against three other ways of reading them; all in turn, one connection each. */
export async function run({ repetitions }) {
  installFlexGetter();
  const programs = { server: compile('server'), reader: compile('reader', ['-lmodbus']) };
  const rows = [];
  for (const { delayMs, cycles } of RUNS) {
    rows.push({ delayMs, ...(await measureAll(programs, delayMs, cycles, Math.max(5, repetitions))) });
  }
  return {
    title: 'Syncing 100 scattered Modbus properties',
    columns: [
      'answer after',
      'ours, ms',
      'one request a property, ms',
      'libmodbus (C), ms',
      'flex-getter, ms',
      'ours, values/s',
      'faster than one request a property',
      'our time / libmodbus',
      'values/s against flex-getter',
    ],
    rows: rows.map((row) => [
      `${row.delayMs} ms`,
      ...[row.ours, row.single, row.libmodbus, row.flex, (OFFSETS.length / row.ours) * 1000].map(significant),
      ...[row.single / row.ours, row.ours / row.libmodbus, row.flex / row.ours].map(significant),
    ]),
    notes: notes(rows),
  };
}

async function measureAll(programs, delayMs, cycles, repetitions) {
  const server = await startServer(programs.server, delayMs);
  const open = [];
  try {
    const ours = await ourDriver(server.port, OFFSETS);
    open.push(ours);
    const single = await requestPerProperty(server.port, OFFSETS);
    open.push(single);
    const flex = await startFlexGetter(server.port, OFFSETS);
    open.push(flex);
    const candidates = { ours, single, libmodbus: libmodbus(programs.reader, server.port, ours.blocks), flex };
    const times = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
    await flex.measure(1);
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const [name, candidate] of Object.entries(candidates)) {
        times[name].push(await candidate.measure(cycles[name]));
      }
    }
    return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
  } finally {
    for (const client of open) await client.close();
    await server.stop();
  }
}

function notes(rows) {
  const slowest = rows.at(-1);
  const worst = Math.max(...rows.map((row) => row.ours / row.libmodbus));
  const least = Math.min(...rows.map((row) => row.flex / row.ours));
  const verdict = (isMet) => (isMet ? 'met' : 'missed');
  const gain = slowest.single / slowest.ours;
  return [
    `At 10 ms ${significant(gain)} times faster than one request a property; the aim is 10: ${verdict(gain >= 10)}.`,
    `At most ${significant(worst)} times the time of libmodbus in C, which reads the same 8 blocks; the aim is 1.3: ${verdict(worst <= 1.3)}.`,
    `At least ${significant(least)} times the values a second of node-red-contrib-modbus 5.23.3; the aim is 30: ${verdict(least >= 30)}.`,
    'Ours: 8 requests one after the other (pipelining 1, maxGap 32, both the defaults). The flex-getter gets one message a property.',
  ];
}
