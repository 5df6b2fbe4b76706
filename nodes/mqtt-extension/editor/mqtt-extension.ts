import { parseServerList } from '../../../src/mqtt/client/server-list';
import { EXTENSION_MIGRATIONS } from '../../../src/mqtt/extension/migrations';
import { checkExtension, checkName, EXAMPLE_DEVICE, warningsOfExtension } from './checks';
import { messageSettings } from '../../../src/editor/checks/message';
import { typedCredentials } from '../../../src/editor/dialog/credentials';
import { Dialog } from '../../../src/editor/dialog/dialog';
import type { EditedNode } from '../../../src/editor/form/edited-node';
import { problemsToShow } from '../../../src/editor/form/environment';
import { createHeadersTable } from '../../../src/editor/table/headers-table';
import { valueAt } from '../../../src/editor/form/paths';
import { createTestButton } from '../../../src/editor/dialog/test-button';
import { createSecretAreas } from '../../../src/editor/dialog/secret-area';
import { toInput } from '../../../src/editor/form/text-value';
import { offerTopics } from '../../../src/editor/topic/topic-source';
import { createTopicMode } from '../../../src/editor/topic/topic-mode';
import { createTopicPreview } from '../../../src/editor/topic/topic-preview';

offerTopics();

let open: Dialog | undefined;

/** The functions that mqtt-extension.html calls. */
export const mqttExtension = {
  validate(node: EditedNode, part: 'client' | 'message' | 'name'): true | string[] {
    const raw = { client: node['client'], message: node['message'], connection: node['connection'] };
    const found = part === 'name' ? checkName(node['name'], node.id) : checkExtension(raw);
    const problems = problemsToShow(raw, found).filter(({ field }) => field.startsWith(part));
    return problems.length === 0 ? true : problems.map(({ field, message }) => `${field}: ${message}`);
  },

  label(node: EditedNode): string {
    const name = node['name'];
    if (typeof name === 'string' && name !== '') return name;
    const server = toInput(valueAt(node['client'], 'server'));
    return server === '' ? node.type : server;
  },

  prepare(node: EditedNode): void {
    const form = document.querySelector<HTMLElement>('.devicelink-form[data-type="mqtt-extension"]');
    if (form === null) return;
    const dialog = new Dialog(
      node,
      form,
      (raw) => [...checkName(raw['name'], node.id), ...checkExtension(raw)],
      'node-config-input-',
      { migrations: EXTENSION_MIGRATIONS },
      warningsOfExtension,
    );
    open = dialog;
    createSecretAreas(dialog);
    createHeadersTable(dialog);
    createTopicMode(dialog);
    createTopicPreview(dialog, () => ({
      topic: messageSettings(dialog.draft['message']).topic,
      identity: EXAMPLE_DEVICE,
    }));
    createTestButton(dialog, () => typedCredentials(dialog));
    showParts(dialog);
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

/** Shows warnings and inputs only where the settings call for them. */
function showParts(dialog: Dialog): void {
  const insecure = dialog.form.querySelector<HTMLElement>('[data-insecure-warning]');
  const failback = dialog.form.querySelector<HTMLElement>('[data-failback]');
  const plain = dialog.form.querySelector<HTMLElement>('[data-plain-warning]');
  const user = dialog.form.querySelector<HTMLInputElement>('#node-config-input-username');
  const update = () => {
    const servers = parseServerList(valueAt(dialog.draft, 'client.server'));
    const isPlain = servers.ok && servers.value.some(({ transport }) => transport === 'tcp' || transport === 'ws');
    if (failback !== null) failback.hidden = !servers.ok || servers.value.length === 1;
    if (plain !== null) plain.hidden = !isPlain || user?.value === '';
    if (insecure !== null) insecure.hidden = valueAt(dialog.draft, 'client.tlsConfig.insecureSkipVerify') !== true;
  };
  const ofFiles = dialog.form.querySelectorAll<HTMLElement>('[data-file-store]');
  dialog.onRefresh(() => {
    const isFile = valueAt(dialog.draft, 'client.store.type') === 'file';
    for (const row of ofFiles) row.hidden = !isFile;
  });
  user?.addEventListener('input', update);
  dialog.onRefresh(update);
}
