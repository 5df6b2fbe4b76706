import type { DataValue, NodeId, ReadValueIdOptions, Variant } from 'node-opcua-client';
import type { Reading } from '../../../device/driver';
import { type DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { ATTRIBUTES } from '../config/attributes';
import type { UaLink } from './link';
import { decodeStructures, STRUCTURE_PATIENCE_MS } from './structure-patience';
import type { Outcome } from '../library/batches';
import { stillLearning } from '../library/structures';
import type { OpcUaProperty } from '../config/property';
import { itemError } from '../library/status-item';
import { decodeVariant, type Enumeration, learnedType, wantsEnumeration } from '../values/decode';
import { isMoreThan, isOneElement } from '../values/index-range';
import { SCALAR, type VariantValue } from '../values/natural';
import { instantOf } from '../values/times';
import { passedOver } from './range-guard';

/** One property and its node. */
interface Found {
  readonly property: OpcUaProperty;
  readonly nodeId: NodeId;
}

/**
 * Reads properties, as many in one request as the server takes. One reading per property, in order; what is wrong with a
 * property is in its reading. Rejects only when the link is lost or the signal aborted. `structurePatienceMs`: for how long
 * all wait for types of structures that are not known yet.
 */
export async function readProperties(
  properties: readonly OpcUaProperty[],
  link: UaLink,
  signal: AbortSignal,
  structurePatienceMs = STRUCTURE_PATIENCE_MS,
): Promise<Reading[]> {
  const nodes = await link.addresses.resolve(
    properties.map(({ visitor }) => visitor),
    signal,
  );
  const found = properties.flatMap((property, index): Found[] => {
    const node = nodes[index];
    return node?.ok === true ? [{ property, nodeId: node.answer }] : [];
  });
  const answers = await link.reads.run(found, signal, (batch) =>
    link.ua.session.read(batch.map(({ property, nodeId }) => nodeToRead(property, nodeId))),
  );
  const undecoded = await decodeStructures(link, variantsOf(answers), signal, structurePatienceMs);
  const named = found.filter(({ property }, index) => {
    const answer = answers[index];
    return answer?.ok === true && wantsEnumeration(answer.answer.value, property.type);
  });
  const enumerations = await enumerationsOf(named, link, signal);
  const now = link.clock.now();
  let next = 0;
  return properties.map((property, index) => {
    const node = nodes[index];
    if (node?.ok === false) return badReading(property, node.error, now);
    const answer = answers[next++];
    if (answer?.ok === true && undecoded.has(answer.answer.value))
      return badReading(property, stillLearning(property.name), now);
    if (answer?.ok === true) return toReading(property, answer.answer, now, enumerations.get(property));
    return badReading(property, answer?.error ?? noAnswer(), now);
  });
}

function variantsOf(answers: readonly Outcome<DataValue>[]): Variant[] {
  return answers.flatMap((answer) => (answer.ok ? [answer.answer.value] : []));
}

/** How a property is asked for, in a read and in a subscription. */
export function nodeToRead({ visitor }: OpcUaProperty, nodeId: NodeId): ReadValueIdOptions {
  const indexRange = visitor.indexRange as unknown as ReadValueIdOptions['indexRange'];
  return {
    nodeId,
    attributeId: ATTRIBUTES[visitor.attribute].id,
    ...(indexRange === undefined ? {} : { indexRange }),
  };
}

/** The names of the enumerations that these properties hold. */
export async function enumerationsOf(
  found: readonly Found[],
  { types }: UaLink,
  signal: AbortSignal,
): Promise<ReadonlyMap<OpcUaProperty, Enumeration>> {
  const values = found.filter(({ property }) => property.visitor.attribute === 'Value');
  const outcomes = await types.typesOf(
    values.map(({ nodeId }) => nodeId),
    signal,
  );
  const enumerations = new Map<OpcUaProperty, Enumeration>();
  values.forEach(({ property }, index) => {
    const outcome = outcomes[index];
    const enumeration = outcome?.ok === true ? outcome.answer.enumeration : undefined;
    if (enumeration !== undefined) enumerations.set(property, enumeration);
  });
  return enumerations;
}

/** What the server told of one property: the value, its quality by the status code, and when it was so. */
export function toReading(
  property: OpcUaProperty,
  dataValue: DataValue,
  now: number,
  enumeration?: Enumeration,
): Reading {
  const { statusCode, sourceTimestamp, serverTimestamp } = dataValue as Partial<DataValue>;
  const severity = (statusCode?.value ?? 0) >>> 30;
  const error = severity === 0 || statusCode === undefined ? undefined : itemError(statusCode, property.name);
  const times = { sourceTimestamp: instantOf(sourceTimestamp), serverTimestamp: instantOf(serverTimestamp) };
  if (severity > 1 && error !== undefined) return { ...badReading(property, error, now), ...times };
  try {
    const { indexRange } = property.visitor;
    if (indexRange !== undefined && isMoreThan(indexRange, dataValue.value)) throw passedOver(indexRange);
    const variant = elementOf(dataValue.value, indexRange);
    // Member by member: thousands are made each second.
    return {
      name: property.name,
      value: decodeVariant(variant, { type: property.type, enumeration }) ?? null,
      quality: severity === 0 ? 'good' : 'uncertain',
      error,
      updatedAt: now,
      sourceTimestamp: times.sourceTimestamp,
      serverTimestamp: times.serverTimestamp,
      type: property.type === undefined ? learnedType(variant) : undefined,
    };
  } catch (failure) {
    return { ...badReading(property, toDeviceError(failure, ErrorCode.BAD_VALUE), now), ...times };
  }
}

export const badReading = ({ name }: OpcUaProperty, error: DeviceError, now: number): Reading => ({
  name,
  value: undefined,
  quality: 'bad',
  error,
  updatedAt: now,
});

const noAnswer = (): DeviceError => toDeviceError('the server answered nothing', ErrorCode.BAD_RESPONSE);

function elementOf(variant: VariantValue, indexRange: string | undefined): VariantValue {
  if (!isOneElement(indexRange) || variant.arrayType === SCALAR) return variant;
  const elements = variant.value as ArrayLike<unknown> | null;
  return elements?.length === 1 ? { dataType: variant.dataType, arrayType: SCALAR, value: elements[0] } : variant;
}
