import type { Problem } from './problems';

/** One object of a configuration while it is read. */
export interface AskedObject {
  values: Readonly<Record<string, unknown>>;
  readonly asked: Set<string>;
  /** Its members have names of their own (headers, attributes): none is unknown. */
  free: boolean;
}

/** More are counted, not told one by one. */
const MOST_TOLD = 20;
const MOST_LETTERS = 60;

/**
 * Which members of a configuration were asked for, object by object. What was given but never asked for is known to nobody: it is
 * misspelt or in the wrong place.
 */
export class AskedFields {
  private readonly objects = new Map<string, AskedObject>();

  /** To be called by whoever reads the object at `path`; several may. */
  enter(path: string, values: AskedObject['values']): AskedObject {
    const known = this.objects.get(path);
    if (known !== undefined) {
      known.values = values;
      return known;
    }
    const entered = { values, asked: new Set<string>(), free: false };
    this.objects.set(path, entered);
    return entered;
  }

  /** A warning for each member that says something and was not asked for, with what is probably meant. */
  unknown(): Problem[] {
    const left = [...this.objects].flatMap(([path, { values, asked, free }]) =>
      free ? [] : Object.keys(values).flatMap((key) => (asked.has(key) || isEmpty(values[key]) ? [] : [{ path, key }])),
    );
    const told = left.slice(0, MOST_TOLD).map(({ path, key }) => {
      const meant = this.meant(path, key);
      const hint = meant === undefined ? ', so that it has no effect' : `; did you mean ${meant}?`;
      return { field: pathTo(path, shortened(key)), message: `not known here${hint}` };
    });
    const more = left.slice(MOST_TOLD);
    const [first] = more;
    if (first === undefined) return told;
    const field = pathTo(first.path, shortened(first.key));
    return [...told, { field, message: `not known here, and so are ${more.length - 1} more members` }];
  }

  /** The path of a known member whose name is the same or nearly so; the nearer in the tree, the likelier. */
  private meant(path: string, key: string): string | undefined {
    if (key.length > MOST_LETTERS) return undefined;
    let best: { readonly field: string; readonly cost: number } | undefined;
    for (const [place, { asked }] of this.objects) {
      const hops = distanceOfPlaces(path, place);
      for (const name of asked) {
        const cost = costOf(key, name, hops);
        if (cost !== undefined && cost < (best?.cost ?? Infinity)) best = { field: pathTo(place, name), cost };
      }
    }
    return best?.field;
  }
}

/** `client` and `server` make `client.server`. */
export const pathTo = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

const shortened = (key: string): string => (key.length > MOST_LETTERS ? `${key.slice(0, MOST_LETTERS - 3)}...` : key);

/** Dialogs save empty text for what is not there. */
const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';

/** A slip of the keyboard in the same object is likelier than one in another. */
function costOf(key: string, name: string, hops: number): number | undefined {
  const slips = slipsBetween(plain(key), plain(name));
  const allowed = Math.max(1, Math.floor(name.length / 4));
  if (slips > allowed || (slips > 0 && (name.length < 3 || hops > 1))) return undefined;
  return slips * 3 + hops;
}

/** People differ in capitals and underscores first of all. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[_\-\s]/g, '');

/** How many objects one has to go up and down from one place to another. */
function distanceOfPlaces(one: string, other: string): number {
  const [a, b] = [one, other].map((path) => path.split(/[.[]/).filter((step) => step !== '')) as [string[], string[]];
  let common = 0;
  while (common < Math.min(a.length, b.length) && a[common] === b[common]) common += 1;
  return a.length + b.length - 2 * common;
}

/** Letters left out, put in, changed, or swapped with the next one (optimal string alignment). */
function slipsBetween(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      line[column] = Math.min(
        (last[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        row > 1 && column > 1 && isSwapped ? (before[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    [before, last] = [last, line];
  }
  return last[other.length] ?? 0;
}
