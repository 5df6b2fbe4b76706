import type {
  DataValue,
  ExtensionObject,
  NodeId,
  StatusCode,
  VariantOptions,
  WriteValueOptions,
} from 'node-opcua-client';
import { unlessAborted } from '../../../base/waiting';
import type { Write, WriteResult } from '../../../device/driver';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { ATTRIBUTES, attributeType } from '../config/attributes';
import { isLinkError, type Outcome } from '../library/batches';
import type { UaLink } from './link';
import type { NodeType } from './node-types';
import type { OpcUaProperty } from '../config/property';
import { isOneElement } from './reader';
import { itemError } from '../library/status-item';
import { makeStructure } from '../values/structures';
import type { EncodeContext } from '../values/encode';
import { SCALAR, type VariantValue } from '../values/natural';
import { builtInName, BUILT_IN } from '../values/types';
import { encodeVariant } from '../values/variant';

interface Target {
  readonly nodeId: NodeId;
  /** Absent for attributes other than Value, whose type is fixed. */
  readonly type?: NodeType;
}

/**
 * Writes values, as many in one request as the server takes, in the order given. One result per write; what the server
 * says of each is told by its name. Rejects only when the link is lost or the signal aborted.
 */
export async function writeProperties(
  writes: readonly Write<OpcUaProperty>[],
  link: UaLink,
  signal: AbortSignal,
): Promise<WriteResult[]> {
  const targets = await targetsOf(writes, link, signal);
  const errors = new Map<number, DeviceError>();
  let pending: { readonly index: number; readonly request: WriteValueOptions }[] = [];
  const send = async (): Promise<void> => {
    const batch = pending;
    pending = [];
    const outcomes = await link.writes.run(batch, signal, (part) =>
      link.ua.session.write(part.map(({ request }) => request)),
    );
    outcomes.forEach((outcome, at) => {
      const index = batch[at]?.index ?? -1;
      const error = errorOf(outcome, writes[index]);
      if (error !== undefined) errors.set(index, error);
    });
  };
  for (const [index, write] of writes.entries()) {
    const target = targets[index];
    try {
      if (target?.ok !== true) throw target?.error ?? new DeviceError(ErrorCode.BAD_RESPONSE, 'the node was not found');
      // A part of a structure is merged into what the server holds, which earlier writes may have changed.
      if (target.answer.type?.builtIn === 'ExtensionObject') await send();
      pending.push({ index, request: await requestFor(write, target.answer, link, signal) });
    } catch (error) {
      const reason = toDeviceError(error, ErrorCode.BAD_VALUE);
      if (signal.aborted || isLinkError(reason)) throw error;
      errors.set(index, reason);
    }
  }
  await send();
  return writes.map(({ property: { name } }, index) => {
    const error = errors.get(index);
    return error === undefined ? { name } : { name, error };
  });
}

async function targetsOf(
  writes: readonly Write<OpcUaProperty>[],
  link: UaLink,
  signal: AbortSignal,
): Promise<Outcome<Target>[]> {
  const nodes = await link.addresses.resolve(
    writes.map(({ property }) => property.visitor),
    signal,
  );
  const needed = nodes.flatMap((node, index) =>
    node.ok && writes[index]?.property.visitor.attribute === 'Value' ? [node.answer] : [],
  );
  const types = await link.types.typesOf(needed, signal);
  let next = 0;
  return nodes.map((node, index): Outcome<Target> => {
    if (!node.ok) return node;
    if (writes[index]?.property.visitor.attribute !== 'Value') return { ok: true, answer: { nodeId: node.answer } };
    const type = types[next++];
    if (type?.ok === true) return { ok: true, answer: { nodeId: node.answer, type: type.answer } };
    return type ?? { ok: false, error: new DeviceError(ErrorCode.BAD_RESPONSE, 'the type of the node is unknown') };
  });
}

async function requestFor(
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
  return {
    nodeId,
    attributeId: ATTRIBUTES[visitor.attribute].id,
    ...(indexRange === undefined ? {} : { indexRange }),
    value: { value },
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
  const context = contextFor(write, link, type);
  const isElement = isOneElement(visitor.indexRange) && type.valueRank !== -1 && !Array.isArray(write.value);
  const value = isElement ? nest(write.value, visitor.indexRange) : write.value;
  if (type.builtIn !== 'Variant' || write.property.type !== undefined) return encodeVariant(type, value, context);
  // A variable of any type keeps the one it has.
  const outcome = await readHeld(nodeId, link, signal);
  const held = outcome?.ok === true ? outcome.answer.value : NOTHING;
  const builtIn = builtInName(held.dataType);
  const isKnown = builtIn !== 'Null' && held.dataType < BUILT_IN.ExtensionObject;
  return encodeVariant(isKnown ? { ...type, builtIn } : type, value, context);
}

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
  const { session } = link.ua;
  const context = contextFor(write, link);
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
  const unreadable = errorOf({ ok: true, answer: outcome.answer.statusCode }, write);
  if (unreadable !== undefined) throw unreadable;
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

function errorOf(outcome: Outcome<StatusCode>, write: Write<OpcUaProperty> | undefined): DeviceError | undefined {
  if (!outcome.ok) return outcome.error;
  const status = outcome.answer;
  return status.value >>> 30 === 0 ? undefined : itemError(status, write?.property.name ?? '');
}
