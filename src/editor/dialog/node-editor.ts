import { Dialog, type Check } from './dialog';
import type { EditedNode } from '../form/edited-node';
import { problemsToShow } from '../form/environment';
import { asItIs, type KeptForm } from '../form/present-form';
import { createSecretAreas } from './secret-area';
import { toInput } from '../form/text-value';

/** The functions that a node's html file calls. */
export interface NodeEditor {
  validate(node: EditedNode, part: string): true | string[];
  prepare(node: EditedNode): void;
  save(): void;
  cancel(): void;
}

export interface NodeEditorOptions {
  readonly type: string;
  readonly check: Check;
  readonly kept: KeptForm;
  /** What is worth knowing about the properties, though it is not wrong. */
  readonly tell: Check;
  /** Wires what is in the dialog besides inputs that are bound and areas of secrets. */
  readonly prepare: (dialog: Dialog) => void;
}

/** What the editor of every node with an input is: a dialog that is open at most once, and the check of a node that is not. */
export function createNodeEditor({ type, check, kept, tell, prepare }: NodeEditorOptions): NodeEditor {
  let open: Dialog | undefined;
  const { fromFlow = asItIs } = kept;
  const settingsIn = (node: EditedNode): Readonly<Record<string, unknown>> =>
    fromFlow(Object.fromEntries(Object.keys(node._def.defaults).map((name) => [name, node[name]])));

  return {
    validate(node, part) {
      const raw = settingsIn(node);
      const problems = problemsToShow(raw, check(raw)).filter(({ field }) => isPart(field, part));
      return problems.length === 0 ? true : problems.map(({ field, message }) => `${field}: ${message}`);
    },
    prepare(node) {
      const form = document.querySelector<HTMLElement>(`.devicelink-form[data-type="${type}"]`);
      if (form === null) return;
      const dialog = new Dialog(node, form, check, 'node-input-', kept, tell);
      open = dialog;
      createSecretAreas(dialog);
      prepare(dialog);
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

/** Tells which mqtt-extension is chosen, now and later. Node-RED itself changes the select, so it is asked, not bound. */
export function onExtension(dialog: Dialog, chosen: (id: string) => void): void {
  const select = $(dialog.form).find('#node-input-mqtt');
  const update = () => {
    const id = String(select.val() ?? '');
    dialog.draft['mqtt'] = id === '_ADD_' ? '' : id;
    chosen(toInput(dialog.draft['mqtt']));
    dialog.refresh();
  };
  select.on('change', update);
}
