import { camelCase, isDevice } from './definition.mjs';

/**
 * Most devices need no `nodes/<type>/<type>.ts`: `lamp-device` is registered with the `lampKind` of `src/drivers/lamp`.
 * The file that Node-RED loads is written by the build.
 */
export function registrationOf(type, { credentials = {} }) {
  const { driver, kind } = partsOf(type);
  return `'use strict';
const { ${kind} } = require('../../src/drivers/${driver}');
const { registerDeviceNode } = require('../../src/node-red/device/device-node');

module.exports = (RED) => registerDeviceNode(RED, '${type}', ${kind}, ${JSON.stringify(credentials)});
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
