import type { ClientSession, ExtensionObject, NodeId } from 'node-opcua-client';
import { isPlainRecord } from '../../../base/records';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { show } from '../../../base/show';
import type { Enumeration } from './decode';
import { encodeScalar, type EncodeContext } from './encode';
import {
  builtInOfField,
  choicesOf,
  fieldsOf,
  isOpaque,
  isUnion,
  type StructureField,
  type StructureLike,
  type StructureSchema,
} from './natural';

/**
 * Structures from plain objects. An object need not name every member: what it leaves out keeps its present value, at
 * every depth. Arrays are taken whole. A union is replaced by the one choice that is given; null takes an optional
 * member away.
 */

type Members = Readonly<Record<string, unknown>>;

/** How node-opcua's client makes a structure of a type that the server describes. */
export type StructureMaker = Pick<ClientSession, 'constructExtensionObject'>;

/**
 * The structure to write: `patch` on top of `current`, or on top of the defaults of `dataTypeId` where the node holds none.
 * @throws DeviceError BAD_VALUE that names the member
 */
export async function makeStructure(
  session: StructureMaker,
  dataTypeId: NodeId | undefined,
  current: ExtensionObject | undefined,
  patch: unknown,
  context: EncodeContext,
): Promise<ExtensionObject> {
  if (current !== undefined && isOpaque(current)) {
    throw badValue('cannot be written: the server does not describe the type of this structure');
  }
  const typeId = (current?.schema as { dataTypeNodeId?: NodeId } | undefined)?.dataTypeNodeId ?? dataTypeId;
  if (typeId === undefined) throw badValue('cannot be written: the server does not tell its type');
  const base = current ?? (await construct(session, typeId, {}));
  const options = mergeMembers(schemaOf(base), current as unknown as StructureLike | undefined, patch, '', context);
  return construct(session, typeId, options);
}

const schemaOf = (structure: ExtensionObject): StructureSchema => structure.schema;

async function construct(session: StructureMaker, typeId: NodeId, options: Members): Promise<ExtensionObject> {
  try {
    return await session.constructExtensionObject(typeId, { ...options });
  } catch (error) {
    throw toDeviceError(error, ErrorCode.BAD_VALUE, 'the structure cannot be made');
  }
}

/** node-opcua's options for a structure: members under its own names, encoded where `patch` gives them. */
function mergeMembers(
  schema: StructureSchema,
  current: StructureLike | undefined,
  patch: unknown,
  path: string,
  context: EncodeContext,
): Members {
  if (!isPlainRecord(patch))
    throw badMember(path, `must be an object with members of ${schema.name}, got ${show(patch)}`);
  const fields = isUnion(schema) ? choicesOf(schema) : fieldsOf(schema);
  const given = givenFields(fields, patch, path);
  if (isUnion(schema) && given.size !== 1) {
    throw badMember(path, `must have exactly one of ${fields.map((field) => field.originalName).join(', ')}`);
  }
  const options: Record<string, unknown> = {};
  for (const field of fields) {
    const present = isUnion(schema) ? undefined : current?.[field.name];
    const value = given.has(field) ? encodeField(schema, field, present, given.get(field), path, context) : present;
    if (value !== undefined) options[field.name] = value;
  }
  return options;
}

/** The fields a patch names, by the server's name or node-opcua's. */
function givenFields(fields: readonly StructureField[], patch: Members, path: string): Map<StructureField, unknown> {
  const given = new Map<StructureField, unknown>();
  for (const [name, value] of Object.entries(patch)) {
    const field =
      fields.find((candidate) => candidate.originalName === name) ??
      fields.find((candidate) => candidate.name === name);
    if (field === undefined) {
      throw badMember(join(path, name), `is no member: it has ${fields.map((known) => known.originalName).join(', ')}`);
    }
    given.set(field, value);
  }
  return given;
}

function encodeField(
  owner: StructureSchema,
  field: StructureField,
  present: unknown,
  value: unknown,
  path: string,
  context: EncodeContext,
): unknown {
  const at = join(path, field.originalName);
  if (value === null && field.switchBit !== undefined) return undefined;
  if (field.isArray !== true) return encodeMember(owner, field, present, value, at, context);
  if (!Array.isArray(value)) throw badMember(at, `must be an array, got ${show(value)}`);
  return value.map((item: unknown, index) => encodeMember(owner, field, undefined, item, `${at}[${index}]`, context));
}

function encodeMember(
  owner: StructureSchema,
  field: StructureField,
  present: unknown,
  value: unknown,
  at: string,
  context: EncodeContext,
): unknown {
  const nested = nestedSchema(owner, field, present);
  if (nested !== undefined) return mergeMembers(nested, present as StructureLike | undefined, value, at, context);
  const enumeration = enumerationOf(owner, field);
  const builtIn = enumeration === undefined ? builtInOfField(field) : 'Int32';
  if (builtIn === undefined) throw badMember(at, `cannot be written: its type ${field.fieldType} is unknown`);
  try {
    return encodeScalar(builtIn, value, { ...context, type: undefined, enumeration });
  } catch (error) {
    throw badMember(at, toDeviceError(error, ErrorCode.BAD_VALUE).message);
  }
}

/** node-opcua's knowledge of the types that one server describes. */
interface TypeFactory {
  hasStructureByTypeName(name: string): boolean;
  getStructureInfoByTypeName(name: string): { readonly schema: StructureSchema };
  hasEnumeration(name: string): boolean;
  getEnumeration(name: string): { readonly enumValues: Readonly<Record<string, string | number>> } | null;
}

const factoryOf = (schema: StructureSchema): TypeFactory | undefined =>
  (schema as StructureSchema & { getDataTypeFactory?(): TypeFactory }).getDataTypeFactory?.();

function nestedSchema(owner: StructureSchema, field: StructureField, present: unknown): StructureSchema | undefined {
  if (field.category !== 'complex') return undefined;
  if (typeof present === 'object' && present !== null && 'schema' in present) return present.schema as StructureSchema;
  const factory = factoryOf(owner);
  if (factory?.hasStructureByTypeName(field.fieldType) !== true) return undefined;
  return factory.getStructureInfoByTypeName(field.fieldType).schema;
}

function enumerationOf(owner: StructureSchema, field: StructureField): Enumeration | undefined {
  const factory = factoryOf(owner);
  if (factory?.hasEnumeration(field.fieldType) !== true) return undefined;
  const values = Object.entries(factory.getEnumeration(field.fieldType)?.enumValues ?? {});
  const names = values.flatMap(([name, value]): [number, string][] =>
    typeof value === 'number' ? [[value, name]] : [],
  );
  return names.length === 0 ? undefined : new Map(names);
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

const badValue = (message: string): DeviceError => new DeviceError(ErrorCode.BAD_VALUE, message);

const badMember = (path: string, message: string): DeviceError =>
  badValue(path === '' ? message : `${path}: ${message}`);
