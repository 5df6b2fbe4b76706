import type { Problem } from '../../base/fields/problems';
import type { Draft } from '../dialog/dialog';
import type { Text } from '../form/edited-node';
import { element, iconButton } from '../form/elements';
import { TableRow, type RowActions, type TableLayout } from './table-row';

/** Up to so many rows a table is shown whole; a longer one scrolls, and has rows only where somebody looks. */
export const SHORT = 20;
/** Rows are made so far above and below what is seen, in pixels: the next one must be there when Tab leads to it. */
const MARGIN = 300;

/** An item and its line in the list. The line is always there, what is in it only while it is in sight. */
export interface Line {
  readonly item: Draft;
  readonly place: HTMLLIElement;
  row?: TableRow;
  isUnfolded: boolean;
  problems: readonly Problem[];
}

/**
 * The lines of a table, in the look of Node-RED's editableList. That widget itself takes a time for each row that grows with their
 * number; here a row out of sight is one empty element of the height it has or will have.
 */
export class RowList {
  lines: readonly Line[] = [];
  private filled = new Set<Line>();
  private isHeightKnown = false;

  constructor(
    private readonly list: HTMLOListElement,
    /** What scrolls. */
    private readonly frame: HTMLElement,
    private readonly layout: TableLayout,
    private readonly text: Text,
    private readonly actions: RowActions & { remove(row: TableRow): void },
  ) {
    // A search of all lines for where to drop, at each move of the mouse, would be felt.
    $(list).sortable('option', 'items', '> :not(:empty):not([hidden])');
    frame.addEventListener('scroll', () => this.update());
    // Tells also when the tab comes to the front, and when the tray is made wider.
    new ResizeObserver(() => this.update()).observe(frame);
  }

  lineFor(item: Draft): Line {
    const place = element('li', {
      class: 'devicelink-property red-ui-editableList-item-sortable red-ui-editableList-item-removable',
    });
    return { item, place, isUnfolded: false, problems: [] };
  }

  /** Shows these lines in this order; those that were there already keep what is in them. */
  show(lines: readonly Line[]): void {
    const staying = new Set(lines);
    for (const line of this.lines) {
      if (staying.has(line)) continue;
      line.place.remove();
      this.filled.delete(line);
    }
    let before: Element | null = null;
    for (const { place } of lines) {
      const next: Element | null = before === null ? this.list.firstElementChild : before.nextElementSibling;
      if (next !== place) this.list.insertBefore(place, next);
      before = place;
    }
    this.lines = lines;
    this.update();
  }

  /** The lines in the order that dragging has left. */
  dragged(): readonly Line[] {
    const byPlace = new Map<Element, Line>(this.lines.map((line) => [line.place, line]));
    return [...this.list.children].flatMap((place) => byPlace.get(place) ?? []);
  }

  /** Hides the lines whose items `matches` answers false for; answers how many are left. */
  filter(matches: (item: Draft) => boolean): number {
    let shown = 0;
    for (const { item, place } of this.lines) {
      place.hidden = !matches(item);
      if (!place.hidden) shown += 1;
    }
    this.update();
    return shown;
  }

  /** Brings a line into the middle of what is seen, and answers its row. */
  reveal(line: Line): TableRow | undefined {
    // Once by the height that the lines on the way are taken to have, and once by what they have.
    for (let look = 0; look < 2; look += 1) {
      line.place.scrollIntoView({ block: 'center' });
      this.update();
    }
    return line.row;
  }

  /** Scrolls to a line in the list, and nothing around the list. */
  scrollTo({ place }: Line): void {
    this.frame.scrollTop += place.getBoundingClientRect().top - this.frame.getBoundingClientRect().top;
    this.update();
  }

  /** Marks what is wrong, by the index of the item. */
  showProblems(byItem: ReadonlyMap<number, readonly Problem[]>): void {
    for (const [index, line] of this.lines.entries()) {
      const problems = byItem.get(index) ?? [];
      if (problems.length > 0 || line.problems.length > 0) {
        line.place.classList.toggle('devicelink-property-wrong', problems.length > 0);
      }
      line.problems = problems;
      line.row?.showProblems(problems);
    }
  }

  /** Makes the rows that are in sight and lets go of the others, but for the one that somebody is in or drags. */
  private update(): void {
    const wanted = new Set(this.inSight());
    const leaving = [...this.filled].filter((line) => !wanted.has(line) && !isHeld(line));
    const heights = leaving.map(({ place }) => place.offsetHeight);
    for (const [index, line] of leaving.entries()) this.empty(line, heights[index] ?? 0);
    const coming = [...wanted].filter(({ row }) => row === undefined);
    for (const line of coming) this.fill(line);
    this.learnHeight();
    if (coming.length > 0 && this.list.querySelector(':scope > .ui-sortable-helper') !== null) {
      $(this.list).sortable('refresh');
    }
  }

  private inSight(): readonly Line[] {
    if (this.lines.length <= SHORT) return this.lines;
    const frame = this.frame.getBoundingClientRect();
    if (frame.height === 0) return [];
    const top = Math.max(frame.top, 0) - MARGIN;
    const bottom = Math.min(frame.bottom, window.innerHeight) + MARGIN;
    // What is dragged is where the mouse is, and not in its turn.
    const shown = this.lines.filter(({ place }) => !place.hidden && !isDragged(place));
    const first = firstIndex(shown, ({ place }) => place.getBoundingClientRect().bottom > top);
    const after = firstIndex(shown, ({ place }) => place.getBoundingClientRect().top >= bottom);
    return shown.slice(first, after);
  }

  private fill(line: Line): void {
    const { item, place, isUnfolded } = line;
    const content = element('div', { class: 'red-ui-editableList-item-content' });
    const handle = element('i', { class: 'red-ui-editableList-item-handle fa fa-bars', 'aria-hidden': 'true' });
    const row = new TableRow(item, content, this.layout, this.text, this.actions, isUnfolded);
    const remove = iconButton('fa-remove', this.text('table.remove'), () => this.actions.remove(row));
    remove.classList.add('red-ui-editableList-item-remove');
    place.style.height = '';
    place.append(content, handle, remove);
    line.row = row;
    this.filled.add(line);
    if (line.problems.length > 0) row.showProblems(line.problems);
  }

  private empty(line: Line, height: number): void {
    if (line.row !== undefined) line.isUnfolded = line.row.isUnfolded;
    delete line.row;
    line.place.replaceChildren();
    line.place.style.height = height > 0 ? `${height}px` : '';
    this.filled.delete(line);
  }

  /** A row that nobody has seen is taken to be as high as the first that was. */
  private learnHeight(): void {
    if (this.isHeightKnown || this.lines.length <= SHORT) return;
    const plain = [...this.filled].find(({ isUnfolded, problems }) => !isUnfolded && problems.length === 0);
    const height = plain?.place.offsetHeight ?? 0;
    if (height === 0) return;
    this.isHeightKnown = true;
    this.list.style.setProperty('--devicelink-row-height', `${height}px`);
  }
}

const isDragged = (place: HTMLElement): boolean => place.classList.contains('ui-sortable-helper');

const isHeld = ({ place }: Line): boolean => isDragged(place) || place.contains(document.activeElement);

/** The first index at which `isSo`, which stays true from there on; the length where it is never true. */
function firstIndex<T>(list: readonly T[], isSo: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && isSo(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
