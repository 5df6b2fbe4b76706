import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { helpParts, insertHelp } from './help.mjs';
import { readNode } from './node-source.mjs';

/**
 * Everything the checks look at, read once.
 *
 * @typedef {object} Sources
 * @property {import('./node-source.mjs').NodeSource[]} types        the entries of package.json `node-red.nodes`
 * @property {string[]} icons            file names in icons/
 * @property {Map<string, Language>} languages
 * @property {{ file: string, flow: unknown }[]} examples
 * @property {{ file: string, text: string }[]} code   runtime and editor sources, where catalog keys are used
 * @property {Set<string>} coreTypes     node types Node-RED itself has
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
  const read = async (file) => {
    try {
      return await readFile(path.join(root, file), 'utf8');
    } catch (error) {
      problems.push(`${file}: ${error.code === 'ENOENT' ? 'missing' : error.message}`);
      return undefined;
    }
  };
  const readJson = async (file) => {
    const text = await read(file);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      problems.push(`${file}: ${error.message}`);
      return undefined;
    }
  };

  const manifest = await readJson('package.json');
  const entries = Object.entries(manifest?.['node-red']?.nodes ?? {});
  const types = [];
  for (const [type, script] of entries) {
    if (script !== `dist/nodes/${type}/${type}.js`) {
      problems.push(`package.json: node-red.nodes.${type} must be dist/nodes/${type}/${type}.js, got ${script}`);
    }
    const node = await readNode(type, { packageName: manifest.name, read, readJson, problems });
    if (node !== undefined) types.push(node);
  }

  const languages = new Map();
  for (const language of await list(root, 'locales')) {
    const catalogs = new Map();
    const help = new Map();
    const parts = helpParts((await read(`locales/${language}/device.html`)) ?? '');
    const usedParts = new Set();
    for (const [type] of entries) {
      catalogs.set(type, (await readJson(`locales/${language}/${type}.json`)) ?? {});
      const file = `locales/${language}/${type}.html`;
      const tell = {
        complain: (problem) => problems.push(`${file}: ${problem}`),
        use: (name) => usedParts.add(name),
      };
      help.set(type, insertHelp((await read(file)) ?? '', parts, tell));
    }
    const common = (await readJson(`locales/${language}/common.json`)) ?? {};
    const device = (await readJson(`locales/${language}/device.json`)) ?? {};
    languages.set(language, { common, device, catalogs, help, parts, usedParts });
  }

  const examples = [];
  for (const name of (await list(root, 'examples')).filter((file) => file.endsWith('.json'))) {
    const flow = await readJson(`examples/${name}`);
    if (flow !== undefined) examples.push({ file: `examples/${name}`, flow });
  }

  const code = [];
  for (const file of (
    await Promise.all(['nodes', 'src/editor', 'src/node-red'].map((folder) => listDeep(root, folder)))
  ).flat()) {
    code.push({ file, text: await read(file) });
  }

  return {
    types,
    icons: await list(root, 'icons'),
    languages,
    examples,
    code,
    coreTypes: await coreTypes(root),
    problems,
  };
}

const list = async (root, folder) => (await readdir(path.join(root, folder)).catch(() => [])).sort();

async function listDeep(root, folder) {
  const entries = await readdir(path.join(root, folder), { recursive: true }).catch(() => []);
  return entries
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name))
    .sort();
}

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
