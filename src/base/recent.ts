/**
 * The last `size` keys with a value each; the oldest is forgotten first. To add is cheap, to look up means to search: for what is
 * added with every request and looked up only when something odd happens.
 */
export class Recent<T> {
  private readonly keys: string[] = [];
  private readonly values: T[] = [];
  private next = 0;

  constructor(private readonly size: number) {}

  get(key: string): T | undefined {
    const index = this.keys.indexOf(key);
    return index < 0 ? undefined : this.values[index];
  }

  /** A key that is there already keeps its age. */
  set(key: string, value: T): void {
    const known = this.keys.indexOf(key);
    if (known < 0) this.add(key, value);
    else this.values[known] = value;
  }

  /** As `set`, for a key that is known not to be there. */
  add(key: string, value: T): void {
    this.keys[this.next] = key;
    this.values[this.next] = value;
    this.next = (this.next + 1) % this.size;
  }
}
