import { SCALAR, type VariantValue } from './natural';
import { builtInName } from './types';

/**
 * Index ranges (part 4, 7.27) against what a server sends for them. Some servers pass over them (asyncua 2.1.0, gopcua 0.8.0):
 * a read answers all, and a write replaces all, both with status Good. Pure.
 */

/** An index range of single indexes means one element, not an array with one. */
export const isOneElement = (indexRange: string | undefined): boolean =>
  indexRange !== undefined && !indexRange.includes(':');

interface Bounds {
  readonly low: number;
  /** Included. */
  readonly high: number;
}

function boundsOf(indexRange: string): Bounds[] {
  return indexRange.split(',').map((part) => {
    const [low = 0, high = low] = part.split(':').map(Number);
    return { low, high };
  });
}

/** How many a range names, by dimension. */
const sizesOf = (indexRange: string): number[] => boundsOf(indexRange).map(({ low, high }) => high - low + 1);

/** What a value consists of, by dimension: elements of arrays, characters of texts, bytes; undefined where nothing can be taken out of it. */
function lengthsOf({ dataType, arrayType, value, dimensions }: VariantValue): readonly number[] | undefined {
  if (value === null || value === undefined) return [0];
  if (arrayType !== SCALAR) {
    return dimensions !== null && dimensions !== undefined && dimensions.length > 1
      ? dimensions
      : [(value as ArrayLike<unknown>).length];
  }
  const builtIn = builtInName(dataType);
  if (builtIn === 'ByteString') return [(value as Uint8Array).length];
  return builtIn === 'String' && typeof value === 'string' ? [Array.from(value).length] : undefined;
}

/** What of a whole value a range takes, by dimension: less than it names at the end. */
function expectedLengths(whole: readonly number[], indexRange: string): number[] {
  return boundsOf(indexRange).map(({ low, high }, dimension) =>
    Math.max(0, Math.min(high + 1, whole[dimension] ?? 0) - low),
  );
}

/** Whether what was read is more than the range names: the server has passed over it. */
export function isMoreThan(indexRange: string, read: VariantValue): boolean {
  const lengths = lengthsOf(read);
  // A number has no parts: a server that knows ranges refuses one of it.
  if (lengths === undefined) return true;
  const sizes = sizesOf(indexRange);
  return lengths.some((length, dimension) => length > (sizes[dimension] ?? Infinity));
}

/** Whether `part` is as large as what the range takes out of `whole`. False says that the server passes over ranges. */
export function isPartOf(indexRange: string, whole: VariantValue, part: VariantValue): boolean {
  const lengths = lengthsOf(whole);
  const partLengths = lengthsOf(part);
  if (lengths === undefined || partLengths === undefined) return false;
  const expected = expectedLengths(lengths, indexRange);
  return partLengths.every((length, dimension) => length <= (expected[dimension] ?? Infinity));
}

/** What is wrong with the size of a value that is to be written to a range; undefined when it fits. */
export function misfit(indexRange: string, value: VariantValue): string | undefined {
  const lengths = lengthsOf(value);
  const sizes = sizesOf(indexRange);
  if (lengths?.every((length, dimension) => length === (sizes[dimension] ?? length)) === true) return undefined;
  const got = lengths === undefined ? 'one value' : lengths.join(' by ');
  return `must have as many elements as the index range ${indexRange} (${sizes.join(' by ')}), got ${got}`;
}
