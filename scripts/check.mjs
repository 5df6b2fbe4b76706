/**
 * Lint and type check, as `npm run lint` and `npm run typecheck` do, at the same time: `node scripts/check.mjs`. What each
 * says is printed when it is done; the exit code is not 0 where one of them found something.
 */
import { spawn } from 'node:child_process';

/** `npm run` puts the tools of node_modules, a current Node.js among them, in the path. */
function run(script) {
  const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ script, code: 1, output: error.message }));
    child.on('close', (code) => resolve({ script, code: code ?? 1, output }));
  });
}

const started = performance.now();
const runs = ['lint', 'typecheck'].map((script) =>
  run(script).then((result) => {
    process.stdout.write(result.output);
    return result;
  }),
);
const failed = (await Promise.all(runs)).filter(({ code }) => code !== 0);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stdout.write(
  `check: ${failed.map(({ script }) => `${script} failed`).join(', ') || 'all is well'} in ${seconds} s\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
