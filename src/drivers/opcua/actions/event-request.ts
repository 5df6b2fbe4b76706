import type { FieldReader } from '../../../base/fields/fields';
import { BASE_FIELDS, CONDITION_FIELDS } from './event-filter';
import { readNodeId, readNodeRef, readTexts, type NodeRef } from './payload';
import type { NodeIdText } from '../address/node-address';

/** A wish for events, as a message says it. */
export interface EventRequest {
  /** Name of the subscription; a second one of the same name takes the place of the first. */
  readonly subscription: string;
  /** The object that notifies; the Server object tells everything. */
  readonly notifier: NodeRef;
  /** Name of a type of the specification, or a NodeId; subtypes belong to it. */
  readonly eventType?: string | NodeIdText;
  readonly minSeverity?: number;
  readonly sourceNode?: NodeIdText;
  readonly fields: readonly string[];
  /** Whether those of the server's own event types come as well; false where a message names the fields. */
  readonly ownFields: boolean;
  /** How often the server sends what has happened, ms. */
  readonly intervalMs: number;
  /** Events the server keeps in between; more are lost. */
  readonly queueSize: number;
}

const SERVER = 'i=2253';
const FIELD = /^(?:\d{1,5}:)?[^.]+(?:\.(?:\d{1,5}:)?[^.]+)*$/;

export function readEventRequest(reader: FieldReader): EventRequest {
  const fields = readTexts(reader, 'fields');
  const bad = fields?.find((name) => !FIELD.test(name));
  if (bad !== undefined) reader.fail('fields', `must be names such as "Severity" or "2:Batch.2:Number", got "${bad}"`);
  const eventType = readEventType(reader);
  const sourceNode = readNodeId(reader, 'sourceNode');
  const minSeverity = reader.given('minSeverity') === undefined ? undefined : reader.integer('minSeverity', 1, 1, 1000);
  return {
    subscription: readSubscriptionName(reader),
    notifier: readNodeRef(reader, SERVER),
    ...(eventType === undefined ? {} : { eventType }),
    ...(minSeverity === undefined ? {} : { minSeverity }),
    ...(sourceNode === undefined ? {} : { sourceNode }),
    ownFields: fields === undefined,
    fields: [...new Set([...BASE_FIELDS, ...(fields ?? CONDITION_FIELDS)])],
    intervalMs: reader.duration('interval', '500ms', 10),
    queueSize: reader.integer('queueSize', 1000, 1, 100_000),
  };
}

export const readSubscriptionName = (reader: FieldReader): string => reader.string('subscription', 'events').trim();

function readEventType(reader: FieldReader): string | NodeIdText | undefined {
  const text = reader.string('eventType').trim();
  if (text === '' || /^[A-Za-z]+$/.test(text)) return text === '' ? undefined : text;
  return readNodeId(reader, 'eventType');
}
