import { execFile } from 'node:child_process';
import path from 'node:path';

/** Runs tsc; answers its complaints, one a line (none: it is content). */
function tsc(root, ...options) {
  const program = path.join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [program, '--pretty', 'false', ...options], { cwd: root }, (error, stdout, stderr) => {
      const lines = `${stdout}${stderr}`.split('\n').filter((line) => line.trim() !== '');
      resolve(error !== null && lines.length === 0 ? [error.message] : lines);
    });
  });
}

export const compileRuntime = (root) => tsc(root, '-p', 'tsconfig.json');

/** The same for code whose types are checked elsewhere; a fourth of the time. */
export const emitRuntime = (root) => tsc(root, '-p', 'tsconfig.json', '--noCheck');

export const typeCheckEditor = (root) => tsc(root, '-p', 'tsconfig.editor.json');
