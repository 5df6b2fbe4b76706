/** `npm run dev`: see CONTRIBUTING.md, "Commands". */
import { parseArgs } from 'node:util';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { prepare } from '../build/prepare.mjs';
import { typeCheckEditor, typeCheckRuntime } from '../build/type-check.mjs';
import { writeAssets } from '../build/write-assets.mjs';
import { NodeRed } from './node-red.mjs';
import { WatchedFiles } from './watched-files.mjs';

const USAGE = `npm run dev [-- options]

  --port <number>   of Node-RED's editor (1880); 0: a free one
  --help
`;

/** What the build reads. */
const WATCHED = ['src', 'nodes', 'locales', 'icons', 'examples', 'docs/errors.md', 'package.json'];
/** What is only in the editor's script and style sheet: the browser loads those afresh, and Node-RED goes on. */
const ONLY_IN_BROWSER = /^(?:src\/editor|nodes\/[^/]+\/editor)\//;

const root = path.resolve(import.meta.dirname, '../..');
const interruption = new AbortController();
const { signal } = interruption;

async function main() {
  const { values: options } = parseArgs({
    options: { port: { type: 'string', default: '1880' }, help: { type: 'boolean', default: false } },
  });
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interruption.abort());
  const nodeRed = await NodeRed.at({ root, port: portOf(options.port), tell });
  const files = new WatchedFiles(root, WATCHED);
  try {
    for (const folder of ['dist', 'resources']) await rm(path.join(root, folder), { recursive: true, force: true });
    await buildOnChange(files, nodeRed);
  } finally {
    files.close();
    await nodeRed.stop();
  }
}

function portOf(text) {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`--port: a number from 0 to 65535 is expected, not "${text}"`);
}

/** Until Ctrl-C. What changes during a build makes the next one. */
async function buildOnChange(files, nodeRed) {
  let waiting = [];
  let checking = { stop: () => Promise.resolve() };
  try {
    for (;;) {
      waiting.push(...(await files.changed(signal)));
      if (signal.aborted) return;
      await checking.stop();
      const problems = await build();
      problems.forEach(tell);
      if (problems.length > 0) {
        tell(`${problems.length} problem${problems.length === 1 ? '' : 's'}; Node-RED stays as it is`);
        continue;
      }
      if (nodeRed.isRunning && waiting.every((file) => ONLY_IN_BROWSER.test(file))) nodeRed.reloadBrowsers();
      else await nodeRed.restart();
      waiting = [];
      if (!signal.aborted) checking = startTypeCheck();
    }
  } finally {
    await checking.stop();
  }
}

/** Answers what is wrong; nothing is written then. */
async function build() {
  const started = performance.now();
  const prepared = await prepare(root, { sourceMap: true });
  if (prepared.problems.length > 0) return prepared.problems;
  await writeAssets(root, prepared, { sourceMap: true });
  tell(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return [];
}

/** Beside the rest, as it takes longest: what runs already may have wrong types. */
function startTypeCheck() {
  const ending = new AbortController();
  const checked = Promise.all([typeCheckRuntime, typeCheckEditor].map((check) => check(root, ending.signal)));
  const told = checked.then((lists) => {
    if (ending.signal.aborted) return;
    const complaints = lists.flat();
    complaints.forEach(tell);
    tell(
      complaints.length === 0
        ? 'types are right'
        : `types: ${complaints.length} complaint${complaints.length === 1 ? '' : 's'}`,
    );
  });
  return {
    stop: () => {
      ending.abort();
      return told;
    },
  };
}

function tell(line) {
  console.log(`dev: ${line}`);
}

try {
  await main();
} catch (error) {
  console.error(`dev: ${error.message}`);
  process.exitCode = 1;
}
