import { composeHtml } from './compose-html.mjs';
import { isDevice, mergeDefinition } from './definition.mjs';
import { checkKind } from './registration.mjs';

/**
 * A node type as the checks look at it.
 *
 * @typedef {object} NodeSource
 * @property {string} type           e.g. `modbus-device`
 * @property {string} folder         `nodes/modbus-device`
 * @property {object} definition     its own over that of all devices
 * @property {string} html           what Node-RED gets
 * @property {Set<string>} keys      of the catalog, used in the html
 * @property {boolean} hasEditor     whether it has the code of its dialog
 * @property {string | undefined} runtimeFile    what its nodes run with, `nodes/<type>/<type>.ts`; most devices need none
 */

/**
 * @param {string} type
 * @param {object} options
 * @param {string} options.packageName
 * @param {import('./files.mjs').Files} options.files
 * @param {string[]} options.problems
 * @returns {Promise<NodeSource | undefined>} undefined: a file is missing
 */
export async function readNode(type, { packageName, files, problems }) {
  const folder = `nodes/${type}`;
  const own = await files.readJson(`${folder}/definition.json`);
  const dialog = await files.read(`${folder}/dialog.html`);
  if (own === undefined || dialog === undefined) return undefined;
  const common = isDevice(type) ? ((await files.readJson('nodes/parts/device.json')) ?? {}) : {};
  const definition = mergeDefinition(common, own);
  const html = await composeHtml({
    packageName,
    type,
    definition,
    dialog,
    readPart: (name) => files.read(`nodes/parts/${name}.html`),
    complain: (problem) => problems.push(`${folder}/dialog.html: ${problem}`),
  });
  if (common.icon !== undefined) files.use(`icons/${common.icon}`);
  const runtimeFile = `${folder}/${type}.ts`;
  const hasRuntimeFile = files.use(runtimeFile);
  if (!hasRuntimeFile) problems.push(...(await checkKind(type, (file) => files.read(file))));
  if (definition.icon !== undefined) files.use(`icons/${definition.icon}`);
  return {
    type,
    folder,
    definition,
    html,
    keys: keysIn(html),
    hasEditor: files.use(`${folder}/editor/${type}.ts`),
    runtimeFile: hasRuntimeFile ? runtimeFile : undefined,
  };
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
