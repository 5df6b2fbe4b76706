import { runInNewContext } from 'node:vm';
import { camelCase } from './definition.mjs';

/**
 * What the html of a type calls must be there: a dialog without its code opens dead, and nobody says why. The bundler does not
 * tell, since a name that a TypeScript file does not export could be a type.
 *
 * @param {import('./node-source.mjs').NodeSource[]} types
 * @param {string} script  of the bundle; empty: it could not be made, which was told already
 * @returns {string[]} problems
 */
export function checkEditor(types, script) {
  const missing = types
    .filter(({ hasEditor }) => !hasEditor)
    .map(({ type, folder }) => `${folder}/editor/${type}.ts: missing, so the dialog would be dead`);
  if (script === '') return missing;
  let DeviceLink;
  try {
    DeviceLink = runInNewContext(`${script}\nDeviceLink;`, { RED: anything });
  } catch (error) {
    return [...missing, `the editor code fails when it is loaded: ${error.message}`];
  }
  const wrong = types
    .filter(({ hasEditor }) => hasEditor)
    .flatMap(({ type, folder, html }) => {
      const name = camelCase(type);
      const file = `${folder}/editor/${type}.ts`;
      if (DeviceLink[name] === undefined) return [`${file}: must export ${name}`];
      const called = new Set([...html.matchAll(/DeviceLink\.\w+\.(\w+)\(/g)].map(([, method]) => method));
      return [...called]
        .filter((method) => typeof DeviceLink[name][method] !== 'function')
        .map((method) => `${file}: ${name} has no function ${method}, which the html calls`);
    });
  return [...missing, ...wrong];
}

/** Stands for the editor's own API, which code may call when it is loaded; takes every call and answers itself. */
const anything = new Proxy(() => {}, { get: () => anything, apply: () => anything });
