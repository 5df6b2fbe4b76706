import { camelCase, isDevice } from './definition.mjs';

/**
 * The file that Node-RED loads for a type: it registers it, and knows where the rest is.
 *
 * @returns {[file: string, text: string]} the path below `dist`
 */
export function registrationOf(type, { credentials = {} }) {
  const text = `'use strict';
const { registerType } = require('../../registration.js');

const credentials = ${JSON.stringify(credentials)};
const load = () => require('../../runtime/${type}.js');

module.exports = (RED) => registerType(RED, { type: '${type}', credentials, load });
`;
  return [`nodes/${type}/${type}.js`, text];
}

/** Most devices need no `nodes/<type>/<type>.ts`: `lamp-device` runs with the `lampKind` of `src/drivers/lamp`. */
export function runtimeEntryOf(type) {
  const { driver, kind } = partsOf(type);
  return `import { ${kind} } from './src/drivers/${driver}';
import { deviceRuntime } from './src/node-red/device/device-node';

export const { kind, run } = deviceRuntime(${kind});
`;
}

/**
 * @param {string} type
 * @param {(file: string) => Promise<string | undefined>} read  a missing file is a problem
 * @returns {Promise<string[]>} problems
 */
export async function checkKind(type, read) {
  if (!isDevice(type)) return [`nodes/${type}/${type}.ts: missing`];
  const { driver, kind } = partsOf(type);
  const file = `src/drivers/${driver}/index.ts`;
  const source = await read(file);
  const isThere = source === undefined || new RegExp(`^export const ${kind}: DeviceKind\\b`, 'm').test(source);
  return isThere ? [] : [`${file}: must export const ${kind}: DeviceKind<...>, for ${type}`];
}

function partsOf(type) {
  const driver = type.replace(/-device$/, '');
  return { driver, kind: `${camelCase(driver)}Kind` };
}
