import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleCommands } from './bundle-commands.mjs';
import { mergedCatalog } from './catalogs.mjs';

/**
 * Writes all that was prepared: what Node-RED runs, html, icons and locales beside it, and the editor's script.
 *
 * @param {string} root
 * @param {import('./prepare.mjs').Prepared} prepared
 * @param {{ sourceMap?: boolean }} [options] the source map of the editor's script: for us, not for the package
 */
export async function writeAssets(root, { sources, bundle, runtime }, { sourceMap = false } = {}) {
  await writeRuntime(path.join(root, 'dist'), runtime);
  await writeFiles(path.join(root, 'dist'), await bundleCommands(root));
  for (const node of sources.types) await writeNode(root, node, sources.languages);
  const resources = path.join(root, 'resources');
  await mkdir(resources, { recursive: true });
  const pointer = sourceMap ? '//# sourceMappingURL=devicelink-editor.js.map\n' : '';
  await writeFile(path.join(resources, 'devicelink-editor.js'), bundle.script + pointer);
  if (sourceMap) await writeFile(path.join(resources, 'devicelink-editor.js.map'), bundle.map);
  await writeFile(path.join(resources, 'devicelink-editor.css'), bundle.styles);
  await writeFile(path.join(resources, 'devicelink-lists.js'), bundle.lists);
  await writeFile(path.join(resources, 'devicelink-templates.json'), await readTemplates(root));
}

/** The templates of Modbus devices as one list, by maker and name; dialogs load it when somebody looks. */
async function readTemplates(root) {
  const folder = path.join(root, 'templates/modbus');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  const templates = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  return JSON.stringify(templates.map((text) => JSON.parse(text)));
}

/** Chunks have other names where they have changed: those of an earlier build are removed. */
async function writeRuntime(dist, { files }) {
  await writeFiles(dist, files);
  for (const name of await readdir(path.join(dist, 'runtime'))) {
    if (!files.has(path.join('runtime', name))) await rm(path.join(dist, 'runtime', name));
  }
}

async function writeFiles(dist, files) {
  for (const [file, text] of files) {
    await mkdir(path.dirname(path.join(dist, file)), { recursive: true });
    await writeFile(path.join(dist, file), text);
  }
}

async function writeNode(root, { type, definition, html }, languages) {
  const out = path.join(root, 'dist/nodes', type);
  await mkdir(path.join(out, 'icons'), { recursive: true });
  await writeFile(path.join(out, `${type}.html`), html);
  const { icon } = definition;
  if (icon !== undefined) await copyFile(path.join(root, 'icons', icon), path.join(out, 'icons', icon));
  for (const [language, texts] of languages) {
    const folder = path.join(out, 'locales', language);
    await mkdir(folder, { recursive: true });
    const catalog = mergedCatalog(texts, type);
    await writeFile(path.join(folder, `${type}.json`), `${JSON.stringify(catalog, undefined, 2)}\n`);
    await writeFile(path.join(folder, `${type}.html`), texts.help.get(type));
  }
}
