import type { FieldReader } from '../../../base/fields/fields';
import { show } from '../../../base/fields/fields';
import { base64ToBytes } from '../../../base/values/byte-text';
import { toLibraryNodeId } from '../address/node-address-ids';
import type { NodeIdText } from '../address/node-address';
import { itemError } from '../library/status-item';
import { ask, type ActionContext } from './context';
import { BASE_FIELDS, CONDITION_FIELDS } from './event-filter';
import { readEventRequest, type EventRequest } from './event-request';
import { LiveSubscription } from './event-subscriptions';
import { readNodeId } from './payload';

/** NodeIds of part 9: the type whose method asks for all conditions, and the events around them. */
const CONDITION_TYPE = 'i=2782';
const CONDITION_REFRESH = 'i=3875';
const REFRESH_END = 'i=2788';
/** The methods of AcknowledgeableConditionType and ConditionType; called on the condition itself. */
const METHODS = { acknowledge: 'i=9111', confirm: 'i=9113', addComment: 'i=9029' } as const;
export type ConditionAction = keyof typeof METHODS;

export interface AlarmsRequest extends EventRequest {
  /** At most so many conditions are answered. */
  readonly limit: number;
}

export interface AlarmsAnswer {
  readonly alarms: readonly Readonly<Record<string, unknown>>[];
  /** There is more than `limit` allowed. */
  readonly truncated: boolean;
}

export function readAlarmsRequest(reader: FieldReader): AlarmsRequest {
  const limit = reader.integer('limit', 1000, 1, 100_000);
  const request = readEventRequest(reader);
  const fields = [...new Set([...BASE_FIELDS, ...CONDITION_FIELDS, ...request.fields])];
  return { ...request, fields, intervalMs: Math.min(request.intervalMs, 100), limit };
}

/**
 * The conditions a server retains now: active alarms, and those not acknowledged or confirmed yet (part 9, 5.5.7,
 * ConditionRefresh).
 */
export async function listAlarms(context: ActionContext, request: AlarmsRequest): Promise<AlarmsAnswer> {
  const { library, ua } = context;
  const what = 'cannot list the alarms';
  const alarms: Record<string, unknown>[] = [];
  let onEnd = (): void => undefined;
  const ended = new Promise<void>((resolve) => (onEnd = resolve));
  const subscription = await LiveSubscription.open(context, request, (event) => {
    if (event['EventType'] === REFRESH_END) onEnd();
    else if (event['ConditionId'] !== undefined && alarms.length <= request.limit) alarms.push(event);
  });
  try {
    const { statusCode } = await ask(context, what, () =>
      ua.session.call({
        objectId: CONDITION_TYPE,
        methodId: CONDITION_REFRESH,
        inputArguments: [{ dataType: library.DataType.UInt32, value: subscription.id }],
      }),
    );
    if (statusCode.isBad()) throw itemError(statusCode, what);
    await ask(context, what, () => ended);
  } finally {
    await subscription.end();
  }
  return { alarms: alarms.slice(0, request.limit), truncated: alarms.length > request.limit };
}

export interface ConditionRequest {
  readonly conditionID: NodeIdText | undefined;
  readonly eventID: Uint8Array;
  readonly comment: string;
}

/** `ConditionId` and `EventId` may be given as the event has them: the event itself can be the payload. */
export function readConditionRequest(reader: FieldReader): ConditionRequest {
  const idField = reader.given('conditionID') === undefined && reader.given('ConditionId') !== undefined;
  const conditionID = readNodeId(reader, idField ? 'ConditionId' : 'conditionID');
  if (conditionID === undefined) {
    if (!reader.problems.some(({ field }) => /condition/i.test(field))) {
      reader.fail('conditionID', 'is required: the ConditionId of the event');
    }
  }
  return { conditionID, eventID: readEventId(reader), comment: reader.string('comment') };
}

function readEventId(reader: FieldReader): Uint8Array {
  const given = reader.given('eventID') ?? reader.given('EventId');
  if (given instanceof Uint8Array) return given;
  const bytes = typeof given === 'string' ? base64ToBytes(given) : undefined;
  if (bytes !== undefined) return bytes;
  const got = given === undefined ? '' : `, got ${show(given)}`;
  reader.fail('eventID', `must be the EventId of the event, as Base64 text${got}`);
  return new Uint8Array();
}

/** @throws DeviceError with what the server said, such as OPCUA_BadEventIdUnknown, OPCUA_BadConditionBranchAlreadyAcked */
export async function answerCondition(
  context: ActionContext,
  action: ConditionAction,
  { conditionID, eventID, comment }: ConditionRequest,
): Promise<{ status: string }> {
  const { library, ua } = context;
  const { DataType } = library;
  if (conditionID === undefined) throw new TypeError('a request without a condition was not refused');
  const objectId = toLibraryNodeId(library, conditionID, ua.namespaces());
  const what = `cannot ${action === 'addComment' ? 'comment' : action} the condition ${objectId.toString()}`;
  const { statusCode } = await ask(context, what, () =>
    ua.session.call({
      objectId,
      methodId: METHODS[action],
      inputArguments: [
        { dataType: DataType.ByteString, value: Buffer.from(eventID) },
        { dataType: DataType.LocalizedText, value: library.coerceLocalizedText(comment) },
      ],
    }),
  );
  if (statusCode.isBad()) throw itemError(statusCode, what);
  return { status: statusCode.name };
}
