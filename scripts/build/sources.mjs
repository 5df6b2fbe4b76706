import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Files, listFiles } from './files.mjs';
import { helpParts, insertHelp } from './help.mjs';
import { readNode } from './node-source.mjs';

/**
 * Everything the checks look at, read once.
 *
 * @typedef {object} Sources
 * @property {string[]} entries        the types in package.json `node-red.nodes`
 * @property {import('./node-source.mjs').NodeSource[]} types   those of them whose files are there
 * @property {string[]} icons            file names in icons/
 * @property {Map<string, Language>} languages
 * @property {{ file: string, flow: unknown }[]} examples
 * @property {{ file: string, text: string }[]} code   runtime and editor sources, where catalog keys are used
 * @property {Set<string>} coreTypes     node types Node-RED itself has
 * @property {string[]} files          all below nodes, locales and icons
 * @property {Set<string>} used         files that somebody asked for
 * @property {string[]} problems         files that are missing or cannot be read
 *
 * @typedef {object} Language
 * @property {object} common                  common.json: for all types
 * @property {object} device                  device.json: for all types named *-device
 * @property {Map<string, object>} catalogs   <type>.json by type
 * @property {Map<string, string>} help       <type>.html by type, with the parts of device.html in it
 * @property {Map<string, string>} parts      of device.html by name
 * @property {Set<string>} usedParts
 */

/** @returns {Promise<Sources>} */
export async function readSources(root) {
  const problems = [];
  const files = await Files.below(root, ['nodes', 'locales', 'icons'], problems);
  const manifest = await files.readJson('package.json');
  const nodes = Object.entries(manifest?.['node-red']?.nodes ?? {});
  const types = [];
  for (const [type, script] of nodes) {
    const place = `package.json: node-red.nodes.${type}`;
    if (script !== `dist/nodes/${type}/${type}.js`) {
      problems.push(`${place} must be dist/nodes/${type}/${type}.js, got ${script}`);
    }
    if (!files.all.some((file) => file.startsWith(`nodes/${type}/`))) {
      problems.push(`${place}: there is no folder nodes/${type}`);
      continue;
    }
    const node = await readNode(type, { packageName: manifest.name, files, problems });
    if (node !== undefined) types.push(node);
  }
  const entries = nodes.map(([type]) => type);
  const languages = new Map();
  for (const language of await list(root, 'locales')) {
    languages.set(language, await readLanguage(`locales/${language}`, entries, files, problems));
  }
  return {
    entries,
    types,
    icons: await list(root, 'icons'),
    languages,
    examples: await readExamples(root, files),
    code: await readCode(root, ['nodes', 'src/editor', 'src/node-red']),
    coreTypes: await coreTypes(root),
    files: files.all,
    used: files.used,
    problems,
  };
}

async function readLanguage(folder, types, files, problems) {
  const catalogs = new Map();
  const help = new Map();
  const parts = helpParts((await files.read(`${folder}/device.html`)) ?? '');
  const usedParts = new Set();
  for (const type of types) {
    catalogs.set(type, (await files.readJson(`${folder}/${type}.json`)) ?? {});
    const file = `${folder}/${type}.html`;
    const tell = {
      complain: (problem) => problems.push(`${file}: ${problem}`),
      use: (name) => usedParts.add(name),
    };
    help.set(type, insertHelp((await files.read(file)) ?? '', parts, tell));
  }
  const common = (await files.readJson(`${folder}/common.json`)) ?? {};
  const device = (await files.readJson(`${folder}/device.json`)) ?? {};
  return { common, device, catalogs, help, parts, usedParts };
}

async function readExamples(root, files) {
  const examples = [];
  for (const name of (await list(root, 'examples')).filter((file) => file.endsWith('.json'))) {
    const flow = await files.readJson(`examples/${name}`);
    if (flow !== undefined) examples.push({ file: `examples/${name}`, flow });
  }
  return examples;
}

/** Whether a source has its use is another question, so these are not read by `files`. */
async function readCode(root, folders) {
  const names = (await Promise.all(folders.map((folder) => listFiles(root, folder)))).flat();
  const sources = names.filter((name) => name.endsWith('.ts'));
  return Promise.all(sources.map(async (file) => ({ file, text: await readFile(path.join(root, file), 'utf8') })));
}

const list = async (root, folder) => (await readdir(path.join(root, folder)).catch(() => [])).sort();

/** The types of Node-RED's own nodes, from the templates in its html files; empty when Node-RED is not installed. */
async function coreTypes(root) {
  const folder = path.join(root, 'node_modules/@node-red/nodes/core');
  const files = (await readdir(folder, { recursive: true }).catch(() => [])).filter((name) => name.endsWith('.html'));
  const types = new Set(['tab', 'group', 'subflow', 'junction', 'global-config']);
  for (const file of files.filter((name) => !name.includes('locales'))) {
    const text = await readFile(path.join(folder, file), 'utf8');
    for (const [, type] of text.matchAll(/data-template-name="([^"]+)"/g)) types.add(type);
  }
  return types;
}
