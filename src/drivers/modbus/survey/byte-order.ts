import { decodeBytes, ENDIANNESSES, type Endianness } from '../../../base/values/codec';
import type { ValueType } from '../../../base/values/type-names';

/**
 * What registers may mean: every value in the four byte orders side by side, with those marked that could be measured somewhere. Nobody can know
 * it from numbers alone; several values that make sense in one order, and not in the others, are a strong hint. Pure.
 */
export interface OrderReading {
  readonly type: ValueType;
  readonly endianness: Endianness;
  /** One for each group of registers; 64-bit integers as text. */
  readonly values: readonly (number | string)[];
  /** How many of them are plausible, and whether that is more than any other order of the type has. */
  readonly plausible: number;
  readonly likely: boolean;
}

/** Registers of one value. */
export type Width = 1 | 2 | 4;

const TYPES: Readonly<Record<Width, readonly ValueType[]>> = {
  1: ['uint16', 'int16'],
  2: ['float32', 'int32', 'uint32'],
  4: ['float64', 'int64', 'uint64'],
};

/** In a single register only the order of its two bytes matters. */
const ORDERS: Readonly<Record<Width, readonly Endianness[]>> = {
  1: ['BigEndian', 'LittleEndian'],
  2: ENDIANNESSES,
  4: ENDIANNESSES,
};

/** `bytes`: of whole values as on the wire; what is left at their end is passed over. */
export function readInAllOrders(bytes: Uint8Array, width: Width): OrderReading[] {
  const size = width * 2;
  const parts = Array.from({ length: Math.floor(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return TYPES[width].flatMap((type) => {
    const readings = ORDERS[width].map((endianness) => {
      const values = parts.map((part) => decodeBytes(type, part, endianness) as number | bigint);
      return { endianness, values, plausible: values.filter((value) => isPlausible(value, width)).length };
    });
    const scores = readings.map(({ values, plausible }) => score(values, plausible));
    const best = Math.max(...scores);
    const isClear = scores.filter((one) => one === best).length === 1 && best > 0;
    return readings.map(({ endianness, values, plausible }, at) => ({
      type,
      endianness,
      values: values.map(shown),
      plausible,
      likely: isClear && scores[at] === best,
    }));
  });
}

const shown = (value: number | bigint): number | string =>
  typeof value === 'bigint' || !Number.isFinite(value) ? String(value) : value;

/** Measured values are between these, or 0; a float beyond is a sign of bytes in the wrong places. */
const SMALLEST = 1e-4;
const LARGEST = 1e8;
/** A counter in 64 bits may be larger than what is measured. */
const LARGEST_COUNT = 10n ** 13n;

function isPlausible(value: number | bigint, width: Width): boolean {
  if (typeof value === 'bigint') {
    const size = value < 0n ? -value : value;
    // A number that fills the upper half and leaves the lower empty has its words the wrong way round.
    return size <= LARGEST_COUNT && (value === 0n || value % 65_536n !== 0n);
  }
  if (value === 0) return true;
  if (!Number.isFinite(value)) return false;
  const size = Math.abs(value);
  if (width > 1 && Number.isInteger(value) && value % 65_536 === 0) return false;
  return size >= SMALLEST && size <= LARGEST;
}

/** Zeros fit every order, so they say nothing; values of about one size say more than those that differ by powers. */
function score(values: readonly (number | bigint)[], plausible: number): number {
  if (plausible < values.length) return 0;
  const sizes = values.filter((value) => Number(value) !== 0).map((value) => Math.log10(Math.abs(Number(value))));
  if (sizes.length === 0) return 0;
  const spread = Math.max(...sizes) - Math.min(...sizes);
  return 1000 - Math.round(10 * spread) - Math.round(Math.max(...sizes.map(Math.abs)));
}
