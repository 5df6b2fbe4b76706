import type { ListNote } from '../../../base/lists/point-list';
import type { CellLine } from './cell-lines';

/** What was found in the file of another program. */
export interface Found {
  readonly lines: readonly CellLine[];
  readonly notes: readonly ListNote[];
}

/** Gathers lines, and what was left out, by its name and how often. */
export class Findings {
  readonly lines: CellLine[] = [];
  private readonly left = new Map<string, number>();
  private readonly names = new Map<string, number>();
  private readonly others: ListNote[] = [];

  /** The name, with a number where it is taken. */
  freeName(name: string): string {
    const times = (this.names.get(name) ?? 0) + 1;
    this.names.set(name, times);
    return times === 1 ? name : this.freeName(`${name}-${times}`);
  }

  leftOut(what: string): void {
    this.left.set(what, (this.left.get(what) ?? 0) + 1);
  }

  note(id: string, values: ListNote['values']): void {
    if (!this.others.some((note) => note.id === id && JSON.stringify(note.values) === JSON.stringify(values))) {
      this.others.push({ id, values });
    }
  }

  found(): Found {
    const names = [...this.left].map(([what, times]) => (times === 1 ? what : `${what} (${times})`));
    const notes =
      names.length === 0 ? this.others : [...this.others, { id: 'leftOut', values: { columns: names.join(', ') } }];
    return { lines: this.lines, notes };
  }
}
