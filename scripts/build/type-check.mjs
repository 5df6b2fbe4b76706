import { execFile } from 'node:child_process';
import path from 'node:path';

/** Runs tsc; answers its complaints, one a line (none: it is content, or the signal ended it). */
function tsc(root, options, signal) {
  const program = path.join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    const given = [program, '--pretty', 'false', ...options];
    execFile(process.execPath, given, { cwd: root, signal }, (error, stdout, stderr) => {
      if (signal?.aborted) return resolve([]);
      const lines = `${stdout}${stderr}`.split('\n').filter((line) => line.trim() !== '');
      resolve(error !== null && lines.length === 0 ? [error.message] : lines);
    });
  });
}

export const typeCheckEditor = (root, signal) => check(root, 'tsconfig.editor.json', signal);

export const typeCheckRuntime = (root, signal) => check(root, 'tsconfig.json', signal);

/** What was checked before is kept below `.cache`, so that the next time takes a part of the time. */
function check(root, project, signal) {
  const info = path.join('.cache', `build-${path.basename(project, '.json')}.tsbuildinfo`);
  return tsc(root, ['-p', project, '--noEmit', '--incremental', '--tsBuildInfoFile', info], signal);
}
