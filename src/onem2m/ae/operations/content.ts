import { show } from '../../../base/show';
import { CONTENT_FORMATS, type ContentFormat } from '../../resource/content';
import { encodeContent } from '../../resource/content-codec';
import { fromTimestamp, toTimestamp } from '../../primitive/times';
import type { AeMessage } from '../model/messages';
import { badMessage, type OperationContext } from './context';
import { isGiven, labelsOf, type Members } from './message';

export const CONTAINER = 3;
export const CONTENT_INSTANCE = 4;
export const FLEX_CONTAINER = 28;
export const TIME_SERIES = 29;
export const TIME_SERIES_INSTANCE = 30;

export interface NewInstance {
  readonly ty: number;
  readonly pc: unknown;
  readonly cnf?: string;
}

/**
 * The payload as a contentInstance, or as a timeSeriesInstance (with `dgt`: `msg.timestamp` in ms, as Date or as text, else now).
 * A raw `msg.onem2m.pc` is taken as it is. Throws BAD_VALUE where the payload cannot be written in the content format.
 */
export function newInstance(
  ty: typeof CONTENT_INSTANCE | typeof TIME_SERIES_INSTANCE,
  message: AeMessage,
  members: Members,
  context: OperationContext,
): NewInstance {
  if (members['pc'] !== undefined) return { ty, pc: members['pc'] };
  const payload = message['payload'];
  if (payload === undefined) throw badMessage('msg.payload', 'is required: the content');
  const labels = labelsOf(message);
  const common = labels.length === 0 ? {} : { lbl: labels };
  const format = formatOf(message, context.contentFormat);
  const { cnf, con } = encodeContent(payload, format);
  if (ty === CONTENT_INSTANCE) return { ty, pc: { 'm2m:cin': { ...common, cnf, con } }, cnf };
  // A timeSeriesInstance has no `cnf`: a number that is written as text would come back as text.
  const isPlain = format === 'auto' && (typeof payload === 'boolean' || Number.isFinite(payload));
  return { ty, pc: { 'm2m:tsi': { ...common, dgt: timestampOf(message, context), con: isPlain ? payload : con } } };
}

function formatOf(message: AeMessage, fallback: ContentFormat): ContentFormat {
  const given = message['contentFormat'];
  if (!isGiven(given)) return fallback;
  const format = CONTENT_FORMATS.find((name) => name === given);
  if (format !== undefined) return format;
  throw badMessage('msg.contentFormat', `must be one of ${CONTENT_FORMATS.join(', ')}, got ${show(given)}`);
}

/** When the value was measured. */
function timestampOf(message: AeMessage, context: OperationContext): string {
  const given = message['timestamp'];
  const ms = isGiven(given) ? millisecondsOf(given) : (context.now?.() ?? Date.now());
  if (ms !== undefined && Number.isFinite(ms)) return toTimestamp(ms);
  throw badMessage(
    'msg.timestamp',
    `must be milliseconds since 1970, a Date, or text such as "2026-11-26T10:00:00Z", got ${show(given)}`,
  );
}

function millisecondsOf(given: unknown): number | undefined {
  if (given instanceof Date) return given.getTime();
  return typeof given === 'number' ? given : fromTimestamp(given);
}
