import type { BuiltInName } from '../values/types';

/** One attribute of a node (OPC UA part 6, A.1, and part 3, 5): its number, its type, and whether a client may ever write it. */
interface AttributeFacts {
  readonly id: number;
  /** Absent for Value, whose type is the node's own. */
  readonly type?: BuiltInName;
  readonly writable: boolean;
}

const fact = (id: number, type: BuiltInName, writable = false): AttributeFacts => ({ id, type, writable });

/** The attributes a property may name. Pure: also used by the editor. */
export const ATTRIBUTES = {
  Value: { id: 13, writable: true },
  NodeId: fact(1, 'NodeId'),
  NodeClass: fact(2, 'Int32'),
  BrowseName: fact(3, 'QualifiedName', true),
  DisplayName: fact(4, 'LocalizedText', true),
  Description: fact(5, 'LocalizedText', true),
  WriteMask: fact(6, 'UInt32', true),
  UserWriteMask: fact(7, 'UInt32'),
  IsAbstract: fact(8, 'Boolean', true),
  Symmetric: fact(9, 'Boolean', true),
  InverseName: fact(10, 'LocalizedText', true),
  ContainsNoLoops: fact(11, 'Boolean', true),
  EventNotifier: fact(12, 'Byte', true),
  DataType: fact(14, 'NodeId', true),
  ValueRank: fact(15, 'Int32', true),
  ArrayDimensions: fact(16, 'UInt32', true),
  AccessLevel: fact(17, 'Byte', true),
  UserAccessLevel: fact(18, 'Byte'),
  MinimumSamplingInterval: fact(19, 'Double', true),
  Historizing: fact(20, 'Boolean', true),
  Executable: fact(21, 'Boolean', true),
  UserExecutable: fact(22, 'Boolean'),
  DataTypeDefinition: fact(23, 'ExtensionObject'),
  AccessLevelEx: fact(27, 'UInt32', true),
} as const satisfies Readonly<Record<string, AttributeFacts>>;

export type AttributeName = keyof typeof ATTRIBUTES;

export const isAttributeName = (name: string): name is AttributeName => Object.hasOwn(ATTRIBUTES, name);

/** The built-in type of an attribute; undefined for Value. */
export const attributeType = (name: AttributeName): BuiltInName | undefined =>
  (ATTRIBUTES[name] as AttributeFacts).type;
