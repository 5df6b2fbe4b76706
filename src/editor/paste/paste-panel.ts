import type { Problem } from '../../base/fields/problems';
import type { Draft } from '../dialog/dialog';
import { problemsByItem } from '../dialog/problem-view';
import type { Text } from '../form/edited-node';
import { element, newId, textButton } from '../form/elements';
import { copyText } from './copy-text';
import { toolsOf, type ListTools, type PasteOptions } from './paste';
import { Preview, type PreviewLine } from './preview';
import { UndoBar, type ListTarget } from './undo-bar';

/** The rules of the table that a list goes to. */
export interface TableRules {
  /** Properties by the names of today, with what follows from the rest of them. */
  complete(properties: readonly Draft[]): Draft[];
  /** What is wrong with them; paths begin with `properties[`. */
  check(properties: readonly Draft[]): readonly Problem[];
}

/** After the last key, before the list is read again. */
const PAUSE_MS = 200;

/**
 * A folded panel below the table: a list that is pasted, or opened as a file, is shown with what is wrong in each line before it is
 * appended or put in the place of the table; both can be undone. The table can be copied as CSV.
 */
export function createPastePanel(text: Text, options: PasteOptions, table: ListTarget, rules: TableRules): HTMLElement {
  return new PastePanel(text, options, table, rules).place;
}

class PastePanel {
  readonly place = element('div', { class: 'devicelink-paste' });
  private readonly details = element('details', {});
  private readonly area: HTMLTextAreaElement;
  private readonly outcome = element('div', { class: 'devicelink-problem', role: 'status' });
  private readonly alsoWrong = element('input', { type: 'checkbox', id: newId(), 'data-also-wrong': '' });
  private readonly asking = element('div', { class: 'devicelink-asking', role: 'alert', hidden: '' });
  private readonly preview: Preview;
  private readonly undo: UndoBar;
  private answers: Record<string, string> = {};
  private lines: readonly PreviewLine[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private reading = 0;

  constructor(
    private readonly text: Text,
    private readonly options: PasteOptions,
    private readonly table: ListTarget,
    private readonly rules: TableRules,
  ) {
    const attributes = { id: newId(), rows: '6', spellcheck: 'false', wrap: 'off', placeholder: options.example };
    this.area = element('textarea', attributes);
    this.preview = new Preview(text, (id, answer) => {
      this.answers = { ...this.answers, [id]: answer };
      void this.read();
    });
    this.undo = new UndoBar(text, table);
    this.area.addEventListener('input', () => {
      this.answers = {};
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.read(), PAUSE_MS);
    });
    this.build();
  }

  private build(): void {
    const { text } = this;
    const copy = textButton(text('paste.copy'), () => void this.copy());
    this.details.append(
      element('summary', {}, text('paste.title')),
      element('label', { for: this.area.id }, text(this.options.tools === undefined ? 'paste.hint' : 'paste.hintMore')),
      this.area,
      this.fileRow(),
      this.outcome,
      this.preview.place,
      element(
        'div',
        { class: 'devicelink-buttons' },
        textButton(text('paste.append'), () => void this.take('append')),
        textButton(text('paste.replace'), () => void this.take('replace')),
        copy,
        element('label', { for: this.alsoWrong.id }, this.alsoWrong, ` ${text('paste.alsoWrong')}`),
      ),
      this.asking,
    );
    // Loaded by the time that something is pasted.
    this.details.addEventListener('toggle', () => void toolsOf(this.options).catch(() => undefined));
    this.place.append(this.details, this.undo.place);
  }

  private fileRow(): HTMLElement {
    const file = element('input', { type: 'file', id: newId(), accept: '.csv,.tsv,.txt,.json,.yaml,.yml,.toml,.conf' });
    file.addEventListener('change', () => {
      const chosen = file.files?.[0];
      if (chosen === undefined) return;
      void chosen.text().then((content) => {
        this.area.value = content;
        this.answers = {};
        file.value = '';
        void this.read();
      });
    });
    return element(
      'div',
      { class: 'devicelink-file' },
      element('label', { for: file.id }, this.text('paste.file')),
      file,
    );
  }

  /** Reads what is in the area, shows it, and answers whether there is something to take. A newer reading takes the place of an older one. */
  private async read(): Promise<boolean> {
    clearTimeout(this.timer);
    this.asking.hidden = true;
    const mine = (this.reading += 1);
    const given = this.area.value;
    if (given.trim() === '') return this.fail(undefined);
    let tools: ListTools;
    try {
      tools = await toolsOf(this.options);
    } catch (error) {
      return this.fail((error as Error).message);
    }
    if (mine !== this.reading) return false;
    const result = tools.read(given, this.answers);
    if (!result.ok) {
      const place = result.line === undefined ? '' : `${this.text('paste.line', { line: result.line })}: `;
      return this.fail(place + result.message);
    }
    this.outcome.textContent = '';
    this.lines = this.checked(result.list.points);
    this.preview.show(result.list, this.lines);
    return this.lines.length > 0;
  }

  private fail(message: string | undefined): false {
    this.outcome.textContent = message ?? '';
    this.lines = [];
    this.preview.clear();
    return false;
  }

  /** The properties as they would be in the table, and what its rules say about each. */
  private checked(points: readonly PreviewLine[]): PreviewLine[] {
    const made = points.filter(({ property }) => property !== undefined);
    const properties = this.rules.complete(made.map(({ property = {} }) => property));
    const byItem = problemsByItem('properties', this.rules.check(properties));
    const places = new Map(made.map((point, at) => [point, at]));
    return points.map((point) => {
      const at = places.get(point);
      const property = at === undefined ? undefined : properties[at];
      if (at === undefined || property === undefined) return point;
      const problems = (byItem.get(at) ?? []).map(({ field, message }) => `${field}: ${message}`);
      return { ...point, property, problems: [...point.problems, ...problems] };
    });
  }

  private async copy(): Promise<void> {
    try {
      copyText((await toolsOf(this.options)).write(this.table.items()));
      this.outcome.textContent = this.text('paste.copied', { rows: this.table.items().length });
    } catch (error) {
      this.fail((error as Error).message);
    }
  }

  private async take(how: 'append' | 'replace'): Promise<void> {
    if (!(await this.read())) {
      if (this.area.value.trim() === '') this.outcome.textContent = this.text('paste.nothing');
      return;
    }
    const properties = this.toTake();
    if (properties.length === 0) {
      this.outcome.textContent = this.text('paste.noneRight');
      return;
    }
    const present = this.table.items().length;
    if (how === 'replace' && present > 0) this.askToReplace(properties, present);
    else this.put(how, properties);
  }

  private toTake(): Draft[] {
    const wanted = this.alsoWrong.checked ? this.lines : this.lines.filter(({ problems }) => problems.length === 0);
    return wanted.flatMap(({ property }): Draft[] => (property === undefined ? [] : [property]));
  }

  private askToReplace(properties: readonly Draft[], present: number): void {
    const { text } = this;
    const yes = textButton(text('paste.replaceYes'), () => this.put('replace', properties));
    const no = textButton(text('paste.replaceNo'), () => {
      this.asking.hidden = true;
    });
    this.asking.replaceChildren(text('paste.replaceAsk', { present, rows: properties.length }), ' ', yes, ' ', no);
    this.asking.hidden = false;
    yes.focus();
  }

  private put(how: 'append' | 'replace', properties: readonly Draft[]): void {
    this.undo.remember(how, properties);
    if (how === 'append') this.table.append(...properties);
    else this.table.replace(properties);
    this.area.value = '';
    this.answers = {};
    this.asking.hidden = true;
    this.fail(undefined);
    this.details.open = false;
  }
}
