import path from 'node:path';
import { build } from 'esbuild';
import { listFiles } from './files.mjs';

/** Whether a source is the beginning of a thread of its own: such a file is never loaded by another. */
export const isWorker = (file) => file.endsWith('-worker.ts');

/**
 * For each thread one file with all that runs in it, `runtime/<name>.js` beside the chunks, where `new Worker(join(__dirname, ...))` finds
 * it. It shares no chunk: those of Node-RED's own thread bring much that a thread has no use for.
 *
 * @param {string} root
 * @returns {Promise<Map<string, string>>} text by path below `dist`
 */
export async function bundleWorkers(root, { sourceMap = false } = {}) {
  const workers = (await listFiles(root, 'src')).filter(isWorker);
  if (workers.length === 0) return new Map();
  const outdir = path.join(root, 'dist');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: workers.map((file) => ({ in: file, out: `runtime/${path.basename(file, '.ts')}` })),
    outdir,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    target: 'node22',
    sourcemap: sourceMap ? 'linked' : false,
    write: false,
    logLevel: 'silent',
  });
  return new Map(outputFiles.map(({ path: file, text }) => [path.relative(outdir, file), text]));
}
