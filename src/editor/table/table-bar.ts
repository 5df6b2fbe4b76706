import type { Text } from '../form/edited-node';
import { element, textButton } from '../form/elements';

/** What stands above a long table: a filter, because the browser's own search finds only what is in sight, and the way to mistakes. */
export class TableBar {
  readonly place: HTMLElement;
  private readonly filter: HTMLInputElement;
  private readonly count = element('span', { class: 'devicelink-caption', role: 'status' });
  private readonly mistakes = element('span', { class: 'devicelink-wrong', role: 'status' });
  private readonly next: HTMLButtonElement;

  /** `filtered` is told each time other rows are wanted, `goToNext` that somebody wants to see the next mistake. */
  constructor(
    private readonly text: Text,
    actions: { filtered(): void; goToNext(): void },
  ) {
    const label = text('table.filter');
    this.filter = element('input', {
      type: 'text',
      autocomplete: 'off',
      spellcheck: 'false',
      'data-filter': '',
      'aria-label': label,
      placeholder: label,
    });
    this.filter.addEventListener('input', () => actions.filtered());
    this.next = textButton(text('table.nextMistake'), () => actions.goToNext());
    this.next.classList.add('red-ui-button-small');
    const mistakes = element('span', { class: 'devicelink-table-mistakes' }, this.mistakes, this.next);
    this.place = element('div', { class: 'devicelink-table-bar', hidden: '' }, this.filter, this.count, mistakes);
    this.showMistakes(0);
  }

  /** Whether the words of an item have what was typed in them. */
  matches(words: readonly unknown[]): boolean {
    const wanted = this.filter.value.trim().toLowerCase();
    return wanted === '' || words.some((word) => String(word).toLowerCase().includes(wanted));
  }

  get isFiltering(): boolean {
    return this.filter.value.trim() !== '';
  }

  clear(): void {
    this.filter.value = '';
  }

  showCount(shown: number, total: number): void {
    this.count.textContent = this.isFiltering ? this.text('table.shown', { shown, total }) : '';
  }

  showMistakes(rows: number): void {
    const words = rows === 0 ? '' : this.text('table.mistakes', { rows });
    if (this.mistakes.textContent !== words) this.mistakes.textContent = words;
    this.next.hidden = rows === 0;
  }
}
