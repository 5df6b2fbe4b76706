import { composeHtml } from './compose-html.mjs';
import { isDevice, mergeDefinition } from './definition.mjs';

/**
 * A node type as the checks look at it.
 *
 * @typedef {object} NodeSource
 * @property {string} type         e.g. `modbus-device`
 * @property {string} folder       `nodes/modbus-device`
 * @property {object} definition   its own over that of all devices
 * @property {string} html         what Node-RED gets
 * @property {Set<string>} keys    of the catalog, used in the html
 */

/**
 * @param {string} type
 * @param {object} options
 * @param {string} options.packageName
 * @param {(file: string) => Promise<string | undefined>} options.read          a missing file is a problem
 * @param {(file: string) => Promise<object | undefined>} options.readJson
 * @param {string[]} options.problems
 * @returns {Promise<NodeSource | undefined>} undefined: a file is missing
 */
export async function readNode(type, { packageName, read, readJson, problems }) {
  const folder = `nodes/${type}`;
  const own = await readJson(`${folder}/definition.json`);
  const dialog = await read(`${folder}/dialog.html`);
  await read(`${folder}/${type}.ts`);
  if (own === undefined || dialog === undefined) return undefined;
  const common = isDevice(type) ? ((await readJson('nodes/parts/device.json')) ?? {}) : {};
  const definition = mergeDefinition(common, own);
  const html = await composeHtml({
    packageName,
    type,
    definition,
    dialog,
    readPart: (name) => read(`nodes/parts/${name}.html`),
    complain: (problem) => problems.push(`${folder}/dialog.html: ${problem}`),
  });
  return { type, folder, definition, html, keys: keysIn(html) };
}

/** Keys of the catalog: in `data-i18n`, of the tabs, and in calls of `this._`. */
function keysIn(html) {
  const attributes = [...html.matchAll(/\sdata-i18n="([^"]+)"/g)].flatMap(([, value]) => value.split(';'));
  return new Set([
    ...attributes.map((key) => key.replace(/^\[[^\]]+\]/, '')),
    ...[...html.matchAll(/\sdata-tab="([^"]+)"/g)].map(([, name]) => `tabs.${name}`),
    ...[...html.matchAll(/this\._\('([^']+)'\)/g)].map(([, key]) => key),
  ]);
}
