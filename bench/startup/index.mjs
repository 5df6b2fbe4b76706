import { setTimeout as sleep } from 'node:timers/promises';
import { benchUserDirectory, PROBE_ARGUMENTS, questionsFor } from '../lib/node-red.mjs';
import { median, significant } from '../lib/statistics.mjs';
import { startNodeRed } from '../../scripts/demo/node-red.mjs';
import { OURS } from '../gateway/contenders.mjs';
import { startSurroundings } from '../gateway/surroundings.mjs';

const AIM_MS = 150;
const AIM_CPU_MS = 60;
const AIM_MEGABYTES = 6;
/** What is put off until after the start counts too. */
const SETTLE_MS = 1_000;
const SIZES = [
  { devices: 100, registers: 100 },
  { devices: 100, registers: 1000 },
];
const FORMS = [
  { rows: 'texts', name: 'rows are texts' },
  { rows: 'objects', name: 'rows are objects' },
];
const PATIENCE_MS = 120_000;

export async function run({ repetitions }) {
  const results = [await compareStarts(repetitions)];
  for (const size of SIZES) results.push(await timeDevices(size, repetitions));
  return results;
}

/** From the start of the process until its (empty) flows are started, with and without the package, in turn. */
async function compareStarts(repetitions) {
  const variants = [
    { name: 'Node-RED alone', withPackage: false, starts: [] },
    { name: 'with the package', withPackage: true, starts: [] },
  ];
  const directories = [];
  try {
    for (const variant of variants) {
      const directory = await benchUserDirectory({ withPackage: variant.withPackage });
      directories.push(directory);
      variant.path = directory.path;
      // The first start fills the file cache and writes Node-RED's own configuration.
      await measureStart(variant.path, (url) => expectPackage(url, variant.withPackage));
    }
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const variant of variants) variant.starts.push(await measureStart(variant.path));
    }
  } finally {
    for (const directory of directories) await directory.remove();
  }
  const added = (name) => {
    const [alone, packaged] = variants.map(({ starts }) => median(starts.map((start) => start[name])));
    return packaged - alone;
  };
  const told = (what, value, unit, aim) =>
    `The unused package adds ${significant(value)} ${unit}${what}; the aim is at most ${aim} ${unit}: ${value <= aim ? 'met' : 'missed'}.`;
  return {
    title: 'Start-up of Node-RED',
    columns: ['', 'median ms', 'from ms', 'to ms', 'CPU, ms', 'memory, MB'],
    rows: variants.map(({ name, starts }) => {
      const times = starts.map(({ ms }) => ms);
      const middle = (field) => median(starts.map((start) => start[field]));
      return [
        name,
        ...[median(times), Math.min(...times), Math.max(...times), middle('cpuMs'), middle('megabytes')].map(
          significant,
        ),
      ];
    }),
    notes: [
      told('', added('ms'), 'ms', AIM_MS),
      told(' of CPU', added('cpuMs'), 'ms', AIM_CPU_MS),
      told('', added('megabytes'), 'MB', AIM_MEGABYTES),
      `CPU (user and system) and memory (resident set) are the process's own, ${SETTLE_MS / 1000} s after its flows are started.`,
    ],
  };
}

async function measureStart(userDirectory, inspect = () => {}) {
  const begin = performance.now();
  const nodeRed = await startNodeRed({ userDirectory, nodeArguments: PROBE_ARGUMENTS });
  const ms = performance.now() - begin;
  try {
    await inspect(nodeRed.url);
    await sleep(SETTLE_MS);
    const { cpuMs, rssBytes } = await questionsFor(nodeRed.process).probe();
    return { ms, cpuMs, megabytes: rssBytes / 2 ** 20 };
  } finally {
    await nodeRed.stop();
  }
}

/** A package that failed to load costs nothing and proves nothing. */
async function expectPackage(url, isExpected) {
  const sets = await (await fetch(`${url}/nodes`, { headers: { Accept: 'application/json' } })).json();
  const ours = sets.filter(({ module }) => module === '@devicelink/node-red-devices');
  const isLoaded = ours.length > 0 && ours.every(({ enabled, err }) => enabled && err === undefined);
  if (isLoaded !== isExpected) throw new Error(isExpected ? 'the package did not load' : 'the package is there');
}

/** From the start of the process until what its devices read has arrived at the broker, with both forms of a table in turn. */
async function timeDevices({ devices, registers }, repetitions) {
  const forms = FORMS.map((form) => ({ ...form, starts: [] }));
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (const { rows, starts } of forms) starts.push(await timeFirstMessages({ devices, registers, rows }));
  }
  const row = (name, starts, field) => {
    const values = starts.map((start) => start[field]);
    return [name, ...[median(values), Math.min(...values), Math.max(...values)].map(significant)];
  };
  return {
    title: `Start-up of Node-RED with ${devices} Modbus devices of ${registers} registers`,
    columns: ['', 'median ms', 'from ms', 'to ms'],
    rows: forms.flatMap(({ name, starts }) => [
      row(`${name}: first message at the broker`, starts, 'firstMs'),
      row(`${name}: a message of each device`, starts, 'allMs'),
      row(`${name}: CPU of the process until then`, starts, 'cpuMs'),
    ]),
    notes: ['From the start of the process; values of all registers, MQTT QoS 1. Texts are what the editor writes.'],
  };
}

async function timeFirstMessages({ devices, registers, rows }) {
  const { ports, broker, counter, stop } = await startSurroundings(devices);
  try {
    const who = OURS.who('start');
    const { complete } = counter.watch(who, devices, PATIENCE_MS);
    const nodeRed = await OURS.start({ ports, broker, registers, who, rows });
    try {
      const { firstAt, allAt } = await complete;
      const { cpuMs } = await nodeRed.probe();
      return { firstMs: firstAt - nodeRed.begunAt, allMs: allAt - nodeRed.begunAt, cpuMs };
    } finally {
      await nodeRed.stop();
    }
  } finally {
    await stop();
  }
}
