import path from 'node:path';
import { build } from 'esbuild';

/** Sources of the commands in `bin` of package.json, by the file below `dist`. */
const COMMANDS = { 'import/devicelink-import.js': 'src/import/command.ts' };
const LICENCES = '/*! js-yaml 4, (c) Vitaly Puzrin and others, MIT License, https://github.com/nodeca/js-yaml */';

/**
 * For each command one file with all that it needs: the YAML parser too, which the nodes themselves never load.
 *
 * @param {string} root
 * @returns {Promise<Map<string, string>>} text by path below `dist`
 */
export async function bundleCommands(root) {
  const outdir = path.join(root, 'dist');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(COMMANDS).map(([out, file]) => ({ in: file, out: out.replace(/\.js$/, '') })),
    outdir,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    banner: { js: `#!/usr/bin/env node\n${LICENCES}` },
    write: false,
    logLevel: 'silent',
  });
  return new Map(outputFiles.map(({ path: file, text }) => [path.relative(outdir, file), text]));
}
