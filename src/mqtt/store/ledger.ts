import type { StoreStatus } from './message-store';

/** Messages a page: few enough that one at the front is found soon, enough that a page costs next to nothing. */
const PAGE = 1024;

/** Sizes and times of so many keys that follow each other; a size of 0 is a key that is not there. */
class Page {
  /** Bytes and one. */
  readonly sizes = new Uint32Array(PAGE);
  readonly times = new Float64Array(PAGE);
  count = 0;
  /** Nothing is there before this place. */
  first = 0;
}

/**
 * How large and how old the messages in a store are, by key: twelve bytes a message, so that a million of them that are on disk need
 * no memory to speak of. Keys are added in rising order; what is removed is mostly the oldest.
 */
export class Ledger {
  private readonly pages = new Map<number, Page>();
  private count = 0;
  private total = 0;

  get status(): StoreStatus {
    const oldestAt = this.oldestAt();
    return { messages: this.count, bytes: this.total, ...(oldestAt !== undefined && { oldestAt }) };
  }

  get bytes(): number {
    return this.total;
  }

  get messages(): number {
    return this.count;
  }

  add(key: number, bytes: number, acceptedAt: number): void {
    const number = Math.floor(key / PAGE);
    let page = this.pages.get(number);
    if (page === undefined) {
      page = new Page();
      this.pages.set(number, page);
    }
    const place = key % PAGE;
    if (page.sizes[place] !== 0) return;
    page.sizes[place] = bytes + 1;
    page.times[place] = acceptedAt;
    page.count++;
    if (place < page.first) page.first = place;
    this.count++;
    this.total += bytes;
  }

  /** Whether it was there. */
  delete(key: number): boolean {
    const number = Math.floor(key / PAGE);
    const page = this.pages.get(number);
    const size = page?.sizes[key % PAGE] ?? 0;
    if (page === undefined || size === 0) return false;
    page.sizes[key % PAGE] = 0;
    page.count--;
    this.count--;
    this.total -= size - 1;
    if (page.count === 0) this.pages.delete(number);
    return true;
  }

  has(key: number): boolean {
    return (this.pages.get(Math.floor(key / PAGE))?.sizes[key % PAGE] ?? 0) > 0;
  }

  /** In rising order. */
  *keys(): Generator<number> {
    for (const [number, { sizes }] of this.pages) {
      for (let place = 0; place < PAGE; place++) if (sizes[place] !== 0) yield number * PAGE + place;
    }
  }

  clear(): void {
    this.pages.clear();
    this.count = this.total = 0;
  }

  /** Pages are in the order of their keys, since these rise. */
  private oldestAt(): number | undefined {
    for (const page of this.pages.values()) {
      while (page.first < PAGE && page.sizes[page.first] === 0) page.first++;
      return page.times[page.first];
    }
    return undefined;
  }
}
