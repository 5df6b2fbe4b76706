import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

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

export const typeCheckEditor = (root) => tsc(root, '-p', 'tsconfig.editor.json');

/**
 * Bundles the editor code of the types into one classic script. Node-RED loads it before it runs the inline scripts of our html files,
 * so those may rely on the global `DeviceLink`. Not minified: a user's stack trace should name our functions.
 */
export async function bundleEditor(root, { types }) {
  const resources = path.join(root, 'resources');
  await mkdir(resources, { recursive: true });
  try {
    await build({
      absWorkingDir: root,
      stdin: { contents: entryOf(types), resolveDir: root, sourcefile: 'editor.ts', loader: 'ts' },
      outfile: 'resources/devicelink-editor.js',
      bundle: true,
      format: 'iife',
      globalName: 'DeviceLink',
      target: 'es2022',
      sourcemap: true,
      logLevel: 'silent',
    });
    await writeFile(
      path.join(resources, 'devicelink-editor.css'),
      await readStyles(path.join(root, 'src/editor/styles')),
    );
    return [];
  } catch (error) {
    return (error.errors ?? [{ text: error.message }]).map(
      ({ text, location }) => `${location ? `${location.file}:${location.line}: ` : ''}${text}`,
    );
  }
}

/** Each type's editor code is what `DeviceLink` has under the type's name in camel case: `DeviceLink.modbusDevice`. */
const entryOf = (types) =>
  types.map(({ type }) => `export { ${camelCase(type)} } from './nodes/${type}/editor/${type}';\n`).join('');

const camelCase = (type) => type.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

/** One style sheet of the files in a folder, in the order of their names. */
async function readStyles(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.css')).sort();
  const styles = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  return styles.join('\n');
}
