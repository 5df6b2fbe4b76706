/**
 * One thing that is known of each property of a device, such as its value, by the property's place in the configuration. What
 * was given out stays as it was: the first change after that is made in a copy. So a column in which nothing changes costs
 * nothing, however often it is given out, and one that changes as little as its items take.
 */
export class Column<T> {
  private isGivenOut = false;

  /** Takes `items` over. */
  constructor(private items: T[]) {}

  at(index: number): T {
    return this.items[index] as T;
  }

  set(index: number, item: T): void {
    if (Object.is(this.items[index], item)) return;
    if (this.isGivenOut) {
      this.items = this.items.slice();
      this.isGivenOut = false;
    }
    this.items[index] = item;
  }

  giveOut(): readonly T[] {
    this.isGivenOut = true;
    return this.items;
  }
}
