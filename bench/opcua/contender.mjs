import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../lib/statistics.mjs';

const LOOK_MS = 2;

/**
 * Makes this process a contender: it is sent `{ endpoint, nodes, publishingMs, directory }`, connects by `start`, sends `firstMs`, the time
 * until it had a value of every node (loading the library included), and `turnMs`, the CPU time of the longest turn in it, for which
 * nothing else could have its own. From then on it answers `counts` with how many values have come and how many documents have left,
 * and `read` with the median time of `cycles` reads of all nodes, in ms.
 *
 * @param start answers `{ values(), updates(), documents?(), read() }`
 */
export async function serve(start) {
  const options = await new Promise((resolve) => process.once('message', resolve));
  process.once('disconnect', () => process.exit(0));
  const longestTurn = watchTurns();
  const begin = performance.now();
  const contender = await start(options);
  while (contender.values() < options.nodes.length) await sleep(LOOK_MS);
  process.on('message', async (message) => {
    if (message === 'counts') process.send({ updates: contender.updates(), documents: contender.documents?.() });
    if (message?.read !== undefined) process.send({ readMs: await timeReads(contender, message.read) });
  });
  const firstMs = performance.now() - begin;
  process.send({ firstMs, turnMs: longestTurn() });
}

/**
 * By CPU time, which other programs do not make longer as they do the time on the clock.
 * @returns what ends the watch and answers the longest turn in ms
 */
function watchTurns() {
  let last = process.threadCpuUsage();
  let longest = 0;
  const look = () => {
    const { user, system } = process.threadCpuUsage(last);
    longest = Math.max(longest, (user + system) / 1_000);
    last = process.threadCpuUsage();
  };
  const timer = setInterval(look, 1);
  return () => {
    clearInterval(timer);
    look();
    return longest;
  };
}

async function timeReads(contender, cycles) {
  const times = [];
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const begin = performance.now();
    await contender.read();
    times.push(performance.now() - begin);
  }
  return median(times);
}
