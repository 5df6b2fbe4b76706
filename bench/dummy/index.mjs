import { startProbedNodeRed } from '../lib/node-red.mjs';
import { median, significant } from '../lib/statistics.mjs';

const DEVICE_COUNTS = [10, 100, 1000];
const PROPERTIES = 20;
const WARM_UP_MS = 5_000;
const WINDOW_MS = 4_000;
const MAX_CORES = 0.08;
const MAX_MEGABYTES = 240;
/** What the README advises for less memory. */
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=4';

/** What 10, 100 and 1000 dummy devices of 20 properties, synced each second, cost a real Node-RED process. */
export async function run({ repetitions }) {
  const rows = [];
  const usages = [];
  const runs = [0, ...DEVICE_COUNTS].map((count) => ({ count, name: String(count), nodeArguments: [] }));
  const most = { count: DEVICE_COUNTS.at(-1), nodeArguments: [SMALL_YOUNG_GENERATION] };
  for (const { count, name, nodeArguments } of [
    ...runs,
    { ...most, name: `${most.count}, NODE_OPTIONS=${SMALL_YOUNG_GENERATION}` },
  ]) {
    const usage = await measure(count, repetitions, nodeArguments);
    usages.push(usage);
    rows.push([
      name,
      significant(usage.cores * 100),
      count === 0 ? '' : significant(((usage.cores - usages[0].cores) * 1e6) / count),
      significant(usage.megabytes),
      count === 0 ? '' : significant(((usage.megabytes - usages[0].megabytes) * 1024) / count),
      significant(usage.liveMegabytes),
      significant(usage.delayP50Ms),
      significant(usage.delayP99Ms),
    ]);
  }
  const [{ cores, megabytes }, small] = usages.slice(-2);
  const verdict = (isMet) => (isMet ? 'met' : 'missed');
  return {
    title: `Dummy devices of ${PROPERTIES} properties, synced each second`,
    columns: [
      'devices',
      'CPU, % of a core',
      'CPU a device, µs/s',
      'memory, MB',
      'memory a device, KB',
      'live heap, MB',
      'event-loop delay p50, ms',
      'p99, ms',
    ],
    rows,
    notes: [
      'Memory is the resident set of the whole Node-RED process. The line with 0 devices is Node-RED with the package loaded.',
      'Live heap is what a full garbage collection leaves; the rest of the memory is mostly the young generation, which V8 sizes by the rate of allocation (up to 128 MB here) and does not give back.',
      `Aim: 1000 devices on at most ${MAX_CORES * 100} % of a core: ${verdict(cores <= MAX_CORES)}; in at most ${MAX_MEGABYTES} MB: ${verdict(megabytes <= MAX_MEGABYTES)}; with the flag: ${verdict(small.megabytes <= MAX_MEGABYTES)}.`,
    ],
  };
}

async function measure(count, repetitions, nodeArguments) {
  const nodeRed = await startProbedNodeRed(flowsOf(count), { nodeArguments });
  try {
    await sleep(WARM_UP_MS);
    await expectHealthy(nodeRed.url, count);
    await nodeRed.probe();
    const usages = [];
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      await sleep(WINDOW_MS);
      usages.push(await nodeRed.probe());
    }
    const middle = (pick) => median(usages.map(pick));
    return {
      cores: middle(({ cpuMs, wallMs }) => cpuMs / wallMs),
      megabytes: middle(({ rssBytes }) => rssBytes / 2 ** 20),
      liveMegabytes: (await nodeRed.live()).heapBytes / 2 ** 20,
      delayP50Ms: middle(({ delayP50Ms }) => delayP50Ms),
      delayP99Ms: middle(({ delayP99Ms }) => delayP99Ms),
    };
  } finally {
    await nodeRed.stop();
  }
}

async function expectHealthy(url, count) {
  if (count === 0) return;
  const devices = await (await fetch(`${url}/devicelink/devices`)).json();
  const healthy = devices.filter(({ state }) => state === 'healthy').length;
  if (healthy !== count) throw new Error(`${healthy} of ${count} devices are healthy: nothing to measure`);
}

function flowsOf(count) {
  const tab = { id: 'bench0000000tab', type: 'tab', label: 'bench' };
  const properties = Array.from({ length: PROPERTIES }, (_, index) => ({
    name: `p${index}`,
    type: ['int', 'float', 'boolean', 'string'][index % 4],
    accessMode: 'ReadOnly',
  }));
  const devices = Array.from({ length: count }, (_, index) => ({
    id: `bench${String(index).padStart(11, '0')}`,
    type: 'dummy-device',
    z: tab.id,
    name: `d${index}`,
    namespace: 'bench',
    kind: 'protocol',
    protocol: { ip: '127.0.0.1' },
    parameters: { syncInterval: '1s', timeout: '1s' },
    properties,
    x: 100,
    y: 100,
    wires: [[]],
  }));
  return [tab, ...devices];
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
