import { benchUserDirectory } from '../lib/node-red.mjs';
import { median, significant } from '../lib/statistics.mjs';
import { startNodeRed } from '../../scripts/demo/node-red.mjs';

const AIM_MS = 150;

/** Time from the start of the process until its (empty) flows are started, with and without the package, in turn. */
export async function run({ repetitions }) {
  const variants = [
    { name: 'Node-RED alone', withPackage: false, times: [] },
    { name: 'with the package', withPackage: true, times: [] },
  ];
  const directories = [];
  try {
    for (const variant of variants) {
      const directory = await benchUserDirectory({ withPackage: variant.withPackage });
      directories.push(directory);
      variant.path = directory.path;
      // The first start fills the file cache and writes Node-RED's own configuration.
      await timeStart(variant.path, (url) => expectPackage(url, variant.withPackage));
    }
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const variant of variants) variant.times.push(await timeStart(variant.path));
    }
  } finally {
    for (const directory of directories) await directory.remove();
  }
  const [alone, packaged] = variants.map(({ times }) => median(times));
  return {
    title: 'Start-up of Node-RED',
    columns: ['', 'median ms', 'from ms', 'to ms'],
    rows: variants.map(({ name, times }) => [name, median(times), Math.min(...times), Math.max(...times)].map(text)),
    notes: [
      `The package adds ${significant(packaged - alone)} ms; the aim is at most ${AIM_MS} ms: ${packaged - alone <= AIM_MS ? 'met' : 'missed'}.`,
    ],
  };
}

const text = (value) => (typeof value === 'number' ? significant(value) : value);

async function timeStart(userDirectory, inspect = () => {}) {
  const begin = performance.now();
  const nodeRed = await startNodeRed({ userDirectory });
  const elapsed = performance.now() - begin;
  try {
    await inspect(nodeRed.url);
  } finally {
    await nodeRed.stop();
  }
  return elapsed;
}

/** A package that failed to load costs nothing and proves nothing. */
async function expectPackage(url, isExpected) {
  const sets = await (await fetch(`${url}/nodes`, { headers: { Accept: 'application/json' } })).json();
  const ours = sets.filter(({ module }) => module === '@devicelink/node-red-devices');
  const isLoaded = ours.length > 0 && ours.every(({ enabled, err }) => enabled && err === undefined);
  if (isLoaded !== isExpected) throw new Error(isExpected ? 'the package did not load' : 'the package is there');
}
