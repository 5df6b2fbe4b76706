/** What one request of a discovery brought. */
export interface Page<T> {
  readonly items: readonly T[];
  /** `cts`: 1 partial, 2 full; undefined where the CSE does not say. */
  readonly status?: number;
  /** `cto`: where the next part begins. */
  readonly next?: number;
}

export interface PagingOptions<T> {
  /** `offset`: `ofst`, counted from 0 or 1, as the CSE does; undefined: none is sent. `pageSize`: `lim`, likewise. */
  readonly fetch: (offset: number | undefined, pageSize: number | undefined) => Promise<Page<T>>;
  readonly keyOf: (item: T) => string;
  /** Undefined: the CSE cuts where it likes. */
  readonly pageSize?: number;
  readonly maxItems?: number;
  readonly maxPages?: number;
}

export interface Pages<T> {
  /** Each once, in the order they came. */
  readonly items: readonly T[];
  readonly pages: number;
  readonly complete: boolean;
  /** What is missing, and why. */
  readonly notice?: string;
}

const PARTIAL = 1;
const FULL = 2;
export const MOST_RESULTS = 10_000;
export const MOST_PAGES = 200;

/**
 * Fetches page after page until the CSE has no more. CSEs count offsets from 0 or from 1 and do not say which: the next page is
 * asked for as if it were 0, which at worst brings one result twice; a page with nothing new is asked for once more, one further
 * on. One that still has nothing new comes from a CSE that ignores `ofst`, and ends it.
 *
 * A CSE that does not say whether it cut may count something else than results: ACME's `lim` counts children before it filters
 * them, so that pages in between may be empty. Such a CSE is asked again without a page size.
 */
export async function collectPages<T>(options: PagingOptions<T>): Promise<Pages<T>> {
  const { fetch, keyOf, maxItems = MOST_RESULTS, maxPages = MOST_PAGES } = options;
  const found = new Map<string, T>();
  let { pageSize } = options;
  let offset: number | undefined;
  let wasStale = false;
  for (let pages = 1; ; pages += 1) {
    const page = await fetch(offset, pageSize);
    const before = found.size;
    for (const item of page.items) {
      const key = keyOf(item);
      if (found.has(key)) continue;
      if (found.size >= maxItems) {
        return ended(found, pages, `there are more than ${maxItems} results: only these are listed; narrow the filter`);
      }
      found.set(key, item);
    }
    if (pages === 1 && pageSize !== undefined && page.status === undefined && page.next === undefined) {
      pageSize = undefined;
      continue;
    }
    if (!hasMore(page)) return ended(found, pages);
    const isStale = found.size === before && (page.items.length > 0 || nextOf(page, offset) === undefined);
    if (isStale && wasStale) {
      return page.status === PARTIAL
        ? ended(
            found,
            pages,
            'the CSE says that there are more results, but repeats the same ones: it ignores the offset',
          )
        : ended(found, pages);
    }
    if (pages >= maxPages)
      return ended(found, pages, `there are more results after ${maxPages} pages; narrow the filter`);
    offset = isStale ? (offset ?? 0) + 1 : (nextOf(page, offset) ?? (offset ?? 0) + (pageSize ?? page.items.length));
    wasStale = isStale;
  }
}

/** `cto`, where it leads on. */
const nextOf = ({ next }: Page<unknown>, offset: number | undefined): number | undefined =>
  next !== undefined && next > (offset ?? 0) ? next : undefined;

const hasMore = ({ status, next }: Page<unknown>): boolean =>
  status !== FULL && (status === PARTIAL || next !== undefined);

function ended<T>(found: ReadonlyMap<string, T>, pages: number, notice?: string): Pages<T> {
  const items = [...found.values()];
  return notice === undefined ? { items, pages, complete: true } : { items, pages, complete: false, notice };
}
