import { bundleEditor } from './bundle-editor.mjs';
import { bundleRuntime } from './bundle-runtime.mjs';
import { checkEditor } from './check-editor.mjs';
import { checkErrorCodes } from './check-error-codes.mjs';
import { checkExamples } from './check-examples.mjs';
import { checkLocales } from './check-locales.mjs';
import { checkNodes } from './check-nodes.mjs';
import { checkOrphans } from './check-orphans.mjs';
import { readSources } from './sources.mjs';

/**
 * All that can be made and found wrong before the TypeScript compiler starts: in a second, not in ten. Writes nothing.
 *
 * @typedef {object} Prepared
 * @property {import('./sources.mjs').Sources} sources
 * @property {import('./bundle-editor.mjs').Bundle} bundle
 * @property {import('./bundle-runtime.mjs').Runtime} runtime
 * @property {string[]} problems
 *
 * @param {string} root  of the repository
 * @param {{ sourceMap?: boolean }} [options] source maps of the runtime: for us, not for the package
 * @returns {Promise<Prepared>}
 */
export async function prepare(root, options) {
  const sources = await readSources(root);
  const bundle = await bundleEditor(root, sources.types);
  const runtime = await bundleRuntime(root, sources.types, options);
  const problems = [
    ...sources.problems,
    ...checkNodes(sources),
    ...checkLocales(sources),
    ...checkExamples(sources),
    ...(await checkErrorCodes(root)),
    ...bundle.problems,
    ...runtime.problems,
    ...checkEditor(sources.types, bundle.script),
    ...checkOrphans(sources, bundle.inputs),
  ];
  return { sources, bundle, runtime, problems };
}
