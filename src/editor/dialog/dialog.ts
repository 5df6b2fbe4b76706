import type { Problem } from '../../base/fields/problems';
import { bindFields, fieldsOf, showField, type Field } from '../form/binding';
import { applyDraft, draftOf, type EditedNode, type Text } from '../form/edited-node';
import { element } from '../form/elements';
import { problemsToShow } from '../form/environment';
import { asItIs, presentForm, type KeptForm } from '../form/present-form';
import { showNotes, showProblems } from './problem-view';
import { createTabs } from './tabs';

export type Draft = Record<string, unknown>;

/** Everything that is wrong with a node's properties, by path. */
export type Check = (raw: Readonly<Record<string, unknown>>) => readonly Problem[];

/**
 * An open edit dialog: a draft of the node's properties, the inputs bound to it, and what is wrong with it.
 * Whoever shows something that depends on the draft listens with `onRefresh`.
 */
export class Dialog {
  readonly draft: Draft;
  readonly text: Text;
  private readonly listeners: ((problems: readonly Problem[]) => void)[] = [];
  private readonly elsewhere: string[] = [];
  private readonly savers: (() => void)[] = [];
  private readonly tabListeners = new Map<string, () => void>();
  private readonly tabs: { mark(): void };
  private readonly summary: HTMLElement;
  private readonly notes: HTMLElement;

  constructor(
    readonly node: EditedNode,
    readonly form: HTMLElement,
    private readonly check: Check,
    /** Of the ids that Node-RED's own inputs have: `node-input-` or `node-config-input-`. */
    readonly nativeIdPrefix: string,
    readonly kept: KeptForm,
    /** What is worth knowing about the properties, though it is not wrong: it stands at the top. */
    private readonly tell: Check,
  ) {
    this.draft = presentForm(draftOf(node), kept);
    this.text = (key, values) => node._(key, values);
    bindFields(form, this.draft, () => this.refresh());
    this.tabs = createTabs(form, this.text, (key) => this.tabListeners.get(key)?.());
    this.summary = element('div', { class: 'devicelink-summary', role: 'status' });
    form.append(this.summary);
    this.notes = element('div', { class: 'devicelink-notes', role: 'status' });
    const bar = form.querySelector('.devicelink-tabs');
    if (bar === null) form.prepend(this.notes);
    else bar.after(this.notes);
  }

  /** Runs now and after every change. A listener may show problems itself; those left over appear at the end of the dialog. */
  onRefresh(listener: (problems: readonly Problem[]) => void): void {
    this.listeners.push(listener);
  }

  /** As `onRefresh`, for the problems of the items of a list, which then do not appear at the end of the dialog. */
  showElsewhere(list: string, listener: (problems: readonly Problem[]) => void): void {
    this.elsewhere.push(`${list}[`);
    this.onRefresh(listener);
  }

  refresh(): void {
    const problems = problemsToShow(this.draft, this.check(this.draft));
    const rest = showProblems(this.fields(), problems);
    for (const listener of this.listeners) listener(problems);
    this.summary.replaceChildren(
      ...rest
        .filter(({ field }) => !this.elsewhere.some((start) => field.startsWith(start)))
        .map(({ field, message }) => element('div', { class: 'devicelink-problem' }, `${field}: ${message}`)),
    );
    this.tabs.mark();
    showNotes(this.notes, this.tell(this.draft));
  }

  /** Shows the draft again after something other than the inputs changed it. */
  show(): void {
    for (const field of this.fields()) showField(field, this.draft);
    this.refresh();
  }

  /** All inputs but those of tables, which have their own. */
  private fields(): Field[] {
    return fieldsOf(this.form).filter((field) => field.closest('.devicelink-property') === null);
  }

  /** Runs each time this tab is shown. */
  onShow(tab: string, listener: () => void): void {
    this.tabListeners.set(tab, listener);
  }

  /** Runs before the draft is written into the node. */
  onSave(listener: () => void): void {
    this.savers.push(listener);
  }

  save(): void {
    for (const listener of this.savers) listener();
    const { toFlow = asItIs } = this.kept;
    applyDraft(this.node, toFlow(this.draft), this.nativeIdPrefix);
  }
}
