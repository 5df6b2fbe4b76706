import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNodeRed } from '../../scripts/demo/node-red.mjs';
import { makeUserDirectory } from '../../scripts/demo/user-directory.mjs';

const root = join(import.meta.dirname, '..', '..');

/** A user directory outside of the demo's; the caller calls `remove`. */
export const benchUserDirectory = (options = {}) =>
  makeUserDirectory({ root, parent: join(root, '.cache', 'bench'), ...options });

/**
 * A real Node-RED process with the built package and `flows`, that can be asked what it used.
 * @returns `{ url, probe(): Promise<Usage>, live(): Promise<{ heapBytes }>, stop() }`; `stop` removes its user directory too
 */
export async function startProbedNodeRed(flows) {
  const userDirectory = await benchUserDirectory();
  await writeFile(join(userDirectory.path, 'flows.json'), JSON.stringify(flows));
  try {
    const nodeRed = await startNodeRed({
      userDirectory: userDirectory.path,
      nodeArguments: ['--expose-gc', '--import', join(import.meta.dirname, 'process-probe.mjs')],
      onWarning: (line) => process.stderr.write(`${line}\n`),
    });
    const ask = async (question) => {
      const answer = once(nodeRed.process, 'message');
      nodeRed.process.send(question);
      return (await answer)[0];
    };
    return {
      url: nodeRed.url,
      probe: () => ask('probe'),
      live: () => ask('live'),
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
