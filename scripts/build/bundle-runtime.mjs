import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { checkStart } from './check-start.mjs';
import { bundleWorkers, isWorker } from './bundle-workers.mjs';
import { toCommonJs } from './common-js.mjs';
import { listFiles } from './files.mjs';
import { registrationOf, runtimeEntryOf } from './registration.mjs';

/** Files of `dist`, beside which those that are for several lie. */
const START = 'registration';
const RUNTIME = 'runtime';
const START_SOURCE = 'src/node-red/registration/register-type.ts';
/** What all types have in common: one chunk, which is loaded with the first node of any of them. */
const CORE = ['base', 'net', 'device', 'mqtt', 'node-red/common', 'node-red/device', 'node-red/mqtt', 'node-red/admin'];

/**
 * What Node-RED runs, as few files: `registration.js`, which all types share and Node-RED loads at its start, for each type
 * `runtime/<type>.js`, which its first node loads, and `runtime/chunk-*.js` with what several of them need; threads have a file each (bundle-workers.mjs). Each module is in one of
 * them, so that it exists once: types share connections, sessions and who is deployed. Not minified: a user's stack trace should name our
 * functions, and above each module stands its path.
 *
 * @typedef {object} Runtime
 * @property {Map<string, string>} files   text by path below `dist`
 * @property {string[]} problems           none of the files is there then
 *
 * @param {string} root
 * @param {import('./node-source.mjs').NodeSource[]} types
 * @param {{ sourceMap?: boolean }} [options] source maps, to which the files point: for us, not for the package
 * @returns {Promise<Runtime>}
 */
export async function bundleRuntime(root, types, { sourceMap = false } = {}) {
  const outdir = path.join(root, 'dist');
  try {
    const { outputFiles, metafile } = await build({
      absWorkingDir: root,
      entryPoints: [
        { in: START_SOURCE, out: START },
        ...types.map(({ type, runtimeFile }) => ({ in: runtimeFile ?? `made:${type}`, out: `${RUNTIME}/${type}` })),
      ],
      plugins: [madeEntries(root), sharedCore(root)],
      outdir,
      chunkNames: `${RUNTIME}/[name]-[hash]`,
      bundle: true,
      // Only this format has chunks; see common-js.mjs.
      format: 'esm',
      splitting: true,
      platform: 'node',
      packages: 'external',
      target: 'node22',
      sourcemap: sourceMap ? 'external' : false,
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    const files = new Map(types.map(({ type, definition }) => registrationOf(type, definition)));
    for (const { path: file, text } of outputFiles) {
      const name = path.relative(outdir, file);
      const pointer = sourceMap ? `//# sourceMappingURL=${path.basename(name)}.map\n` : '';
      files.set(name, name.endsWith('.map') ? text : toCommonJs(name, text) + pointer);
    }
    for (const [name, text] of await bundleWorkers(root, { sourceMap })) files.set(name, text);
    const problems = checkStart(metafile, `dist/${START}.js`);
    return { files: problems.length === 0 ? files : new Map(), problems };
  } catch (error) {
    if (error.errors === undefined) throw error;
    const problems = error.errors.map(
      ({ text, location }) => `${location ? `${location.file}:${location.line}: ` : ''}${text}`,
    );
    return { files: new Map(), problems };
  }
}

/** The entries of devices that have no file of their own. */
const madeEntries = (root) => ({
  name: 'made-entries',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^made:/ }, ({ path: name }) => ({ path: name.slice('made:'.length), namespace: 'made' }));
    onLoad({ filter: /./, namespace: 'made' }, ({ path: type }) => ({
      contents: WITH_CORE + runtimeEntryOf(type),
      resolveDir: root,
      loader: 'ts',
    }));
  },
});

const WITH_CORE = `import 'shared:core'; `;

/**
 * esbuild puts together what the same entries need. So that what several have in common is not scattered over dozens of chunks, all
 * that are loaded later need all of it.
 */
const sharedCore = (root) => ({
  name: 'shared-core',
  setup({ onResolve, onLoad }) {
    const loadedLater = new Set();
    onResolve({ filter: /^shared:core$/ }, () => ({ path: 'core', namespace: 'shared' }));
    onLoad({ filter: /./, namespace: 'shared' }, async () => {
      const files = (await Promise.all(CORE.map((folder) => listFiles(root, `src/${folder}`)))).flat();
      const sources = files.filter((file) => file.endsWith('.ts') && !isWorker(file));
      return { contents: sources.map((file) => `import './${file}';`).join('\n'), resolveDir: root, loader: 'ts' };
    });
    onResolve({ filter: /\.ts$/ }, ({ path: file, kind }) => {
      const isEntry = kind === 'entry-point' && path.normalize(file) !== START_SOURCE;
      if (isEntry) loadedLater.add(path.join(root, file));
      return undefined;
    });
    onResolve({ filter: /^\./ }, ({ path: file, kind, resolveDir }) => {
      if (kind === 'dynamic-import') loadedLater.add(path.join(resolveDir, file.replace(/\.js$/, '.ts')));
      return undefined;
    });
    onLoad({ filter: /\.ts$/ }, async ({ path: file }) =>
      loadedLater.has(file) ? { contents: WITH_CORE + (await readFile(file, 'utf8')), loader: 'ts' } : undefined,
    );
  },
});
