import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildLibrary } from './lib/build-library.mjs';
import { describeMachine } from './lib/machine.mjs';
import { section } from './lib/table.mjs';

const USAGE = `npm run bench [-- [name...] [--repetitions <n>]]

Runs every bench/<name>/index.mjs, or those named, prints their tables and renews their sections of bench/results.md.
Sections of benchmarks that were not run stay as they are.
`;

/**
 * A benchmark is a module with
 * `run({ repetitions }): Promise<Result | Result[]>`, `Result = { title, columns, rows, notes }`.
 */
const directory = import.meta.dirname;
const USUAL_REPETITIONS = 5;

const INTRODUCTION = `# Benchmark results

Written by \`npm run bench\`. Read the ratios, not the absolute figures: both sides of a ratio were measured in the same run,
in turn, on the same machine. Figures are medians.`;

async function main() {
  const { values: options, positionals } = parseArgs({
    options: {
      repetitions: { type: 'string', default: String(USUAL_REPETITIONS) },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const known = await benchmarks();
  const unknown = positionals.filter((name) => !known.includes(name));
  const repetitions = Number(options.repetitions);
  if (options.help || unknown.length > 0 || !Number.isInteger(repetitions) || repetitions < 1) {
    process.stderr.write(`${USAGE}\nBenchmarks: ${known.join(', ')}\n`);
    return options.help ? 0 : 1;
  }
  await buildLibrary();
  const fresh = new Map();
  const wanted = positionals.length > 0 ? positionals : known;
  for (const name of wanted) {
    process.stdout.write(`\n${name} ...\n`);
    try {
      fresh.set(name, await measure(name, repetitions));
    } catch (error) {
      process.stderr.write(`${name} failed: ${error.stack}\n`);
    }
  }
  await writeResults(known, fresh);
  return fresh.size === wanted.length ? 0 : 1;
}

async function benchmarks() {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(directory, entry.name, 'index.mjs')))
    .map((entry) => entry.name)
    .sort();
}

/** Runs one benchmark and prints its tables. Answers its part of the results. */
async function measure(name, repetitions) {
  const { run } = await import(`./${name}/index.mjs`);
  const results = [await run({ repetitions })].flat();
  const tables = results.map(section).join('\n\n');
  process.stdout.write(`\n${tables}\n`);
  const machine = describeMachine().join('; ');
  return `${tables}\n\nMeasured on ${new Date().toISOString().slice(0, 10)}, ${repetitions} repetitions: ${machine}.`;
}

/** Each benchmark's part is marked by comments, so that one can be renewed without the others. */
async function writeResults(known, fresh) {
  const file = join(directory, 'results.md');
  const before = existsSync(file) ? await readFile(file, 'utf8') : '';
  const parts = known.flatMap((name) => {
    const text = fresh.get(name) ?? partOf(before, name);
    return text === undefined ? [] : [`<!-- ${name} -->\n${text.trim()}\n<!-- /${name} -->`];
  });
  await writeFile(file, `${[INTRODUCTION, ...parts].join('\n\n')}\n`);
}

function partOf(text, name) {
  return new RegExp(`<!-- ${name} -->\n([\\s\\S]*?)\n<!-- /${name} -->`).exec(text)?.[1];
}

process.exitCode = await main();
