import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { median, significant } from '../lib/statistics.mjs';
import { startBroker } from '../mqtt/broker.mjs';
import { closedLoop, startBare, startEntity } from './contenders.mjs';

const LOOP_MS = 1500;
const IN_FLIGHT = [1, 16];
const AIM = 0.8;
const HEAP_REQUESTS = 100_000;
/** What a heap may grow over 90,000 requests and still count as flat, bytes. */
const HEAP_SLACK = 2_000_000;

/** An application entity against a bare program, creating contentInstances at a CSE that answers at once. */
export async function run({ repetitions }) {
  const broker = await startBroker({ noDelay: true });
  const responder = fork(join(import.meta.dirname, 'responder.mjs'), [String(broker.port)]);
  try {
    await once(responder, 'message');
    const rows = await rates(broker.port, repetitions);
    return result(rows, await heap(broker.port));
  } finally {
    responder.kill();
    await once(responder, 'exit');
    await broker.stop();
  }
}

async function rates(port, repetitions) {
  const contenders = [await startEntity(port), await startBare(port)];
  const rows = [];
  try {
    for (const inFlight of IN_FLIGHT) {
      const measured = contenders.map(() => []);
      // The first round warms up; nobody is always the first.
      for (let repetition = -1; repetition < repetitions; repetition += 1) {
        const order = repetition % 2 === 0 ? [0, 1] : [1, 0];
        for (const index of order) {
          const rate = await closedLoop(contenders[index], inFlight, LOOP_MS);
          if (repetition >= 0) measured[index].push(rate);
        }
      }
      const [ours, bare] = measured.map(median);
      rows.push([String(inFlight), significant(ours), significant(bare), significant(ours / bare)]);
    }
  } finally {
    for (const contender of contenders) await contender.stop();
  }
  return rows;
}

async function heap(port) {
  const child = fork(join(import.meta.dirname, 'contenders.mjs'), ['heap', String(port), String(HEAP_REQUESTS)], {
    execArgv: ['--expose-gc'],
  });
  const [answer] = await once(child, 'message');
  if (child.exitCode === null) await once(child, 'exit');
  return answer;
}

function result(rows, { first, last }) {
  const missed = rows.filter((row) => Number(row[3]) < AIM).map(([inFlight]) => inFlight);
  const grown = last - first;
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  const flat = grown < HEAP_SLACK ? 'met' : 'missed';
  return {
    title: 'oneM2M: CREATE of a contentInstance over MQTT, in a closed loop',
    columns: ['in flight', 'application entity, requests/s', 'bare MQTT.js program, requests/s', 'ratio'],
    rows,
    notes: [
      'Through mosquitto on loopback to a program that answers at once, QoS 1 both ways, TCP_NODELAY everywhere (without it a request takes 44 to 88 ms on some kernels).',
      'The application entity (src/onem2m, under the onem2m-ae) checks the message, encodes the content, keeps time, matches and decodes; the bare program does JSON and a map.',
      `Aim: at least ${AIM} of the bare program: ${missed.length === 0 ? 'met' : `missed with ${missed.join(' and ')} in flight`}.`,
      `Live heap after ${(HEAP_REQUESTS / 10).toLocaleString('en-US')} requests ${megabytes(first)} MB, after ${HEAP_REQUESTS.toLocaleString('en-US')} ${megabytes(last)} MB; aim: flat: ${flat}.`,
    ],
  };
}
