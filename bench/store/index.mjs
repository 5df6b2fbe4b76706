import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { median, significant } from '../lib/statistics.mjs';
import { startBroker } from '../mqtt/broker.mjs';
import { PAYLOAD, startConnection, startLevel } from './contenders.mjs';

const COUNT = 20_000;
const QOS = 1;
/** On the disk where user directories are, and not in memory as /tmp may be. */
const PARENT = join(import.meta.dirname, '..', '..', '.cache');

/** Publishing to mosquitto with a store on disk: what it costs to have each message there before it leaves. */
export async function run({ repetitions }) {
  const directory = await mkdtemp(join(PARENT, 'store-'));
  const broker = await startBroker({ noDelay: true });
  const contenders = [];
  try {
    for (const durability of [undefined, 'interval', 'always']) {
      contenders.push(await startConnection(broker.port, directory, durability));
    }
    for (const sync of [false, true]) contenders.push(await startLevel(broker.port, directory, sync));
    const figures = contenders.map(() => []);
    const fsyncs = [];
    // The first round warms up.
    for (let repetition = -1; repetition < repetitions; repetition += 1) {
      const fsyncRate = fsyncsASecond(directory);
      if (repetition >= 0) fsyncs.push(fsyncRate);
      for (let turn = 0; turn < contenders.length; turn += 1) {
        const index = (turn + repetition + 1) % contenders.length;
        const figure = await measure(contenders[index]);
        if (repetition >= 0) figures[index].push(figure);
      }
    }
    return table(contenders, figures, median(fsyncs));
  } finally {
    for (const contender of contenders) await contender.stop();
    await broker.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** All of it in this process, its threads included. */
async function measure({ publishMany }) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const [written, cpu, begin] = [bytesWritten(), process.cpuUsage(), performance.now()];
  delay.enable();
  await publishMany(COUNT, QOS);
  delay.disable();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    rate: COUNT / seconds,
    cpu: (user + system) / COUNT,
    bytes: (bytesWritten() - written) / COUNT,
    stall: delay.max / 1e6,
  };
}

/** By this process to a disk, or to what will be written to one (proc_pid_io(5), write_bytes). */
const bytesWritten = () => Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);

/** How often a disk confirms a message of its own, one after the other. */
function fsyncsASecond(directory) {
  const handle = openSync(join(directory, 'fsync'), 'w');
  const begin = performance.now();
  let count = 0;
  for (; performance.now() - begin < 500; count += 1) {
    writeSync(handle, PAYLOAD);
    fdatasyncSync(handle);
  }
  closeSync(handle);
  return (count * 1000) / (performance.now() - begin);
}

function table(contenders, figures, fsyncRate) {
  const medians = figures.map((all) => ({
    rate: median(all.map(({ rate }) => rate)),
    cpu: median(all.map(({ cpu }) => cpu)),
    bytes: median(all.map(({ bytes }) => bytes)),
    stall: median(all.map(({ stall }) => stall)),
  }));
  const [memory, interval, always] = medians;
  const rows = medians.map(({ rate, cpu, bytes, stall }, index) => [
    contenders[index].name,
    significant(rate),
    significant(rate / memory.rate),
    significant(cpu),
    significant(bytes),
    significant(stall),
  ]);
  const met = (is) => (is ? 'met' : 'missed');
  return {
    title: 'MQTT: publishing with a store on disk',
    columns: ['store', 'msg/s', 'to memory', 'CPU µs/msg', 'bytes written/msg', 'longest turn ms'],
    rows,
    notes: [
      `${COUNT.toLocaleString('en-US')} JSON messages of ${PAYLOAD.length} bytes at QoS ${QOS} to mosquitto on loopback, many in flight; threads are in the CPU time. LevelDB is classic-level.`,
      `This disk confirms ${significant(fsyncRate)} messages a second one by one (write, fdatasync).`,
      `Aim: \`interval\` at least 0.8 of memory: ${met(interval.rate >= 0.8 * memory.rate)}; \`always\` at least 10 times as many as the disk confirms one by one: ${met(always.rate >= 10 * fsyncRate)} (${significant(always.rate / fsyncRate)}).`,
    ],
  };
}
