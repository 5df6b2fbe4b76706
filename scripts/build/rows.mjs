/**
 * The rows of a dialog in short: `<row path="protocol.endpoint" icon="globe" label="lamp.endpoint" placeholder="192.168.0.10" />`
 * becomes label, icon and input; with `<option>` inside, a select.
 *
 *   path       property of the node that the input is bound to (src/editor/form/binding.ts)
 *   native     the input has an id that Node-RED itself reads and writes; `native="username"` for a credential
 *   id         where there is no path: what stands after `devicelink-`
 *   label      key of the catalog; `icon` a name of Font Awesome 4; `hint` the key of a placeholder
 *   kind, optional, default                           how the value is stored: binding.ts
 *   check, secret                                     a check box, an area for a PEM text
 *   placeholder, spellcheck, autocomplete, type       as of an input
 *   field      further attributes of the input: `field="data-topic-mode"`
 *   data-*, hidden                                    attributes of the whole row
 *
 * An option is `<option value="sync" label="output.sync" />`, or `<option value="5">MQTT 5.0</option>` where nothing is translated.
 */
const ROW = /^( *)<row((?:\s+[\w-]+(?:="[^"]*")?)+)\s*(?:\/>|>\n([\s\S]*?)^ *<\/row>)/gm;

const OF_THE_BINDING = ['kind', 'optional', 'default'];
const OF_THE_INPUT = ['placeholder', 'spellcheck', 'autocomplete'];
const KNOWN = [...OF_THE_BINDING, ...OF_THE_INPUT, 'path', 'native', 'id', 'label', 'icon', 'hint', 'check', 'secret'];
const ALLOWED = [...KNOWN, 'type', 'field', 'hidden'];

/**
 * @param {string} html
 * @param {{ nativePrefix: string, complain: (problem: string) => void }} options nativePrefix: `node-input-` or `node-config-input-`
 */
export function expandRows(html, { nativePrefix, complain }) {
  const expanded = html.replace(ROW, (_row, indent, attributes, options) => {
    const row = attributesOf(attributes);
    const name = row.path ?? (row.native || row.id);
    const place = `row ${JSON.stringify(name ?? '')}`;
    for (const key of Object.keys(row)) {
      if (!ALLOWED.includes(key) && !key.startsWith('data-')) complain(`${place}: unknown attribute ${key}`);
    }
    if (!name) complain(`${place}: needs path, native or id`);
    if (!row.label) complain(`${place}: needs a label`);
    const id = 'native' in row ? `${nativePrefix}${row.native || row.path}` : idOf(row);
    const lines = 'check' in row ? checkLines(row, id) : inputLines(row, id, options);
    const outer = Object.entries(row).filter(([key]) => key.startsWith('data-') || key === 'hidden');
    return [
      `<div class="form-row${'check' in row ? ' devicelink-check' : ''}"${show(outer)}>`,
      ...lines.map((line) => `  ${line}`),
      '</div>',
    ]
      .map((line) => indent + line)
      .join('\n');
  });
  for (const [row] of expanded.matchAll(/<\/?row\b.*/g)) complain(`cannot read ${row}`);
  return expanded;
}

const idOf = ({ id, path = '' }) => `devicelink-${id ?? path.replaceAll('.', '-')}`;

const checkLines = (row, id) => [
  `<input type="checkbox"${show([['id', id], ...inputAttributes(row)])} />`,
  `<label for="${id}" data-i18n="${row.label}"></label>`,
];

function inputLines(row, id, options) {
  const icon = row.icon === undefined ? '' : `<i class="fa fa-${row.icon}" aria-hidden="true"></i> `;
  const label = `<label for="${id}">${icon}<span data-i18n="${row.label}"></span></label>`;
  const attributes = show([['id', id], ...inputAttributes(row)]);
  if (options !== undefined) return [label, `<select${attributes}>`, ...optionLines(options), '</select>'];
  if (!('secret' in row)) return [label, `<input type="${row.type ?? 'text'}"${attributes} />`];
  const upload = `data-upload-secret="${id}" data-i18n="[title]secret.upload;[aria-label]secret.upload"`;
  const remove = `data-remove-secret="${id}" data-i18n="[title]secret.remove;[aria-label]secret.remove"`;
  return [
    label,
    '<span class="devicelink-with-button">',
    `  <textarea${attributes} data-secret rows="3" spellcheck="false" autocomplete="off"></textarea>`,
    `  <button type="button" class="red-ui-button" ${upload}><i class="fa fa-upload" aria-hidden="true"></i></button>`,
    `  <button type="button" class="red-ui-button" ${remove}><i class="fa fa-trash-o" aria-hidden="true"></i></button>`,
    '</span>',
  ];
}

const optionLines = (options) =>
  options
    .trim()
    .split(/\n\s*/)
    .map((line) => `  ${line.replace(/ label="([^"]*)" ?\/>$/, ' data-i18n="$1"></option>')}`);

function inputAttributes(row) {
  return [
    ...(row.path === undefined ? [] : [['data-path', row.path]]),
    ...OF_THE_BINDING.filter((name) => name in row).map((name) => [`data-${name}`, row[name]]),
    ...OF_THE_INPUT.filter((name) => name in row).map((name) => [name, row[name]]),
    ...(row.hint === undefined ? [] : [['data-i18n', `[placeholder]${row.hint}`]]),
    ...Object.entries(attributesOf(row.field ?? '')),
  ];
}

/** `a="x" b` as `{ a: 'x', b: '' }` */
const attributesOf = (text) =>
  Object.fromEntries([...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name, value = '']) => [name, value]));

const show = (attributes) =>
  attributes.map(([name, value]) => (value === '' && name !== 'value' ? ` ${name}` : ` ${name}="${value}"`)).join('');
