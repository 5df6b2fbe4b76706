import { credentialField } from '../../../src/editor/dialog/credentials';
import type { Dialog } from '../../../src/editor/dialog/dialog';
import { element } from '../../../src/editor/form/elements';
import { hasEnvironment } from '../../../src/editor/form/environment';
import { devicePaths } from '../../../src/onem2m/ae/devices/device-resources';
import { readDevices } from '../../../src/onem2m/ae/parse/parse-devices';
import { FieldReader } from '../../../src/base/fields/fields';
import { onExtension } from '../../../src/editor/dialog/node-editor';
import { splitEndpoint } from './endpoint-parts';
import { ASSIGNED_ID, wireLines } from './wire';
import { setAt, valueAt } from '../../../src/editor/form/paths';
import { toInput } from '../../../src/editor/form/text-value';

const ENCRYPTED = new Set(['mqtts', 'wss', 'https']);

/** Shows inputs, warnings and hints only where the settings call for them. */
export function showParts(dialog: Dialog): void {
  const { draft, form } = dialog;
  const all = (selector: string) => [...form.querySelectorAll<HTMLElement>(selector)];
  const setVisible = (selector: string, visible: boolean) => {
    for (const part of all(selector)) part.hidden = !visible;
  };
  const secrets = ['username', 'token'].flatMap((name) => credentialField(dialog, name) ?? []);
  const update = () => {
    const { scheme } = splitEndpoint(toInput(draft['endpoint'])).parts;
    const isHttp = scheme === 'http' || scheme === 'https';
    const usesExtension = toInput(draft['mqtt']) !== '' && !isHttp;
    const hasSecret = secrets.some(({ value }) => value !== '');
    setVisible('[data-needs-broker]', !isHttp);
    setVisible('[data-needs-http]', isHttp || draft['binding'] === 'websocket');
    setVisible('[data-extension-note]', usesExtension);
    setVisible('[data-plain-warning]', hasSecret && scheme !== '' && !usesExtension && !ENCRYPTED.has(scheme));
    setVisible('[data-insecure-warning]', valueAt(draft, 'tlsConfig.insecureSkipVerify') === true);
    const note = form.querySelector('[data-originator-note]');
    const originator = toInput(valueAt(draft, 'ae.originator')) || 'C';
    const isAssigned = originator === 'C' || originator === 'S';
    if (note !== null) note.textContent = dialog.text(isAssigned ? 'ae.assigned' : 'ae.own');
    const mapping = valueAt(draft, 'devices.mapping') ?? 'containers';
    setVisible('[data-devices-part="mapped"]', mapping !== 'off');
    setVisible('[data-devices-part="flexContainer"]', mapping === 'flexContainer');
  };
  for (const field of secrets) field.addEventListener('input', update);
  dialog.onRefresh(update);
  onExtension(dialog, () => undefined);
}

/** A select for the words that a field may hold, and the field for anything else. `own` is the select's word for that. */
export function wireWords(
  dialog: Dialog,
  options: { select: string; row: string; path: string; words: readonly string[]; own: string; blank: unknown },
): void {
  const select = dialog.form.querySelector<HTMLSelectElement>(options.select);
  const row = dialog.form.querySelector<HTMLElement>(options.row);
  if (select === null || row === null) return;
  const value = valueAt(dialog.draft, options.path) ?? options.words[0];
  select.value = options.words.find((word) => word === value) ?? options.own;
  row.hidden = select.value !== options.own;
  select.addEventListener('change', () => {
    row.hidden = select.value !== options.own;
    setAt(dialog.draft, options.path, select.value === options.own ? options.blank : select.value);
    dialog.show();
    if (!row.hidden) row.querySelector('input')?.focus();
  });
}

/** Keeps showing the topics or addresses that the settings lead to, so that nobody has to guess what goes over the wire. */
export function createWirePreview(dialog: Dialog): void {
  const place = dialog.form.querySelector<HTMLElement>('[data-wire]');
  if (place === null) return;
  const { text, draft } = dialog;
  let shown = '';
  dialog.onRefresh(() => {
    const isOpen = ['endpoint', 'cse.id', 'ae.originator', 'ae.credentialID'].some((path) =>
      hasEnvironment(valueAt(draft, path)),
    );
    const lines = isOpen ? undefined : wireLines(draft);
    const key = JSON.stringify(lines ?? isOpen);
    if (key === shown) return;
    shown = key;
    if (lines === undefined) {
      const words = isOpen ? text('topic.open') : text('wire.unknown');
      place.replaceChildren(element('dd', { class: 'devicelink-wide devicelink-caption' }, words));
      return;
    }
    place.replaceChildren(
      ...lines.flatMap(({ key: name, value, note }) => [
        element('dt', {}, text(name)),
        value === undefined
          ? element('dd', {}, note === undefined ? '' : text(note))
          : element('dd', { class: 'devicelink-topic' }, value),
      ]),
      ...(key.includes(ASSIGNED_ID)
        ? [element('dd', { class: 'devicelink-wide devicelink-caption' }, text('wire.assigned', { id: ASSIGNED_ID }))]
        : []),
    );
  });
}

/** Shows where the values of a device would be, and where its commands. */
export function createDevicesPreview(dialog: Dialog): void {
  const output = dialog.form.querySelector<HTMLElement>('[data-devices-preview]');
  if (output === null) return;
  dialog.onRefresh(() => {
    const config = readDevices(new FieldReader(dialog.draft['devices'], 'devices'));
    const base = toInput(valueAt(dialog.draft, 'cse.base')) || 'onem2m';
    const paths = devicePaths(config, base, { name: 'boiler-1' });
    const start = `${base}/${toInput(valueAt(dialog.draft, 'ae.name'))}`;
    const value = config.mapping === 'flexContainer' ? paths.device : paths.property('temperature');
    const lines = [`${start}/${value}`, ...(config.commands ? [`${start}/${paths.commands('setpoint')}`] : [])];
    const shown = lines.join('\n');
    if (output.textContent !== shown) output.textContent = shown;
  });
}
