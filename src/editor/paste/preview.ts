import type { ListedPoint, ListNote, ListQuestion, PointList } from '../../base/lists/point-list';
import { valueAt } from '../form/paths';
import type { Draft } from '../dialog/dialog';
import type { Text } from '../form/edited-node';
import { element, newId, selectInput, textButton } from '../form/elements';
import { toInput } from '../form/text-value';

/** A line of the list with all that is wrong with it. */
export interface PreviewLine extends ListedPoint {
  readonly property?: Draft;
}

/** Lines that are shown at once; a list of ten thousand is looked through by its mistakes. */
const PAGE = 100;

/** What a list would become, before it is taken: what it leaves open, what is worth knowing, and each line with what is wrong. */
export class Preview {
  readonly place = element('div', { class: 'devicelink-preview', hidden: '' });
  private shown = PAGE;
  private onlyWrong = false;
  private list: PointList | undefined;
  private lines: readonly PreviewLine[] = [];

  /** `answered` is told when somebody has answered a question. */
  constructor(
    private readonly text: Text,
    private readonly answered: (id: string, answer: string) => void,
  ) {}

  show(list: PointList, lines: readonly PreviewLine[]): void {
    this.shown = PAGE;
    this.list = list;
    this.lines = lines;
    this.render();
  }

  clear(): void {
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  private render(): void {
    if (this.list === undefined) return;
    const { questions, notes } = this.list;
    const focused = this.place.contains(document.activeElement)
      ? document.activeElement?.getAttribute('data-ask')
      : undefined;
    this.place.hidden = false;
    this.place.replaceChildren(
      ...questions.map((question) => this.questionRow(question)),
      ...notes.map((note) => this.noteLine(note)),
      this.summary(),
      this.table(),
      ...this.more(),
    );
    // Answering one question makes all this anew; who goes by the keyboard stays at it.
    if (focused) this.place.querySelector<HTMLElement>(`[data-ask="${focused}"]`)?.focus();
  }

  private questionRow({ id, about, choices, answer, isFree }: ListQuestion): HTMLElement {
    const { text } = this;
    const label = element('label', {}, text(`ask.${id}`, { about }));
    const options = choices.map(
      (choice) => [choice, isFree === true ? choice : text(`choices.${id}_${choice}`)] as const,
    );
    const select = selectInput({ path: '', label: '' }, [
      ...(answer === undefined ? [['', text('paste.choose')] as const] : []),
      ...options,
    ]);
    select.removeAttribute('data-path');
    select.removeAttribute('aria-label');
    select.setAttribute('data-ask', id);
    select.value = answer ?? '';
    label.setAttribute('for', select.id);
    select.addEventListener('change', () => this.answered(id, select.value));
    const className = answer === undefined ? 'devicelink-question devicelink-open' : 'devicelink-question';
    return element('div', { class: className }, label, select);
  }

  private noteLine({ id, values }: ListNote): HTMLElement {
    return element('div', { class: 'devicelink-caption' }, this.text(`listNotes.${id}`, values));
  }

  private summary(): HTMLElement {
    const wrong = this.lines.filter(({ problems }) => problems.length > 0).length;
    const words = this.text('paste.summary', { right: this.lines.length - wrong, total: this.lines.length });
    const summary = element('div', { class: 'devicelink-preview-summary' }, element('span', { role: 'status' }, words));
    if (wrong === 0) return summary;
    const box = element('input', { type: 'checkbox', id: newId(), 'data-only-wrong': '' });
    box.checked = this.onlyWrong;
    box.addEventListener('change', () => {
      this.onlyWrong = box.checked;
      this.shown = PAGE;
      this.render();
    });
    summary.append(element('label', { for: box.id }, box, ` ${this.text('paste.onlyWrong', { wrong })}`));
    return summary;
  }

  private get wanted(): readonly PreviewLine[] {
    return this.onlyWrong ? this.lines.filter(({ problems }) => problems.length > 0) : this.lines;
  }

  private table(): HTMLElement {
    const { text } = this;
    const titles = [
      text('paste.lineTitle'),
      text('properties.name'),
      text('properties.type'),
      text('paste.place'),
      text('properties.unit'),
      text('paste.mistakes'),
    ];
    const rows = this.wanted.slice(0, this.shown).map((line) => rowOf(line));
    const table = element(
      'table',
      { class: 'devicelink-readings' },
      element('thead', {}, element('tr', {}, ...titles.map((title) => element('th', { scope: 'col' }, title)))),
      element('tbody', {}, ...rows),
    );
    return element('div', { class: 'devicelink-preview-table' }, table);
  }

  private more(): HTMLElement[] {
    const left = this.wanted.length - this.shown;
    if (left <= 0) return [];
    const button = textButton(this.text('paste.more', { count: left }), () => {
      this.shown += 5 * PAGE;
      this.render();
    });
    return [button];
  }
}

function rowOf({ line, item = 0, property = {}, problems }: PreviewLine): HTMLElement {
  const cells = [
    String(line ?? `#${item}`),
    toInput(property['name']),
    toInput(property['type']),
    placeOf(property),
    toInput(property['unit']),
    problems.join('; '),
  ];
  const attributes: Record<string, string> = problems.length === 0 ? {} : { class: 'devicelink-wrong' };
  return element('tr', attributes, ...cells.map((cell) => element('td', {}, cell)));
}

/** The members of the visitor but for those that most properties have. */
function placeOf(property: Draft): string {
  const visitor = valueAt(property, 'visitor');
  if (typeof visitor !== 'object' || visitor === null) return '';
  const shown = Object.entries(visitor).filter(
    ([, value]) => value !== 'BigEndian' && (typeof value !== 'object' || value === null),
  );
  const steps = property['orderOfOperations'];
  const operations = Array.isArray(steps)
    ? (steps as Draft[]).map(({ type, value }) => `${toInput(type)} ${toInput(value)}`)
    : [];
  return [...shown.filter(([name]) => name !== 'quantity').map(([, value]) => toInput(value)), ...operations].join(' ');
}
