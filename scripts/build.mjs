/**
 * Builds what the npm package contains: `node scripts/build.mjs` (about 5 s).
 *
 *   src/**                                     -> dist/registration.js, which registers types, and dist/runtime/, loaded with a type's first node
 *   nodes/<type>/<type>.ts                     -> dist/runtime/<type>.js; most devices need no such file
 *   nodes/<type>/definition.json, dialog.html  -> dist/nodes/<type>/<type>.js (what Node-RED loads) and .html
 *   icons/*.svg                                -> dist/nodes/<type>/icons/
 *   locales/<lang>/                            -> dist/nodes/<type>/locales/<lang>/ (common.json merged into each catalog)
 *   nodes/<type>/editor/, src/editor/          -> resources/devicelink-editor.js (one classic script, global `DeviceLink`), .css;
 *                                                 devicelink-lists.js and -templates.json, which dialogs load when they need it
 *
 * Node-RED looks for html, icons and locales beside the node's .js. Problems that are found without the compiler are told
 * at once, and it is not started; else those that it finds. All JavaScript in dist is CommonJS and not minified.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { prepare } from './build/prepare.mjs';
import { typeCheckEditor, typeCheckRuntime } from './build/type-check.mjs';
import { writeAssets } from './build/write-assets.mjs';

const root = path.resolve(import.meta.dirname, '..');
const started = performance.now();

const prepared = await prepare(root);
const problems = prepared.problems.length > 0 ? prepared.problems : await write();
if (problems.length > 0) {
  for (const problem of problems) console.error(`build: ${problem}`);
  console.error(`build: failed, ${problems.length} problem${problems.length === 1 ? '' : 's'}`);
  process.exitCode = 1;
} else {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`build: ${prepared.sources.entries.join(', ')} in ${seconds} s`);
}

/** Answers what the compiler finds wrong. `--unchecked`: the types are checked at the same time, by scripts/check.mjs. */
async function write() {
  for (const folder of ['dist', 'resources']) await rm(path.join(root, folder), { recursive: true, force: true });
  await writeAssets(root, prepared);
  if (process.argv.includes('--unchecked')) return [];
  return (await Promise.all([typeCheckRuntime(root), typeCheckEditor(root)])).flat();
}
