import { messageSettings } from '../checks/message';
import { typedCredentials } from '../dialog/credentials';
import type { Migration } from '../../base/fields/migrations';
import type { Checked } from '../../base/fields/problems';
import { checkDevice, warningsOfDevice } from '../checks/device';
import type { Dialog, Draft } from '../dialog/dialog';
import type { EditableTable } from '../table/editable-table';
import type { EditedNode } from '../form/edited-node';
import { createNodeEditor, onExtension, type NodeEditor } from '../dialog/node-editor';
import { valueAt } from '../form/paths';
import type { RowLayout } from '../table/property-row';
import { createPropertyTable } from '../table/property-table';
import { createTestButton } from '../dialog/test-button';
import { toInput } from '../form/text-value';
import { createTopicMode } from '../topic/topic-mode';
import { createTopicPreview } from '../topic/topic-preview';
import { bringUp } from '../form/present-form';
import { deviceForm, showRows } from './kept-rows';
import { DEVICE_MESSAGE_MIGRATION } from '../../mqtt/extension/migrations';
import { newUid } from '../form/uid';
import { giveUid, isTaken } from '../form/uid-field';

/** What one type of device adds to the common dialog. */
export interface DeviceDialogOptions {
  readonly type: string;
  /** The rules of the runtime for the properties of the node; credentials are the dialog's own business. */
  readonly parse: (raw: Readonly<Record<string, unknown>>) => Checked<unknown>;
  /** From earlier versions of the type to the present one. */
  readonly migrations?: readonly Migration[];
  readonly layout: RowLayout;
  /** Wires what only this type has. */
  readonly prepare?: (dialog: Dialog, table: EditableTable | undefined) => void;
  /** The credentials for a test, as they would be saved; default: all that were typed. */
  readonly credentials?: (dialog: Dialog) => Record<string, string>;
}

/** The functions that a device's html file calls. */
export interface DeviceEditor extends NodeEditor {
  added(node: EditedNode): void;
}

export function createDeviceEditor(options: DeviceDialogOptions): DeviceEditor {
  const { type, parse, layout, prepare, credentials = typedCredentials } = options;
  const kept = deviceForm([...(options.migrations ?? []), DEVICE_MESSAGE_MIGRATION]);
  const editor = createNodeEditor({
    type,
    check: (raw) => checkDevice(raw, parse),
    kept,
    tell: (raw) => warningsOfDevice(raw, parse),
    prepare(dialog) {
      showRows(dialog.draft);
      const table = createPropertyTable(dialog, layout, (properties) => {
        const parsed = parse({ ...dialog.draft, properties });
        return parsed.ok ? [] : parsed.problems.filter(({ field }) => field.startsWith('properties['));
      });
      createTopicMode(dialog);
      createTopicPreview(dialog, () => topicInForce(dialog.draft));
      createTestButton(dialog, () => credentials(dialog));
      wireUid(dialog);
      showMqttParts(dialog);
      prepare?.(dialog, table);
    },
  });
  const added = (node: EditedNode): void => {
    giveUid(node);
    bringUp(node, kept);
  };
  return { ...editor, added };
}

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

/** Without an mqtt-extension there is nothing to publish. */
function showMqttParts(dialog: Dialog): void {
  const parts = [...dialog.form.querySelectorAll<HTMLElement>('[data-needs-mqtt]')];
  onExtension(dialog, (id) => {
    for (const part of parts) part.hidden = id === '';
  });
}
