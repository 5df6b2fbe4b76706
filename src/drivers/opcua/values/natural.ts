import { decodeBytes } from '../../../base/values/codec';
import { formatNodeId, type Identifier } from '../address/node-address';
import { BUILT_IN, builtInName, type BuiltInName } from './types';
import { toNested } from './matrix';
import { timeFrom } from './times';

/**
 * Every built-in type in the one form a flow gets it in when it declares no type: see the table in `values.ts`.
 */

/** The part of node-opcua's Variant that decoding needs. */
export interface VariantValue {
  readonly dataType: number;
  /** 0 scalar, 1 array, 2 matrix. */
  readonly arrayType: number;
  readonly value: unknown;
  readonly dimensions?: readonly number[] | null;
}

export interface LocalizedTextLike {
  readonly text?: string | null;
  readonly locale?: string | null;
}

export interface QualifiedNameLike {
  readonly namespaceIndex: number;
  readonly name?: string | null;
}

export interface NodeIdLike {
  /** 1 numeric, 2 text, 3 GUID, 4 bytes. */
  readonly identifierType: number;
  readonly value: unknown;
  readonly namespace: number;
  readonly namespaceUri?: string | null;
}

export interface StatusLike {
  readonly name: string;
  readonly value: number;
}

/** The part of node-opcua's schema of a structure that is used here. */
export interface StructureSchema {
  readonly name: string;
  /** `Union` for those of which one member counts. */
  readonly baseType?: string;
  readonly fields: readonly StructureField[];
  getBaseSchema(): StructureSchema | null;
}

export interface StructureField {
  /** As node-opcua names it: first letter in lower case. */
  readonly name: string;
  /** As the server names it. */
  readonly originalName: string;
  readonly fieldType: string;
  readonly isArray?: boolean | undefined;
  readonly category: string;
  readonly basicDataType?: number | undefined;
  readonly switchBit?: number | undefined;
  readonly switchValue?: number | undefined;
  readonly allowSubTypes?: boolean | undefined;
  readonly schema?: unknown;
}

/** A decoded structure of node-opcua: its members, and the schema that says what they are. */
export type StructureLike = Readonly<Record<string, unknown>> & { readonly schema: StructureSchema };

export const SCALAR = 0;
/** node-opcua's names by their number. */
export const ARRAY_TYPES = ['Scalar', 'Array', 'Matrix'] as const;

/** A Variant in its natural form; undefined where it holds nothing. */
export function naturalVariant({ dataType, arrayType, value, dimensions }: VariantValue): unknown {
  const builtIn = builtInName(dataType);
  if (builtIn === 'Null' || value === null || value === undefined) return undefined;
  if (arrayType === SCALAR) return toNatural(builtIn, value);
  const elements = Array.from(value as ArrayLike<unknown>, (element) => toNatural(builtIn, element));
  return toNested(elements, dimensions ?? []);
}

/** One value in its natural form; null where the server holds none. */
export function toNatural(builtIn: BuiltInName, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const convert = NATURAL[builtIn];
  return convert === undefined ? value : convert(value);
}

/** The types whose natural form is not what node-opcua has. */
const NATURAL: Partial<Readonly<Record<BuiltInName, (value: unknown) => unknown>>> = {
  Int64: (value) => BigInt.asIntN(64, toBigInt(value)),
  UInt64: toBigInt,
  Float: (value) => shortestFloat(value as number),
  DateTime: (value) => timeFrom(value as Date),
  Guid: (value) => (value as string).toLowerCase(),
  NodeId: (value) => nodeIdText(value as NodeIdLike),
  ExpandedNodeId: (value) => nodeIdText(value as NodeIdLike),
  StatusCode: (value) => (value as StatusLike).name,
  QualifiedName: (value) => qualifiedNameText(value as QualifiedNameLike),
  LocalizedText: (value) => (value as LocalizedTextLike).text ?? '',
  ExtensionObject: (value) => naturalStructure(value as StructureLike),
  DataValue: (value) => naturalVariant((value as { value: VariantValue }).value) ?? null,
  Variant: (value) => naturalVariant(value as VariantValue) ?? null,
};

/** All fields of a schema, those of its base types first; each name once. */
export function fieldsOf(schema: StructureSchema): StructureField[] {
  const fields = new Map<string, StructureField>();
  for (const field of [...baseFields(schema), ...schema.fields]) fields.set(field.name, field);
  return [...fields.values()];
}

function baseFields(schema: StructureSchema): StructureField[] {
  const base = schema.getBaseSchema();
  return base === null ? [] : fieldsOf(base);
}

export const isUnion = (schema: StructureSchema): boolean => schema.baseType === 'Union';

/** The fields of a union that are choices; its first field only says which one counts. */
export const choicesOf = (schema: StructureSchema): StructureField[] =>
  fieldsOf(schema).filter((field) => field.switchValue !== undefined);

/** The built-in type a field is encoded as; undefined for structures. */
export function builtInOfField({
  fieldType,
  basicDataType,
  category,
  schema,
}: StructureField): BuiltInName | undefined {
  if (category === 'enumeration') return 'Int32';
  if (Object.hasOwn(BUILT_IN, fieldType)) return fieldType as BuiltInName;
  if (category === 'complex') return undefined;
  if (basicDataType !== undefined && basicDataType !== 0) return builtInName(basicDataType);
  const subType = (schema as { subType?: string } | undefined)?.subType;
  return subType !== undefined && Object.hasOwn(BUILT_IN, subType) ? (subType as BuiltInName) : undefined;
}

/**
 * A structure as a plain object, its members under the server's names. Optional members that are not there, and the
 * choices of a union that do not count, are left out. One whose type the server does not describe is
 * `{ typeId, body }` with the undecoded bytes.
 */
export function naturalStructure(structure: StructureLike): unknown {
  if (isOpaque(structure)) return { typeId: nodeIdText(structure.nodeId), body: structure.buffer };
  const { schema } = structure;
  const fields = isUnion(schema) ? choicesOf(schema) : fieldsOf(schema);
  const present = fields.filter((field) => structure[field.name] !== undefined);
  return Object.fromEntries(present.map((field) => [field.originalName, naturalField(field, structure[field.name])]));
}

function naturalField(field: StructureField, value: unknown): unknown {
  if (field.isArray === true) {
    return value === null ? null : Array.from(value as ArrayLike<unknown>, (item) => naturalMember(field, item));
  }
  return naturalMember(field, value);
}

function naturalMember(field: StructureField, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const builtIn = builtInOfField(field);
  if (builtIn !== undefined) return toNatural(builtIn, isEnumItem(value) ? value.value : value);
  if (isEnumItem(value)) return value.value;
  return isStructure(value) ? naturalStructure(value) : value;
}

const isStructure = (value: unknown): value is StructureLike =>
  typeof value === 'object' && value !== null && 'schema' in value;

/** node-opcua's object for one value of an enumeration. */
const isEnumItem = (value: unknown): value is { readonly key: string; readonly value: number } =>
  typeof value === 'object' && value !== null && 'key' in value && 'value' in value && typeof value.value === 'number';

interface OpaqueLike {
  readonly nodeId: NodeIdLike;
  readonly buffer: Buffer;
}

/** node-opcua's OpaqueStructure: the server sent bytes of a type that it does not describe. */
export const isOpaque = (value: object): value is OpaqueLike =>
  'nodeId' in value && 'buffer' in value && Buffer.isBuffer(value.buffer);

/** node-opcua's 64-bit integers are [high, low], both unsigned. */
function toBigInt(value: unknown): bigint {
  if (!Array.isArray(value)) return BigInt(value as number | bigint);
  const [high, low] = value as [number, number];
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

const floatBytes = new DataView(new ArrayBuffer(4));

/** 23.1 instead of 23.100000381469727. */
function shortestFloat(value: number): number {
  floatBytes.setFloat32(0, value);
  return decodeBytes('float', new Uint8Array(floatBytes.buffer), 'BigEndian') as number;
}

const KINDS: readonly Identifier['kind'][] = ['i', 's', 'g', 'b'];

/** `i=2258`, `ns=2;s=name`, `ns=3;g=...`, `ns=1;b=...`; with `nsu=<URI>` where an ExpandedNodeId has one. */
export function nodeIdText(nodeId: NodeIdLike): string {
  const kind = KINDS[nodeId.identifierType - 1] ?? 'i';
  const { value, namespace, namespaceUri } = nodeId;
  const identifier =
    kind === 'i'
      ? { kind, value: Number(value) }
      : { kind, value: Buffer.isBuffer(value) ? value.toString('base64') : guidOrText(kind, String(value)) };
  const isNamed = namespaceUri !== undefined && namespaceUri !== null && namespaceUri !== '';
  return formatNodeId({ namespace: isNamed ? { uri: namespaceUri } : { index: namespace }, identifier });
}

const guidOrText = (kind: Identifier['kind'], text: string): string => (kind === 'g' ? text.toLowerCase() : text);

/** `2:name`, or `name` in namespace 0. */
export function qualifiedNameText({ namespaceIndex, name }: QualifiedNameLike): string {
  return namespaceIndex === 0 ? (name ?? '') : `${namespaceIndex}:${name ?? ''}`;
}
