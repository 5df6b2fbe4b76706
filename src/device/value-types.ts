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
