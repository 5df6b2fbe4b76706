/**
 * Builds what the npm package contains: `node scripts/build.mjs` (about 5 s).
 *
 *   nodes/<type>/<type>.ts, src/**            -> dist/ (CommonJS, source maps)
 *   nodes/<type>/definition.json, dialog.html  -> dist/nodes/<type>/<type>.html
 *   icons/*.svg                                -> dist/nodes/<type>/icons/
 *   locales/<lang>/                            -> dist/nodes/<type>/locales/<lang>/ (common.json merged into each catalog)
 *   nodes/<type>/editor/, src/editor/          -> resources/devicelink-editor.js (one classic script, global `DeviceLink`), .css
 *
 * Node-RED looks for html, icons and locales beside the node's .js. All problems are reported at once, then the build fails.
 */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { checkErrorCodes } from './build/check-error-codes.mjs';
import { checkExamples } from './build/check-examples.mjs';
import { checkLocales } from './build/check-locales.mjs';
import { checkNodes } from './build/check-nodes.mjs';
import { bundleEditor, compileRuntime, typeCheckEditor } from './build/compile.mjs';
import { copyAssets } from './build/copy-assets.mjs';
import { readSources } from './build/sources.mjs';

const root = path.resolve(import.meta.dirname, '..');
const started = performance.now();

await Promise.all([
  rm(path.join(root, 'dist'), { recursive: true, force: true }),
  rm(path.join(root, 'resources'), { recursive: true, force: true }),
]);
await mkdir(path.join(root, 'dist'), { recursive: true });

const sources = await readSources(root);
const problems = [
  ...sources.problems,
  ...checkNodes(sources),
  ...checkLocales(sources),
  ...checkExamples(sources),
  ...(await checkErrorCodes(root)),
  ...(await copyAssets(root, sources)),
  ...(await Promise.all([compileRuntime(root), typeCheckEditor(root), bundleEditor(root, sources)])).flat(),
];

if (problems.length > 0) {
  for (const problem of problems) console.error(`build: ${problem}`);
  console.error(`build: failed, ${problems.length} problem${problems.length === 1 ? '' : 's'}`);
  process.exitCode = 1;
} else {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`build: ${sources.types.map(({ type }) => type).join(', ')} in ${seconds} s`);
}
