import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../lib/statistics.mjs';
import { startSurroundings } from './surroundings.mjs';

const PATIENCE_MS = 60_000;
/** ThingsBoard's gateway takes some seconds to work off what has gathered at its start. */
const WARM_UP_MS = 8_000;
const WINDOW_MS = 2_000;

/** These contenders at the same time, each with `devices` of its own: a result of medians for each. */
export async function measureTogether(contenders, { devices, registers }, repetitions) {
  const surroundings = await startSurroundings(devices * contenders.length);
  const measured = [];
  try {
    for (const [index, contender] of contenders.entries()) {
      const own = [index * devices, (index + 1) * devices];
      const requests = async () => sum((await surroundings.requests()).slice(...own));
      const { broker, counter } = surroundings;
      const watched = contender.counted && counter.watch(contender.counted, devices, PATIENCE_MS);
      const running = await contender.start({ ports: surroundings.ports.slice(...own), broker, registers });
      measured.push({ contender, running, watched, requests, usages: [] });
      measured[index].complete = await watched?.complete;
    }
    await sleep(WARM_UP_MS);
    const before = await requestsOf(measured);
    const begin = performance.now();
    // The first window reaches back to the start.
    await Promise.all(measured.map(usageSinceLast));
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      await sleep(WINDOW_MS);
      const usages = await Promise.all(measured.map(usageSinceLast));
      usages.forEach((usage, index) => measured[index].usages.push(usage));
    }
    const seconds = (performance.now() - begin) / 1000;
    const after = await requestsOf(measured);
    return measured.map((one, index) => ({
      ...resultOf(one, { devices, registers }),
      requestsPerSecond: (after[index] - before[index]) / seconds,
    }));
  } finally {
    for (const { running } of measured) await running.stop();
    await surroundings.stop();
  }
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** One after the other: the server answers one question at a time. */
async function requestsOf(measured) {
  const counts = [];
  for (const { requests } of measured) counts.push(await requests());
  return counts;
}

async function usageSinceLast({ running, watched }) {
  const usage = await running.probe();
  return { ...usage, values: watched?.taken().values ?? 0 };
}

function resultOf({ contender, running, complete, usages }, { devices, registers }) {
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
    startMs: complete === undefined ? undefined : complete.allAt - running.begunAt,
  };
}
