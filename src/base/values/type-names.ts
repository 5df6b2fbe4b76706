/**
 * The names of the value types and the ranges of the numeric ones. Pure: also runs in the editor.
 */

/** Value types a property can have; `int`/`uint`/`float`/`double` are the specification's short names. */
export const VALUE_TYPES = [
  'int8',
  'int16',
  'int',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint',
  'uint32',
  'uint64',
  'float',
  'float32',
  'double',
  'float64',
  'boolean',
  'string',
  'hexString',
  'binaryString',
  'base64String',
  'datetime',
  'array',
  'object',
] as const;

export type ValueType = (typeof VALUE_TYPES)[number];

export type FloatType = 'float' | 'float32' | 'double' | 'float64';
export type IntegerType =
  'int8' | 'int16' | 'int' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint' | 'uint32' | 'uint64';

/** How an integer type is laid out. */
export interface IntegerFormat {
  readonly signed: boolean;
  readonly bytes: 1 | 2 | 4 | 8;
}

const INTEGER_FORMATS: Readonly<Record<IntegerType, IntegerFormat>> = {
  int8: { signed: true, bytes: 1 },
  int16: { signed: true, bytes: 2 },
  int: { signed: true, bytes: 4 },
  int32: { signed: true, bytes: 4 },
  int64: { signed: true, bytes: 8 },
  uint8: { signed: false, bytes: 1 },
  uint16: { signed: false, bytes: 2 },
  uint: { signed: false, bytes: 4 },
  uint32: { signed: false, bytes: 4 },
  uint64: { signed: false, bytes: 8 },
};

const INTEGER_RANGES = Object.fromEntries(
  Object.entries(INTEGER_FORMATS).map(([type, format]) => [type, rangeOf(format)]),
) as Readonly<Record<IntegerType, IntegerRange>>;

function rangeOf({ signed, bytes }: IntegerFormat): IntegerRange {
  const bits = BigInt(bytes * 8);
  return signed ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n } : { min: 0n, max: (1n << bits) - 1n };
}

const FLOAT_BYTES: Readonly<Record<FloatType, 4 | 8>> = { float: 4, float32: 4, double: 8, float64: 8 };

export const isValueType = (name: unknown): name is ValueType => VALUE_TYPES.some((type) => type === name);

export const isIntegerType = (type: ValueType): type is IntegerType => type in INTEGER_FORMATS;
export const isFloatType = (type: ValueType): type is FloatType => type in FLOAT_BYTES;
export const isNumericType = (type: ValueType): type is IntegerType | FloatType =>
  isIntegerType(type) || isFloatType(type);

export const integerFormat = (type: IntegerType): IntegerFormat => INTEGER_FORMATS[type];
export const floatBytes = (type: FloatType): 4 | 8 => FLOAT_BYTES[type];

/** Smallest and largest value of an integer type, both inclusive; undefined for every other type. */
export function integerRange(type: IntegerType): IntegerRange;
export function integerRange(type: ValueType): IntegerRange | undefined;
export function integerRange(type: ValueType): IntegerRange | undefined {
  return isIntegerType(type) ? INTEGER_RANGES[type] : undefined;
}

export interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}
