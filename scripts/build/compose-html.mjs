import { isDevice, registerBlock } from './definition.mjs';
import { expandRows } from './rows.mjs';

/**
 * The html file Node-RED gets for a type, of its definition and `nodes/<type>/dialog.html`: what is different in each dialog.
 *
 * A dialog is made of tabs, `<tab name="security"> ... </tab>`. In that of a device, what stands before the first tab goes to
 * the tab of the device, between name and timing; a tab `properties` or `mqtt` takes the place of the usual one. Around that come the
 * parts in `nodes/parts`: `<!-- part: topic -->` inserts `topic.html`.
 *
 * @param {object} options
 * @param {string} options.packageName  from package.json
 * @param {string} options.type
 * @param {object} options.definition   merged with that of all devices
 * @param {string} options.dialog
 * @param {(name: string) => Promise<string | undefined>} options.readPart
 * @param {(problem: string) => void} options.complain
 */
export async function composeHtml({ packageName, type, definition, dialog, readPart, complain }) {
  const frame = isDevice(type) ? await deviceFrame(dialog, readPart) : dialog;
  const nativePrefix = definition.category === 'config' ? 'node-config-input-' : 'node-input-';
  const whole = await insertParts(`${frame}<!-- part: test -->\n`, readPart);
  const form = expandRows(whole, { nativePrefix, complain })
    .replace(/<tab name="(\w+)">/g, '<div data-tab="$1">')
    .replaceAll('</tab>', '</div>');
  const editor = `resources/${packageName}/devicelink-editor`;
  return `<link rel="stylesheet" href="${editor}.css" />
<script src="${editor}.js"></script>

<script type="text/html" data-template-name="${type}">
  <div class="devicelink-form" data-type="${type}">
    <ul class="devicelink-tabs"></ul>
${form.replace(/^(?=.)/gm, '    ')}  </div>
</script>

${registerBlock(type, definition)}`;
}

async function deviceFrame(dialog, readPart) {
  const firstTab = dialog.search(/^<tab /m);
  const rows = firstTab === -1 ? dialog : dialog.slice(0, firstTab);
  const tabs = firstTab === -1 ? '' : dialog.slice(firstTab);
  const usual = (name) => (tabs.includes(`<tab name="${name}">`) ? '' : `<!-- part: device-${name} -->\n`);
  const own = { rows: rows.replace(/^(?=.)/gm, '  '), tabs: usual('properties') + tabs + usual('mqtt') };
  return ((await readPart('device')) ?? '').replace(/^ *<!-- own: (rows|tabs) -->\n/gm, (_, slot) => own[slot]);
}

async function insertParts(html, readPart) {
  const pieces = html.split(/^( *)<!-- part: ([\w-]+) -->\n/m);
  const result = [pieces[0]];
  for (let at = 1; at < pieces.length; at += 3) {
    const part = await insertParts((await readPart(pieces[at + 1])) ?? '', readPart);
    result.push(part.replace(/^(?=.)/gm, pieces[at]), pieces[at + 2]);
  }
  return result.join('');
}
