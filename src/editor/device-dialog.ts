import { messageSettings } from './checks/message';
import { typedCredentials } from './credentials';
import { Dialog, type Check, type Draft } from './dialog';
import type { EditedNode } from './edited-node';
import { problemsToShow } from './environment';
import { valueAt } from './paths';
import type { RowLayout } from './property-row';
import { createPropertyTable, type PropertyTable } from './property-table';
import { createSecretAreas } from './secret-area';
import { createTestButton } from './test-button';
import { toInput } from './text-value';
import { createTopicMode } from './topic-mode';
import { createTopicPreview } from './topic-preview';
import { newUid } from './uid';
import { giveUid, isTaken } from './uid-field';

/** What one type of device adds to the common dialog. */
export interface DeviceDialogOptions {
  readonly type: string;
  readonly check: Check;
  readonly layout: RowLayout;
  /** Wires what only this type has. */
  readonly prepare?: (dialog: Dialog, table: PropertyTable | undefined) => void;
  /** The credentials for a test, as they would be saved; default: all that were typed. */
  readonly credentials?: (dialog: Dialog) => Record<string, string>;
}

/** The functions that a device's html file calls. */
export interface DeviceEditor {
  validate(node: EditedNode, part: string): true | string[];
  added(node: EditedNode): void;
  prepare(node: EditedNode): void;
  save(): void;
  cancel(): void;
}

export function createDeviceEditor(options: DeviceDialogOptions): DeviceEditor {
  const { type, check, layout, prepare, credentials = typedCredentials } = options;
  let open: Dialog | undefined;
  const settingsIn = (node: EditedNode): Record<string, unknown> =>
    Object.fromEntries(Object.keys(node._def.defaults).map((name) => [name, node[name]]));

  return {
    validate(node, part) {
      const raw = settingsIn(node);
      const problems = problemsToShow(raw, check(raw)).filter(({ field }) => isPart(field, part));
      return problems.length === 0 ? true : problems.map(({ field, message }) => `${field}: ${message}`);
    },
    added: giveUid,
    prepare(node) {
      const form = document.querySelector<HTMLElement>(`.devicelink-form[data-type="${type}"]`);
      if (form === null) return;
      const dialog = new Dialog(node, form, check, 'node-input-');
      open = dialog;
      createSecretAreas(dialog);
      const table = createPropertyTable(dialog, layout);
      createTopicMode(dialog);
      createTopicPreview(dialog, () => topicInForce(dialog.draft));
      createTestButton(dialog, () => credentials(dialog));
      wireUid(dialog);
      showMqttParts(dialog);
      prepare?.(dialog, table);
      dialog.refresh();
    },
    save() {
      open?.save();
      open = undefined;
    },
    cancel() {
      open = undefined;
    },
  };
}

const isPart = (field: string, part: string): boolean =>
  field === part || field.startsWith(`${part}.`) || field.startsWith(`${part}[`);

/** The device's own topic settings, else those of its mqtt-extension. */
function topicInForce(draft: Draft) {
  const extension = RED.nodes.node(toInput(draft['mqtt']));
  if (extension === null) return undefined;
  const { topic } = messageSettings(draft['message'], messageSettings(valueAt(extension, 'message')));
  const shown = (name: string) => toInput(draft[name]);
  return { topic, identity: { namespace: shown('namespace') || 'default', name: shown('name'), uid: shown('uid') } };
}

/** A button makes a new uid; one that another device has is told below the field. */
function wireUid(dialog: Dialog): void {
  const input = dialog.form.querySelector<HTMLInputElement>('#node-input-uid');
  const button = dialog.form.querySelector<HTMLButtonElement>('[data-new-uid]');
  const note = dialog.form.querySelector<HTMLElement>('[data-uid-note]');
  if (input === null || button === null || note === null) return;
  button.addEventListener('click', () => {
    dialog.draft['uid'] = newUid();
    dialog.show();
  });
  dialog.onRefresh(() => {
    const uid = toInput(dialog.draft['uid']);
    note.textContent = uid !== '' && isTaken(uid, dialog.node) ? dialog.text('uid.taken') : '';
  });
}

/** Without an mqtt-extension there is nothing to publish. Node-RED itself changes the select, so it is asked, not bound. */
function showMqttParts(dialog: Dialog): void {
  const select = $(dialog.form).find('#node-input-mqtt');
  const parts = [...dialog.form.querySelectorAll<HTMLElement>('[data-needs-mqtt]')];
  const update = () => {
    const id = String(select.val() ?? '');
    dialog.draft['mqtt'] = id === '_ADD_' ? '' : id;
    for (const part of parts) part.hidden = dialog.draft['mqtt'] === '';
    dialog.refresh();
  };
  select.on('change', update);
}
