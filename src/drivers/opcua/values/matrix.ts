import { DeviceError, ErrorCode } from '../../../base/errors';

/**
 * Arrays of one and more dimensions. OPC UA sends a matrix as one row of elements, the last dimension fastest, and its
 * dimensions; a flow has nested arrays. Pure: also runs in the editor.
 */

/** Elements as nested arrays; with fewer than two dimensions the elements themselves. */
export function toNested(elements: readonly unknown[], dimensions: readonly number[]): unknown[] {
  if (dimensions.length < 2) return [...elements];
  const [count = 0, ...inner] = dimensions;
  const size = inner.reduce((product, length) => product * length, 1);
  return Array.from({ length: count }, (_, index) => toNested(elements.slice(index * size, (index + 1) * size), inner));
}

export interface Flat {
  readonly elements: readonly unknown[];
  /** At least one. */
  readonly dimensions: readonly number[];
}

/**
 * Nested arrays of `rank` dimensions as one row; without a rank as deep as the first elements are arrays.
 * @throws DeviceError BAD_VALUE when the rows are not of the same length, or the depth is not the rank
 */
export function toFlat(nested: readonly unknown[], rank?: number): Flat {
  const dimensions = depthsOf(nested, rank);
  const elements: unknown[] = [];
  const collect = (value: unknown, level: number): void => {
    if (level === dimensions.length) {
      if (rank !== undefined && Array.isArray(value)) throw uneven(`must have ${rank} dimensions, not more`);
      elements.push(value);
      return;
    }
    if (!Array.isArray(value)) throw uneven(`must have ${dimensions.length} dimensions throughout`);
    if (value.length !== dimensions[level]) throw uneven('must have rows of the same length');
    for (const item of value as unknown[]) collect(item, level + 1);
  };
  collect(nested, 0);
  return { elements, dimensions };
}

function depthsOf(nested: readonly unknown[], rank: number | undefined): number[] {
  const dimensions: number[] = [];
  let level: unknown = nested;
  while (Array.isArray(level) && (rank === undefined || dimensions.length < rank)) {
    dimensions.push(level.length);
    level = (level as unknown[])[0];
  }
  // Of an empty array nobody can tell how deep it would be.
  while (rank !== undefined && dimensions.length < rank && dimensions.includes(0)) dimensions.push(0);
  if (rank !== undefined && dimensions.length < rank) {
    throw uneven(`must have ${rank} dimensions, not ${dimensions.length}`);
  }
  return dimensions;
}

const uneven = (message: string): DeviceError => new DeviceError(ErrorCode.BAD_VALUE, message);
