import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { bundleWorkers } from '../../scripts/build/bundle-workers.mjs';
import { LIBRARY } from './library.mjs';

/** Of src, what benchmarks use without Node-RED. */
const MODULES = [
  'base/ports',
  'device/engine/device',
  'drivers/modbus/index',
  'drivers/modbus/plan/planner',
  'drivers/opcua/index',
  'mqtt/connection/connection',
  'onem2m/ae/application-entity',
  'onem2m/ae/create-bindings',
  'onem2m/ae/parse/parse-config',
];

/** Makes `LIBRARY` of the sources, as the package is made of them; to be called before any benchmark. */
export async function buildLibrary() {
  const root = join(import.meta.dirname, '..', '..');
  const contents = MODULES.map((name) => `export * from './src/${name}';`).join('\n');
  await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile: LIBRARY,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    target: 'node22',
    logLevel: 'warning',
  });
  for (const [name, text] of await bundleWorkers(root)) await writeFile(join(dirname(LIBRARY), basename(name)), text);
}
