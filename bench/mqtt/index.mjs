import { median, significant } from '../lib/statistics.mjs';
import { startBroker, startCounter } from './broker.mjs';
import { PAYLOAD, startConnection, startCoreNode, startRaw } from './contenders.mjs';

const COUNT = 20_000;
const SEQUENCE_MS = 600;
const STARTS = [startConnection, startRaw, startCoreNode];

/** Publishing to mosquitto: many in flight, and one at a time. */
export async function run({ repetitions }) {
  return [await manyInFlight(repetitions), await oneAtATime(repetitions)];
}

async function manyInFlight(repetitions) {
  const rows = [];
  await withContenders(async (contenders, port) => {
    const [ours] = contenders;
    const counter = await startCounter(port, 'bench/data', () => ours.publish(0));
    const measure = async (contender, qos) => {
      const begin = performance.now();
      const all = counter.expect(COUNT);
      await Promise.all([contender.publishMany(COUNT, qos), all]);
      return (COUNT * 1000) / (performance.now() - begin);
    };
    try {
      for (const qos of [0, 1, 2]) rows.push([`QoS ${qos}`, ...(await compare(contenders, repetitions, qos, measure))]);
    } finally {
      await counter.stop();
    }
  });
  return {
    title: 'MQTT: publishing with many messages in flight',
    columns: ['', 'Connection msg/s', 'MQTT.js msg/s', 'core mqtt out msg/s', 'to MQTT.js', 'to core'],
    rows,
    notes: [
      `${COUNT.toLocaleString('en-US')} JSON messages of ${PAYLOAD.length} bytes to mosquitto on loopback, until mosquitto_sub has all of them.`,
      'Connection (src/mqtt/connection.ts, under the mqtt-extension) and MQTT.js run in one process with the same window of 500; core mqtt out runs in a Node-RED of its own, without a window.',
      aim(rows, 4, [0.9, 0.9, 0.9], 'of MQTT.js'),
      aim(rows, 5, [1, 1, 2], 'of core mqtt out'),
    ],
  };
}

async function oneAtATime(repetitions) {
  const rows = [];
  for (const noDelay of [true, false]) {
    await withContenders(
      async (contenders) => {
        const measure = (contender, qos) => contender.oneAtATime(qos, SEQUENCE_MS);
        for (const qos of [1, 2]) {
          const label = `QoS ${qos}, broker ${noDelay ? 'with' : 'without'} set_tcp_nodelay`;
          rows.push([label, ...(await compare(contenders, repetitions, qos, measure))]);
        }
      },
      { noDelay },
    );
  }
  return {
    title: 'MQTT: publishing one message at a time',
    columns: ['', 'Connection msg/s', 'MQTT.js msg/s', 'core mqtt out msg/s', 'to MQTT.js', 'to core'],
    rows,
    notes: ['Each message waits for the acknowledgement of the one before (PUBACK, PUBCOMP).'],
  };
}

/** Rates of the contenders, each measured in turn, and the ratios of the first to the others. */
async function compare(contenders, repetitions, qos, measure) {
  const rates = contenders.map(() => []);
  // The first round warms up.
  for (let repetition = -1; repetition < repetitions; repetition += 1) {
    for (const index of rotated(contenders.length, repetition + 1)) {
      const rate = await measure(contenders[index], qos);
      if (repetition >= 0) rates[index].push(rate);
    }
  }
  const [ours, ...others] = rates.map(median);
  return [...[ours, ...others].map(significant), ...others.map((other) => significant(ours / other))];
}

/** 0 ... count - 1, beginning elsewhere each time: nobody is always the first. */
const rotated = (count, by) => Array.from({ length: count }, (_, index) => (index + by) % count);

async function withContenders(work, brokerOptions) {
  const broker = await startBroker(brokerOptions);
  const contenders = [];
  try {
    for (const start of STARTS) contenders.push(await start(broker.port));
    await work(contenders, broker.port);
  } finally {
    for (const contender of contenders) await contender.stop();
    await broker.stop();
  }
}

function aim(rows, column, ratios, what) {
  const missed = rows
    .filter((row, index) => Number(row[column].replaceAll(',', '')) < ratios[index])
    .map(([label]) => label);
  const wanted = ratios.every((ratio) => ratio === ratios[0]) ? `${ratios[0]}` : ratios.join(', ');
  return `Aim: at least ${wanted} ${what}: ${missed.length === 0 ? 'met' : `missed at ${missed.join(', ')}`}.`;
}
