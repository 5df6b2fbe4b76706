import type { ValueType } from '../../../base/values/index';

/**
 * The built-in types of OPC UA (part 6, 5.1.2) and the value types they are for a flow. Pure: also runs in the editor.
 */

/** Number of each type on the wire; the same as in node-opcua's `DataType`. */
export const BUILT_IN = {
  Null: 0,
  Boolean: 1,
  SByte: 2,
  Byte: 3,
  Int16: 4,
  UInt16: 5,
  Int32: 6,
  UInt32: 7,
  Int64: 8,
  UInt64: 9,
  Float: 10,
  Double: 11,
  String: 12,
  DateTime: 13,
  Guid: 14,
  ByteString: 15,
  XmlElement: 16,
  NodeId: 17,
  ExpandedNodeId: 18,
  StatusCode: 19,
  QualifiedName: 20,
  LocalizedText: 21,
  ExtensionObject: 22,
  DataValue: 23,
  Variant: 24,
  DiagnosticInfo: 25,
} as const;

export type BuiltInName = keyof typeof BUILT_IN;

/** Numbered without a gap, from 0. */
const NAMES = Object.keys(BUILT_IN) as BuiltInName[];

/** The name of a built-in type; `Null` for a number that is none. */
export const builtInName = (id: number): BuiltInName => NAMES[id] ?? 'Null';

const VALUE_TYPE_OF: Partial<Readonly<Record<BuiltInName, ValueType>>> = {
  Boolean: 'boolean',
  SByte: 'int8',
  Byte: 'uint8',
  Int16: 'int16',
  UInt16: 'uint16',
  Int32: 'int32',
  UInt32: 'uint32',
  Int64: 'int64',
  UInt64: 'uint64',
  Float: 'float',
  Double: 'double',
  String: 'string',
  DateTime: 'datetime',
  Guid: 'string',
  ByteString: 'base64String',
  XmlElement: 'string',
  NodeId: 'string',
  ExpandedNodeId: 'string',
  StatusCode: 'string',
  QualifiedName: 'string',
  LocalizedText: 'string',
  ExtensionObject: 'object',
};

/** What a scalar of this type is for a flow; undefined where that depends on the value (Null, DataValue, ...). */
export const valueTypeOf = (type: BuiltInName): ValueType | undefined => VALUE_TYPE_OF[type];

const BUILT_IN_OF: Readonly<Record<ValueType, BuiltInName | undefined>> = {
  int8: 'SByte',
  int16: 'Int16',
  int: 'Int32',
  int32: 'Int32',
  int64: 'Int64',
  uint8: 'Byte',
  uint16: 'UInt16',
  uint: 'UInt32',
  uint32: 'UInt32',
  uint64: 'UInt64',
  float: 'Float',
  float32: 'Float',
  double: 'Double',
  float64: 'Double',
  boolean: 'Boolean',
  string: 'String',
  hexString: 'ByteString',
  binaryString: 'ByteString',
  base64String: 'ByteString',
  datetime: 'DateTime',
  array: undefined,
  object: undefined,
};

/** The built-in type for a declared type, where a variable takes values of any type. */
export const builtInOf = (type: ValueType): BuiltInName | undefined => BUILT_IN_OF[type];
