import type { DataValue, ExtensionObject, NodeId, VariantOptions, WriteValueOptions } from 'node-opcua-client';
import { unlessAborted } from '../../../base/waiting';
import type { Write } from '../../../device/driver';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { ATTRIBUTES, attributeType } from '../config/attributes';
import type { OpcUaProperty } from '../config/property';
import type { Outcome } from '../library/batches';
import { statusError } from '../library/status-item';
import { stillLearning } from '../library/structures';
import type { EncodeContext } from '../values/encode';
import { isOneElement, misfit } from '../values/index-range';
import { ARRAY_TYPES, SCALAR, type VariantValue } from '../values/natural';
import { makeStructure } from '../values/structures';
import { builtInName, builtInOf, BUILT_IN, type BuiltInName } from '../values/types';
import { encodeVariant, type VariantShape } from '../values/variant';
import type { UaLink } from './link';
import type { NodeType } from './node-types';
import { decodeStructures, patiently, STRUCTURE_PATIENCE_MS } from './structure-patience';

/** Where a write goes. */
export interface Target {
  readonly nodeId: NodeId;
  /** Absent for attributes other than Value, whose type is fixed. */
  readonly type?: NodeType;
}

/**
 * One write as the server is to get it.
 * @throws DeviceError BAD_VALUE or what else is wrong with this write; a lost link and an aborted signal are told likewise
 */
export async function makeWriteRequest(
  write: Write<OpcUaProperty>,
  { nodeId, type }: Target,
  link: UaLink,
  signal: AbortSignal,
): Promise<WriteValueOptions> {
  const { visitor } = write.property;
  const value =
    type === undefined
      ? attributeVariant(write, link)
      : type.builtIn === 'ExtensionObject'
        ? await structureVariant(write, nodeId, type, link, signal)
        : await valueVariant(write, nodeId, type, link, signal);
  const indexRange = visitor.indexRange as unknown as WriteValueOptions['indexRange'];
  if (visitor.indexRange !== undefined && type !== undefined) {
    const problem = misfit(visitor.indexRange, likeRead(value));
    if (problem !== undefined) throw new DeviceError(ErrorCode.BAD_VALUE, problem);
    await link.ranges.check(nodeId, visitor.indexRange, signal);
  }
  return {
    nodeId,
    attributeId: ATTRIBUTES[visitor.attribute].id,
    ...(indexRange === undefined ? {} : { indexRange }),
    value: { value },
  };
}

function likeRead({ dataType, arrayType, value, dimensions }: VariantOptions): VariantValue {
  return {
    dataType: BUILT_IN[dataType as BuiltInName],
    arrayType: ARRAY_TYPES.indexOf((arrayType ?? 'Scalar') as (typeof ARRAY_TYPES)[number]),
    value: value as unknown,
    dimensions: dimensions ?? null,
  };
}

const contextFor = ({ property }: Write<OpcUaProperty>, { library, ua }: UaLink, type?: NodeType): EncodeContext => ({
  library,
  namespaces: ua.namespaces(),
  type: property.type,
  enumeration: type?.enumeration,
});

function attributeVariant(write: Write<OpcUaProperty>, link: UaLink): VariantOptions {
  const { attribute } = write.property.visitor;
  const valueRank = attribute === 'ArrayDimensions' ? 1 : -1;
  return encodeVariant(
    { builtIn: attributeType(attribute) ?? 'Variant', valueRank },
    write.value,
    contextFor(write, link),
  );
}

async function valueVariant(
  write: Write<OpcUaProperty>,
  nodeId: NodeId,
  type: NodeType,
  link: UaLink,
  signal: AbortSignal,
): Promise<VariantOptions> {
  const { visitor } = write.property;
  const shape = await shapeFor(write, nodeId, type, link, signal);
  if (shape.builtIn === 'ExtensionObject') return structureVariant(write, nodeId, type, link, signal);
  const isElement = isOneElement(visitor.indexRange) && shape.valueRank !== -1 && !Array.isArray(write.value);
  const value = isElement ? nest(write.value, visitor.indexRange) : write.value;
  return encodeVariant(shape, value, contextFor(write, link, type));
}

/** What the server does not tell of a node is as in the value it holds: many servers take any other, and change the node by it. */
async function shapeFor(
  { property }: Write<OpcUaProperty>,
  nodeId: NodeId,
  { builtIn, valueRank }: NodeType,
  link: UaLink,
  signal: AbortSignal,
): Promise<VariantShape> {
  const isTypeOpen = builtIn === 'Variant' && (property.type === undefined || builtInOf(property.type) === undefined);
  if (valueRank !== undefined && !isTypeOpen) return { builtIn, valueRank };
  const outcome = await readHeld(nodeId, link, signal);
  const held = outcome?.ok === true ? outcome.answer.value : NOTHING;
  const heldType = builtInName(held.dataType);
  const isKnown = heldType !== 'Null' && held.dataType <= BUILT_IN.ExtensionObject;
  return {
    builtIn: isTypeOpen && isKnown ? heldType : builtIn,
    ...(heldType === 'Variant' ? { holdsVariants: true } : {}),
    valueRank: valueRank ?? (heldType === 'Null' ? ANY_RANK : rankOf(held)),
  };
}

const ANY_RANK = -2;
const rankOf = ({ arrayType, dimensions }: VariantValue): number =>
  arrayType === SCALAR ? -1 : Math.max(1, dimensions?.length ?? 1);

/** One element as an array of as many dimensions as the index range has. */
const nest = (value: unknown, indexRange = ''): unknown =>
  indexRange.split(',').reduce((nested: unknown) => [nested], value);

async function structureVariant(
  write: Write<OpcUaProperty>,
  nodeId: NodeId,
  { dataTypeId }: NodeType,
  link: UaLink,
  signal: AbortSignal,
): Promise<VariantOptions> {
  const { session, structures } = link.ua;
  const context = contextFor(write, link);
  const isReady = await patiently(link.clock, STRUCTURE_PATIENCE_MS, signal, (patience) => structures.ready(patience));
  if (!isReady) throw stillLearning(write.property.name);
  if (Array.isArray(write.value)) {
    const made = write.value.map((item: unknown) => makeStructure(session, dataTypeId, undefined, item, context));
    return {
      dataType: 'ExtensionObject',
      arrayType: 'Array',
      value: await unlessAborted(Promise.all(made), signal, 'write'),
    };
  }
  const outcome = await readHeld(nodeId, link, signal);
  // Without the present value, a part of the structure would overwrite the rest with defaults.
  if (outcome?.ok !== true) throw outcome?.error ?? new DeviceError(ErrorCode.BAD_RESPONSE, 'the node was not read');
  const unreadable = statusError(outcome.answer.statusCode, write.property.name);
  if (unreadable !== undefined) throw unreadable;
  const undecoded = await decodeStructures(link, [outcome.answer.value], signal);
  if (undecoded.size > 0) throw stillLearning(write.property.name);
  const held: VariantValue = outcome.answer.value;
  if (held.arrayType !== SCALAR) throw new DeviceError(ErrorCode.BAD_VALUE, 'must be an array of structures');
  const current = (held.value ?? undefined) as ExtensionObject | undefined;
  const made = makeStructure(session, dataTypeId, current, write.value, context);
  return { dataType: 'ExtensionObject', value: await unlessAborted(made, signal, 'write') };
}

const NOTHING: VariantValue = { dataType: BUILT_IN.Null, arrayType: SCALAR, value: null };

/** What the node holds now. */
async function readHeld(nodeId: NodeId, link: UaLink, signal: AbortSignal): Promise<Outcome<DataValue> | undefined> {
  const request = { nodeId, attributeId: ATTRIBUTES.Value.id };
  const [outcome] = await link.reads.run([request], signal, (batch) => link.ua.session.read(batch));
  return outcome;
}
