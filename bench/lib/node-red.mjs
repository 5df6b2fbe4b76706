import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNodeRed } from '../../scripts/demo/node-red.mjs';
import { makeUserDirectory } from '../../scripts/demo/user-directory.mjs';

/** Flows with 200,000 objects take Node-RED 20 s and more, on a busy machine twice that. */
const PATIENCE_MS = 120_000;

const root = join(import.meta.dirname, '..', '..');

/** A user directory outside of the demo's; the caller calls `remove`. */
export const benchUserDirectory = (options = {}) =>
  makeUserDirectory({ root, parent: join(root, '.cache', 'bench'), ...options });

/** Makes a process that is started with these able to answer `questionsFor` it. */
export const PROBE_ARGUMENTS = ['--import', join(import.meta.dirname, 'process-probe.mjs')];

export function questionsFor(child) {
  const ask = async (question) => {
    const answer = once(child, 'message');
    child.send(question);
    return (await answer)[0];
  };
  return { probe: () => ask('probe'), live: () => ask('live') };
}

/**
 * A real Node-RED process with the built package and `flows`, that can be asked what it used.
 * @param options.nodeArguments for Node itself
 * @param options.withPackage false: without the package, for comparison
 * @returns `{ url, process, begunAt, probe(): Promise<Usage>, live(): Promise<{ heapBytes }>, stop() }`; `stop` removes its user directory
 * too, and `begunAt` is when the process was started, by `performance.now()`
 */
export async function startProbedNodeRed(flows, { nodeArguments = [], withPackage = true } = {}) {
  const userDirectory = await benchUserDirectory({ withPackage });
  await writeFile(join(userDirectory.path, 'flows.json'), JSON.stringify(flows));
  const begunAt = performance.now();
  try {
    const nodeRed = await startNodeRed({
      userDirectory: userDirectory.path,
      nodeArguments: [...nodeArguments, '--expose-gc', ...PROBE_ARGUMENTS],
      onWarning: (line) => process.stderr.write(`${line}\n`),
      patienceMs: PATIENCE_MS,
    });
    return {
      url: nodeRed.url,
      process: nodeRed.process,
      begunAt,
      ...questionsFor(nodeRed.process),
      async stop() {
        await nodeRed.stop();
        await userDirectory.remove();
      },
    };
  } catch (error) {
    await userDirectory.remove();
    throw error;
  }
}
