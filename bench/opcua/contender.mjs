import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../lib/statistics.mjs';

const LOOK_MS = 2;

/**
 * Makes this process a contender: it is sent `{ endpoint, nodes, publishingMs, directory }`, connects by `start`, sends `firstMs`, the time
 * until it had a value of every node (loading the library included), and from then on answers `updates` with how many values
 * have come, and `read` with the median time of `cycles` reads of all nodes, in ms.
 *
 * @param start answers `{ values(), updates(), read() }`
 */
export async function serve(start) {
  const options = await new Promise((resolve) => process.once('message', resolve));
  process.once('disconnect', () => process.exit(0));
  const begin = performance.now();
  const contender = await start(options);
  while (contender.values() < options.nodes.length) await sleep(LOOK_MS);
  process.on('message', async (message) => {
    if (message === 'updates') process.send({ updates: contender.updates() });
    if (message?.read !== undefined) process.send({ readMs: await timeReads(contender, message.read) });
  });
  process.send({ firstMs: performance.now() - begin });
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
