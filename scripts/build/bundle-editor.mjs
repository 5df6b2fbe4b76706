import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { camelCase } from './definition.mjs';

/**
 * The editor code of the types as one classic script. Node-RED loads it before it runs the inline scripts of our html files,
 * so those may rely on the global `DeviceLink`. Not minified: a user's stack trace should name our functions.
 *
 * @typedef {object} Bundle
 * @property {string} script        empty where it could not be made
 * @property {string} map           its source map, to which the script does not point
 * @property {string} lists         what reads lists of registers, with a parser of YAML: dialogs load it when they need it
 * @property {string} styles        the style sheets of the dialogs as one
 * @property {Set<string>} inputs   the files it was made of
 * @property {string[]} problems
 *
 * @param {string} root
 * @param {import('./node-source.mjs').NodeSource[]} types
 * @returns {Promise<Bundle>}
 */
export async function bundleEditor(root, types) {
  const styles = await readStyles(path.join(root, 'src/editor/styles'));
  try {
    const lists = await bundleLists(root);
    const { outputFiles, metafile } = await build({
      absWorkingDir: root,
      stdin: { contents: entryOf(types), resolveDir: root, sourcefile: 'editor.ts', loader: 'ts' },
      outfile: 'resources/devicelink-editor.js',
      bundle: true,
      format: 'iife',
      globalName: 'DeviceLink',
      target: 'es2022',
      sourcemap: 'external',
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    const textOf = (end) => outputFiles.find((file) => file.path.endsWith(end)).text;
    return {
      script: textOf('.js'),
      map: textOf('.js.map'),
      lists: lists.outputFiles[0].text,
      styles,
      inputs: new Set([metafile, lists.metafile].flatMap(({ inputs }) => Object.keys(inputs))),
      problems: [],
    };
  } catch (error) {
    const problems = (error.errors ?? [{ text: error.message }]).map(
      ({ text, location }) => `${location ? `${location.file}:${location.line}: ` : ''}${text}`,
    );
    return { script: '', map: '', lists: '', styles, inputs: new Set(), problems };
  }
}

/** Minified: it is large, and its faults are told in words. */
const bundleLists = (root) =>
  build({
    absWorkingDir: root,
    entryPoints: ['src/editor/lists/index.ts'],
    outfile: 'resources/devicelink-lists.js',
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'DeviceLinkLists',
    target: 'es2022',
    banner: {
      js: '/*! with js-yaml 4, (c) Vitaly Puzrin and others, MIT License, https://github.com/nodeca/js-yaml */',
    },
    metafile: true,
    write: false,
    logLevel: 'silent',
  });

/** Each type's editor code is what `DeviceLink` has under the type's name in camel case: `DeviceLink.modbusDevice`. */
const entryOf = (types) =>
  types
    .filter(({ hasEditor }) => hasEditor)
    .map(({ type }) => `export { ${camelCase(type)} } from './nodes/${type}/editor/${type}';\n`)
    .join('');

/** One style sheet of the files in a folder, in the order of their names. */
async function readStyles(folder) {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.css')).sort();
  const styles = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  return styles.join('\n');
}
