import { median, significant } from '../lib/statistics.mjs';
import { libmodbus, ourDriver, requestPerProperty } from './clients.mjs';
import { installFlexGetter, startFlexGetter } from './flex-getter.mjs';
import { compile, startServer } from './programs.mjs';

/** Every 10th of 1000 registers. */
const OFFSETS = Array.from({ length: 100 }, (_, index) => index * 10);

/** As many requests as our plan has. */
const PIPELINING = 8;

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
      `ours, ${PIPELINING} in flight, ms`,
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
      ...[row.ours, row.pipelined, row.single, row.libmodbus, row.flex, (OFFSETS.length / row.ours) * 1000].map(
        significant,
      ),
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
    // Another unit id does not make another connection, and the most modest device on one decides: hence the other name.
    const pipelined = await ourDriver(server.port, OFFSETS, {
      endpoint: `localhost:${server.port}`,
      pipelining: PIPELINING,
    });
    open.push(pipelined);
    const single = await requestPerProperty(server.port, OFFSETS);
    open.push(single);
    const flex = await startFlexGetter(server.port, OFFSETS);
    open.push(flex);
    const candidates = {
      ours,
      pipelined,
      single,
      libmodbus: libmodbus(programs.reader, server.port, ours.blocks),
      flex,
    };
    const times = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
    await flex.measure(1);
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const [name, candidate] of Object.entries(candidates)) {
        times[name].push(await candidate.measure(cycles[name] ?? cycles.ours));
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
  const gain = slowest.single / slowest.ours;
  return [
    `At ${slowest.delayMs} ms ${significant(gain)} times faster than one request a property; the aim is 10: ${verdict(gain >= 10)}.`,
    `Our time as a multiple of libmodbus in C, which reads the same 8 blocks; the aim is at most 1.3: ${perRow(
      rows,
      (row) => row.ours / row.libmodbus,
      (ratio) => ratio <= 1.3,
    )}; with ${PIPELINING} in flight ${perRow(
      rows,
      (row) => row.pipelined / row.libmodbus,
      (ratio) => ratio <= 1.3,
    )}.`,
    `Values a second as a multiple of node-red-contrib-modbus 5.23.3; the aim is 30: ${perRow(
      rows,
      (row) => row.flex / row.ours,
      (ratio) => ratio >= 30,
    )}; with ${PIPELINING} in flight ${perRow(
      rows,
      (row) => row.flex / row.pipelined,
      (ratio) => ratio >= 30,
    )}.`,
    `Ours has the default settings (maxGap 32, pipelining 1: one request after the other, because not every device bears more), and once \`pipelining: ${PIPELINING}\`. The flex-getter gets one message a property.`,
  ];
}

const verdict = (isMet) => (isMet ? 'met' : 'missed');

const perRow = (rows, ratioOf, isMet) =>
  rows.map((row) => `${significant(ratioOf(row))} at ${row.delayMs} ms (${verdict(isMet(ratioOf(row)))})`).join(', ');
