/** The last `size` keys with a value each; the oldest is forgotten first. All operations take constant time. */
export class Recent<T> {
  private readonly entries = new Map<string, T>();
  /** A ring of the keys in the order they came: the first key of a Map is slow to find where many were deleted before it. */
  private readonly keys: string[] = [];
  private next = 0;

  constructor(private readonly size: number) {}

  get(key: string): T | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: T): void {
    if (!this.entries.has(key)) {
      const oldest = this.keys[this.next];
      if (oldest !== undefined) this.entries.delete(oldest);
      this.keys[this.next] = key;
      this.next = (this.next + 1) % this.size;
    }
    this.entries.set(key, value);
  }
}
