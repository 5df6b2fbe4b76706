import type { DataValue, HistoryReadResult, NodeId } from 'node-opcua-client';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { show, type FieldReader } from '../../../base/fields/fields';
import type { Quality } from '../../../device/driver';
import type { OpcUaLibrary } from '../library/load';
import { itemError } from '../library/status-item';
import { naturalVariant } from '../values/natural';
import { ask, isoTime, pointOf, type ActionContext } from './context';
import { readNodeRef, readTime, type NodeRef } from './payload';
import { resolveNode } from './resolve';

export interface HistoryRequest {
  readonly node: NodeRef;
  readonly start: Date;
  readonly end: Date;
  /** At most so many values are answered. */
  readonly limit: number;
  /** Also the values just outside of the range (raw only). */
  readonly bounds: boolean;
  /** Processed: one value an interval. Absent: raw. */
  readonly aggregate?: { readonly name: string; readonly intervalMs: number };
}

export interface HistoricalValue {
  /** Undefined where the status is bad. */
  readonly value: unknown;
  readonly quality: Quality;
  /** Name of the status: `Good`, `UncertainSubNormal`. */
  readonly status: string;
  /** ISO text. */
  readonly sourceTimestamp?: string;
  readonly serverTimestamp?: string;
}

export interface HistoryAnswer {
  readonly nodeID: string;
  readonly values: readonly HistoricalValue[];
  /** There is more than `limit` allowed. */
  readonly truncated: boolean;
}

const DEFAULT_LIMIT = 1000;
const MAX_LIMIT = 1_000_000;

/** `now` in ms since the epoch; `end` defaults to it. */
export function readHistoryRequest(reader: FieldReader, now: number): HistoryRequest {
  const start = readTime(reader, 'start', now);
  if (reader.given('start') === undefined) reader.fail('start', 'is required, such as "-1h" or "2026-05-01T08:00:00Z"');
  const aggregate = reader.string('aggregate').trim();
  if (aggregate === '' && reader.given('interval') !== undefined) {
    reader.fail('aggregate', 'is required with an interval, such as "Average"');
  }
  return {
    node: readNodeRef(reader),
    start: start ?? new Date(now),
    end: readTime(reader, 'end', now) ?? new Date(now),
    limit: reader.integer('limit', DEFAULT_LIMIT, 1, MAX_LIMIT),
    bounds: reader.boolean('bounds', false),
    ...(aggregate === '' ? {} : { aggregate: { name: aggregate, intervalMs: reader.duration('interval', '1m', 1) } }),
  };
}

/**
 * The history of one variable, oldest first (newest first where `start` is after `end`). Follows continuation points.
 * @throws DeviceError with what the server said, BAD_MESSAGE for an unknown aggregate
 */
export async function history(context: ActionContext, request: HistoryRequest): Promise<HistoryAnswer> {
  const details = toDetails(context.library, request);
  const nodeId = await resolveNode(context, request.node);
  const what = `cannot read the history of ${request.node.text}`;
  const values: DataValue[] = [];
  let continuationPoint: Buffer | undefined;
  do {
    const result = await readPage(context, what, details, nodeId, continuationPoint);
    if (result.statusCode.isBad()) throw itemError(result.statusCode, what);
    values.push(...valuesOf(result));
    continuationPoint = pointOf(result);
  } while (continuationPoint !== undefined && values.length <= request.limit);
  if (continuationPoint !== undefined) {
    await readPage(context, what, details, nodeId, continuationPoint, true).catch(() => undefined);
  }
  const wanted = values.slice(0, request.limit);
  await context.ua.structures.complete(
    wanted.map(({ value }) => value),
    context.signal,
  );
  return {
    nodeID: request.node.text,
    values: wanted.map(toHistorical),
    truncated: values.length > request.limit,
  };
}

function toDetails(library: OpcUaLibrary, request: HistoryRequest) {
  const { start: startTime, end: endTime, limit, bounds, aggregate } = request;
  if (aggregate === undefined) {
    return new library.ReadRawModifiedDetails({
      isReadModified: false,
      startTime,
      endTime,
      numValuesPerNode: limit + 1, // one more, to see whether there is more; the server makes pages of it as it likes
      returnBounds: bounds,
    });
  }
  return new library.ReadProcessedDetails({
    startTime,
    endTime,
    processingInterval: aggregate.intervalMs,
    aggregateType: [aggregateId(library, aggregate.name)],
    aggregateConfiguration: { useServerCapabilitiesDefaults: true },
  });
}

function aggregateId(library: OpcUaLibrary, name: string): NodeId {
  const known = Object.entries(library.AggregateFunction).filter(([, id]) => typeof id === 'number');
  const found = known.find(([each]) => each.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return library.resolveNodeId(`i=${String(found[1])}`);
  const names = known.map(([each]) => each).join(', ');
  throw new DeviceError(ErrorCode.BAD_MESSAGE, `msg.payload.aggregate: must be one of ${names}, got ${show(name)}`);
}

async function readPage(
  context: ActionContext,
  what: string,
  historyReadDetails: ReturnType<typeof toDetails>,
  nodeId: NodeId,
  continuationPoint: Buffer | undefined,
  releaseContinuationPoints = false,
): Promise<HistoryReadResult> {
  const { library, ua } = context;
  const request = new library.HistoryReadRequest({
    historyReadDetails,
    nodesToRead: [{ nodeId, ...(continuationPoint === undefined ? {} : { continuationPoint }) }],
    releaseContinuationPoints,
    timestampsToReturn: library.TimestampsToReturn.Both,
  });
  const { results } = await ask(context, what, () => ua.session.historyRead(request));
  const [result] = results ?? [];
  if (result === undefined) throw new DeviceError(ErrorCode.BAD_RESPONSE, `${what}: the server answered nothing`);
  return result;
}

function valuesOf({ historyData }: HistoryReadResult): readonly DataValue[] {
  const { dataValues } = (historyData ?? {}) as { dataValues?: readonly DataValue[] | null };
  return dataValues ?? [];
}

function toHistorical({ value, statusCode, sourceTimestamp, serverTimestamp }: DataValue): HistoricalValue {
  const source = isoTime(sourceTimestamp);
  const server = isoTime(serverTimestamp);
  const isBad = statusCode.isBad();
  return {
    value: isBad ? undefined : naturalVariant(value),
    quality: isBad ? 'bad' : statusCode.isGoodish() ? 'good' : 'uncertain',
    status: statusCode.name,
    ...(source === undefined ? {} : { sourceTimestamp: source }),
    ...(server === undefined ? {} : { serverTimestamp: server }),
  };
}
