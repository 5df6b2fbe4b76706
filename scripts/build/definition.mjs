/**
 * What the editor registers of a type comes from `nodes/<type>/definition.json`; what all devices have in common, from
 * `nodes/parts/device.json`. Both are data:
 *
 *   category, color, icon, inputs, outputs, credentials   as in `RED.nodes.registerType`
 *   defaults       the same, but `"validate": true` stands for a function that asks the editor code
 *   inputLabels, outputLabels                              keys of the catalog; a list where ports differ
 *   label          "editor" where the editor code says what a node is called; else it is the name, or the type's
 */
export const isDevice = (type) => type.endsWith('-device');

/** `modbus-device` -> `modbusDevice`: the name of the type's editor code, in the file and in the global `DeviceLink`. */
export const camelCase = (type) => type.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

/** A device's own definition over that of all devices; of a default, what is not given again stays. */
export function mergeDefinition(common, own) {
  const defaults = { ...common.defaults };
  for (const [name, given] of Object.entries(own.defaults ?? {})) defaults[name] = { ...defaults[name], ...given };
  return { ...common, ...own, defaults };
}

/** The `RED.nodes.registerType` block: literals, since tools read it without running it, and functions that call the editor code. */
export function registerBlock(type, definition) {
  const editor = `DeviceLink.${camelCase(type)}`;
  const isConfig = definition.category === 'config';
  const palette = `this._('${type}.palette')`;
  const members = [
    ...['category', 'color', 'icon', 'inputs', 'outputs']
      .filter((name) => definition[name] !== undefined)
      .map((name) => `${name}: ${literal(definition[name])},`),
    'defaults: {',
    ...Object.entries(definition.defaults ?? {}).flatMap(([name, given]) => indent(defaultLines(editor, name, given))),
    '},',
    ...(definition.credentials === undefined ? [] : [`credentials: ${literal(definition.credentials)},`]),
    ...(isConfig ? [] : method('paletteLabel', [], `return ${palette};`)),
    ...method(
      'label',
      [],
      definition.label === 'editor' ? `return ${editor}.label(this);` : `return this.name || ${palette};`,
    ),
    ...(isConfig ? [] : method('labelStyle', [], "return this.name ? 'node_label_italic' : '';")),
    ...portLabels('inputLabels', definition.inputLabels),
    ...portLabels('outputLabels', definition.outputLabels),
    ...(isDevice(type) ? method('onadd', [], `${editor}.added(this);`) : []),
    ...method('oneditprepare', [], `${editor}.prepare(this);`),
    ...method('oneditsave', [], `${editor}.save();`),
    ...method('oneditcancel', [], `${editor}.cancel();`),
  ];
  const lines = [
    '(function () {',
    ...indent([`RED.nodes.registerType('${type}', {`, ...indent(members), '});']),
    '})();',
  ];
  return ['<script type="text/javascript">', ...indent(lines), '</script>', ''].join('\n');
}

function defaultLines(editor, name, { validate = false, ...given }) {
  if (!validate) return [`${name}: ${literal(given)},`];
  return [
    `${name}: {`,
    ...indent([
      ...Object.entries(given).map(([key, value]) => `${key}: ${literal(value)},`),
      ...method('validate', ['value', 'opt'], `return ${editor}.validate(this, '${name}');`),
    ]),
    '},',
  ];
}

function portLabels(name, keys) {
  if (keys === undefined) return [];
  if (typeof keys === 'string') return method(name, [], `return this._('${keys}');`);
  return method(name, ['index'], `return [${keys.map((key) => `this._('${key}')`).join(', ')}][index];`);
}

const method = (name, parameters, body) => [`${name}: function (${parameters.join(', ')}) {`, ...indent([body]), '},'];

const indent = (lines) => lines.map((line) => `  ${line}`);

/** As we write it by hand: single quotes, no quotes about names. */
function literal(value) {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, inner]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
    return `${key}: ${literal(inner)}`;
  });
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
