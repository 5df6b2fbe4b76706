import { parseServerUrl } from '../mqtt/server-url';
import { checkExtension, EXAMPLE_DEVICE } from './checks/extension';
import { Dialog } from './dialog';
import type { EditedNode } from './edited-node';
import { problemsToShow } from './environment';
import { createHeadersTable } from './headers-table';
import { valueAt } from './paths';
import { createSecretAreas } from './secret-area';
import { toInput } from './text-value';
import { createTopicMode } from './topic-mode';
import { createTopicPreview, settingsOf } from './topic-preview';

let open: Dialog | undefined;

/** The functions that mqtt-extension.html calls. */
export const mqttExtension = {
  validate(node: EditedNode, part: 'client' | 'message'): true | string[] {
    const raw = { client: node['client'], message: node['message'], connection: node['connection'] };
    const problems = problemsToShow(raw, checkExtension(raw)).filter(({ field }) => field.startsWith(part));
    return problems.length === 0 ? true : problems.map(({ field, message }) => `${field}: ${message}`);
  },

  label(node: EditedNode): string {
    const name = node['name'];
    if (typeof name === 'string' && name !== '') return name;
    const server = valueAt(node['client'], 'server');
    return typeof server === 'string' && server !== '' ? server : node.type;
  },

  prepare(node: EditedNode): void {
    const form = document.querySelector<HTMLElement>('.devicelink-form[data-type="mqtt-extension"]');
    if (form === null) return;
    const dialog = new Dialog(node, form, checkExtension, 'node-config-input-');
    open = dialog;
    createSecretAreas(dialog);
    createHeadersTable(dialog);
    createTopicMode(dialog);
    createTopicPreview(dialog, () => ({ settings: settingsOf(dialog.draft['message']), identity: EXAMPLE_DEVICE }));
    showTransportParts(dialog);
    dialog.refresh();
  },

  save(): void {
    open?.save();
    open = undefined;
  },

  cancel(): void {
    open = undefined;
  },
};

/** Warns where secrets would travel in the open or the server is not verified. */
function showTransportParts(dialog: Dialog): void {
  const insecure = dialog.form.querySelector<HTMLElement>('[data-insecure-warning]');
  const plain = dialog.form.querySelector<HTMLElement>('[data-plain-warning]');
  const user = dialog.form.querySelector<HTMLInputElement>('#node-config-input-username');
  const update = () => {
    const server = parseServerUrl(toInput(valueAt(dialog.draft, 'client.server')));
    const isPlain = server.ok && (server.value.transport === 'tcp' || server.value.transport === 'ws');
    if (plain !== null) plain.hidden = !isPlain || user?.value === '';
    if (insecure !== null) insecure.hidden = valueAt(dialog.draft, 'client.tlsConfig.insecureSkipVerify') !== true;
  };
  user?.addEventListener('input', update);
  dialog.onRefresh(update);
}
