import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../lib/statistics.mjs';

const PATIENCE_MS = 60_000;

/** Starts these one after the other, each with devices of its own, up to the first message of each device. */
export async function startAll(jobs, { ports, broker, counter }) {
  const running = [];
  let used = 0;
  try {
    for (const { contender, devices, registers } of jobs) {
      const own = [used, (used += devices)];
      const who = contender.who?.(`${devices}x${registers}`);
      const watched = who && counter.watch(who, devices, PATIENCE_MS);
      const process = await contender.start({ ports: ports.slice(...own), broker, registers, who });
      const one = { contender, devices, registers, own, process, watched };
      running.push(one);
      one.complete = await watched?.complete;
    }
    return running;
  } catch (error) {
    for (const { process } of running) await process.stop();
    throw error;
  }
}

/** A result of medians of so many windows for each. */
export async function measure(running, surroundings, { windowMs, repetitions }) {
  const usages = running.map(() => []);
  // The first window reaches back to the start.
  await Promise.all(running.map(usageSinceLast));
  const before = await surroundings.requests();
  const begin = performance.now();
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    await sleep(windowMs);
    const all = await Promise.all(running.map(usageSinceLast));
    all.forEach((usage, index) => usages[index].push(usage));
  }
  const after = await surroundings.requests();
  const seconds = (performance.now() - begin) / 1000;
  return running.map((one, index) => {
    const requests = sum(after.slice(...one.own)) - sum(before.slice(...one.own));
    return { ...resultOf(one, usages[index]), requestsPerSecond: requests / seconds };
  });
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

async function usageSinceLast({ process, watched }) {
  const usage = await process.probe();
  return { ...usage, values: watched?.taken().values ?? 0 };
}

function resultOf({ contender, devices, registers, process, complete }, usages) {
  const middle = (pick) => median(usages.map(pick));
  const perSecond = middle(({ values, wallMs }) => (values * 1000) / wallMs);
  const cores = middle(({ cpuMs, wallMs }) => cpuMs / wallMs);
  const delay = (name) => (usages[0][name] === undefined ? undefined : middle((usage) => usage[name]));
  // Who works off a backlog is not the cheaper for it.
  const asked = Math.min(perSecond, devices * registers);
  return {
    contender,
    devices,
    registers,
    perSecond,
    cores,
    perValue: asked === 0 ? undefined : (cores * 1e6) / asked,
    megabytes: middle(({ rssBytes }) => rssBytes / 2 ** 20),
    delayP50Ms: delay('delayP50Ms'),
    delayP99Ms: delay('delayP99Ms'),
    startMs: complete === undefined ? undefined : complete.allAt - process.begunAt,
  };
}
