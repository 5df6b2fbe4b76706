import { setTimeout as sleep } from 'node:timers/promises';
import { median, significant } from '../lib/statistics.mjs';
import { installRival, startRival } from './rival.mjs';
import { startContender, startServer } from './programs.mjs';

const COUNT = 1000;
const NODES = Array.from({ length: COUNT }, (_, index) => `ns=1;s=v${index}`);
/** Every node gets a new value each time, so 10,000 updates a second. */
const PUBLISHING_MS = 100;
/** Until the compiler has made what it will make of both. */
const WARM_UP_MS = 20_000;
const WINDOW_MS = 10_000;
const READ_CYCLES = 30;
const MAX_CPU_RATIO = 1.15;
const MAX_TURN_MS = 100;
const MAX_DOCUMENTS = 1.02;
const MIN_READ_RATIO = 20;

const CONTENDERS = [
  { name: 'opcua-device (engine and driver)', file: 'device.mjs' },
  { name: 'bare node-opcua-client', file: 'bare-client.mjs' },
];

/** 1000 OPC UA nodes: followed by subscription, and read all at once. */
export async function run({ repetitions }) {
  installRival();
  const following = CONTENDERS.map(() => []);
  const server = await startServer(COUNT, PUBLISHING_MS);
  try {
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      const measured = await follow(server.endpoint);
      measured.forEach((figures, index) => following[index].push(figures));
    }
  } finally {
    await server.stop();
  }
  return [describeFollowing(following), describeReading(await compareReads(repetitions))];
}

/** Each a process from its start, one after the other until it has its first values; then all at the same time. */
async function follow(endpoint) {
  const open = [];
  try {
    for (const { file } of CONTENDERS) {
      open.push(await startContender(file, { endpoint, nodes: NODES, publishingMs: PUBLISHING_MS }));
    }
    await sleep(WARM_UP_MS);
    const before = await Promise.all(open.map(countsAndUse));
    await sleep(WINDOW_MS);
    const after = await Promise.all(open.map(countsAndUse));
    return open.map((contender, index) => figuresOf(contender, before[index].counts, after[index]));
  } finally {
    for (const contender of open) await contender.stop();
  }
}

const countsAndUse = async (contender) => ({ counts: await contender.counts(), use: await contender.probe() });

function figuresOf({ firstMs, turnMs }, before, { counts, use: { cpuMs, wallMs, rssBytes } }) {
  const updates = counts.updates - before.updates;
  return {
    firstMs,
    turnMs,
    perSecond: (updates * 1000) / wallMs,
    cores: cpuMs / wallMs,
    cpuPerUpdate: (cpuMs * 1000) / updates,
    megabytes: rssBytes / 2 ** 20,
    documents: ((counts.documents - before.documents) * PUBLISHING_MS) / wallMs,
  };
}

function describeFollowing(measured) {
  const fields = ['firstMs', 'turnMs', 'perSecond', 'cores', 'cpuPerUpdate', 'megabytes', 'documents'];
  const medians = measured.map((runs) =>
    Object.fromEntries(fields.map((field) => [field, median(runs.map((one) => one[field]))])),
  );
  const [ours] = medians;
  const ratio = median(measured[0].map(({ cpuPerUpdate }, run) => cpuPerUpdate / measured[1][run].cpuPerUpdate));
  return {
    title: `OPC UA: following ${COUNT} nodes by subscription`,
    columns: [
      '',
      'first value of all, ms',
      'longest turn until then, ms of CPU',
      'updates/s',
      'CPU, % of a core',
      'CPU an update, µs',
      'memory, MB',
    ],
    rows: medians.map(({ firstMs, turnMs, perSecond, cores, cpuPerUpdate, megabytes }, index) => [
      CONTENDERS[index].name,
      ...[firstMs, turnMs, perSecond, cores * 100, cpuPerUpdate, megabytes].map(significant),
    ]),
    notes: [
      `CPU an update as a multiple of the bare client: ${significant(ratio)}; the aim is at most ${MAX_CPU_RATIO}: ${verdict(ratio <= MAX_CPU_RATIO)}.`,
      `Documents an interval of ours: ${significant(ours.documents)}; the aim is one: ${verdict(ours.documents <= MAX_DOCUMENTS)}.`,
      `At the first use of OPC UA nothing else gets its turn for ${significant(ours.turnMs)} ms of CPU at most; the aim is ${MAX_TURN_MS}: ${verdict(ours.turnMs <= MAX_TURN_MS)}. The bare client loads its library all at once.`,
      `A node-opcua server gives all ${COUNT} nodes a new value every ${PUBLISHING_MS} ms; both clients ask for that sampling and publishing interval. Each is a process of its own, started afresh for each repetition; the time to the first values includes loading the library. CPU is measured of both at the same time, after ${WARM_UP_MS / 1000} s, and compared run by run.`,
      'The bare client keeps the last value of each node and does nothing else; ours keeps properties with quality and times, finds changes and reports syncs.',
    ],
  };
}

/** The values stand still here, so that nothing but the reads is measured. */
async function compareReads(repetitions) {
  const server = await startServer(COUNT, 60_000);
  const open = [];
  try {
    const candidates = [];
    for (const { name, file } of CONTENDERS) {
      const options = { endpoint: server.endpoint, nodes: NODES, publishingMs: 1_000 };
      const contender = await startContender(file, options);
      open.push(contender);
      candidates.push({ name, times: [], measure: () => contender.read(READ_CYCLES) });
    }
    const rival = await startRival(server.endpoint, NODES);
    open.push(rival);
    for (const { name, read } of rival.ways) candidates.push({ name, times: [], measure: read });
    for (let repetition = -1; repetition < repetitions; repetition += 1) {
      for (const { measure, times } of candidates) {
        const time = await measure();
        // The first round warms up.
        if (repetition >= 0) times.push(time);
      }
    }
    return candidates.map(({ name, times }) => ({ name, ms: median(times) }));
  } finally {
    for (const part of open) await part.stop();
    await server.stop();
  }
}

function describeReading(results) {
  const [{ ms: ours }] = results;
  const { name, ms } = results.at(-1);
  return {
    title: `OPC UA: reading ${COUNT} nodes once`,
    columns: ['', 'ms', 'values/s', 'times ours'],
    rows: results.map((result) => [
      result.name,
      significant(result.ms),
      significant((COUNT * 1000) / result.ms),
      significant(result.ms / ours),
    ]),
    notes: [
      `${significant(ms / ours)} times faster than ${name}; the aim is ${MIN_READ_RATIO}: ${verdict(ms / ours >= MIN_READ_RATIO)}.`,
      'node-red-contrib-opcua runs in a Node-RED of its own and is timed there, from the first message in to the last value out; its usual way is one message a node, its best way one message with the list of nodes.',
    ],
  };
}

const verdict = (isMet) => (isMet ? 'met' : 'missed');
