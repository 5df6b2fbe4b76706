/**
 * The checks that run nothing: `node scripts/check.mjs [types] [eslint] [rules] [format] [build]`; without a name all but the
 * build. They run side by side, one a core, and all of them to the end; what each says is printed when it is done. The exit
 * code is not 0 where one of them found something. `build` is one that leaves the types to `types`.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const ALL = ['types', 'eslint', 'rules', 'format', 'build'];
const BY_DEFAULT = ALL.filter((name) => name !== 'build');

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  console.error(`check: must be of ${ALL.join(', ')}, got ${unknown.join(', ')}`);
  process.exit(1);
}
const started = performance.now();
const waiting = jobsOf(asked.length > 0 ? asked : BY_DEFAULT);
const failed = [];
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`check: ${failed.length > 0 ? `${failed.join(', ')} failed` : 'all is well'} in ${seconds} s`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** The longest first. */
function jobsOf(names) {
  const typed = names.filter((name) => name === 'types' || name === 'eslint');
  const jobs = ['product', 'rest'].map((part) => ({
    name: `${typed.join(' and ')} (${part})`,
    command: [process.execPath, 'scripts/check/typed.mjs', part, ...typed],
  }));
  return [
    ...(typed.length > 0 ? jobs : []),
    ...Object.entries({
      format: [tool('prettier'), '--check', '--log-level', 'warn', '.'],
      build: [process.execPath, 'scripts/build.mjs', '--unchecked'],
      rules: [tool('depcruise'), '--config', '.dependency-cruiser.cjs', 'src', 'nodes'],
    })
      .filter(([name]) => names.includes(name))
      .map(([name, command]) => ({ name, command })),
  ];
}

function tool(name) {
  return path.join(root, 'node_modules/.bin', name);
}

async function work() {
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
    const { code, output } = await run(job.command);
    process.stdout.write(output);
    if (code !== 0) failed.push(job.name);
  }
}

function run([program, ...options]) {
  const child = spawn(program, options, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 1, output: `${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
