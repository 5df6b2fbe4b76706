import { DeviceError, ErrorCode } from '../../../base/errors';
import { parseDuration } from '../../../base/duration';
import { describeProblems, FieldReader, show } from '../../../base/fields/fields';
import { parseNodeId, type NodeIdText } from '../address/node-address';
import { parseBrowsePath, type PathStep } from '../address/node-address-path';

/**
 * The arguments of an action, read from `msg.payload`. Text in place of an object stands for its `nodeID`.
 * @throws DeviceError BAD_MESSAGE with every field that is wrong and what is expected
 */
export function readPayload<T>(payload: unknown, parse: (reader: FieldReader) => T): T {
  const reader = new FieldReader(typeof payload === 'string' ? { nodeID: payload } : payload, 'msg.payload');
  const value = parse(reader);
  if (reader.problems.length > 0) throw new DeviceError(ErrorCode.BAD_MESSAGE, describeProblems(reader.problems));
  return value;
}

/** A node as a message names it: by NodeId, by browse path from Root, or by a path from that NodeId. */
export interface NodeRef {
  readonly nodeID?: NodeIdText;
  readonly browsePath?: readonly PathStep[];
  /** As given; for error messages. */
  readonly text: string;
}

/** `nodeID` and `browsePath`; where both are absent the `fallback`, else a problem. */
export function readNodeRef(reader: FieldReader, fallback?: string): NodeRef {
  const given = reader.string('nodeID', reader.string('nodeId'));
  const id = given.trim() === '' ? '' : given;
  const path = reader.string('browsePath').trim();
  if (id === '' && path === '' && fallback === undefined) {
    reader.fail('nodeID', 'is required, such as "ns=2;s=temperature"; or give a browsePath');
  }
  const idText = id === '' && path === '' ? (fallback ?? '') : id;
  const nodeID = idText === '' ? undefined : parseNodeId(idText);
  const browsePath = path === '' ? undefined : parseBrowsePath(path);
  if (nodeID?.ok === false) reader.fail('nodeID', nodeID.message);
  if (browsePath?.ok === false) reader.fail('browsePath', browsePath.message);
  return {
    ...(nodeID?.ok === true ? { nodeID: nodeID.value } : {}),
    ...(browsePath?.ok === true ? { browsePath: browsePath.value } : {}),
    text: [idText, path].filter((part) => part !== '').join(' '),
  };
}

/** A NodeId, as it stands in the field; undefined when absent. */
export function readNodeId(reader: FieldReader, name: string): NodeIdText | undefined {
  const text = reader.string(name);
  if (text.trim() === '') return undefined;
  const parsed = parseNodeId(text);
  if (parsed.ok) return parsed.value;
  reader.fail(name, parsed.message);
  return undefined;
}

/** A list of texts, or one text; undefined when absent. */
export function readTexts(reader: FieldReader, name: string): string[] | undefined {
  const given = reader.given(name);
  if (given === undefined) return undefined;
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.length > 0 && list.every((item) => typeof item === 'string' && item.trim() !== '')) {
    return list.map((item) => String(item).trim());
  }
  reader.fail(name, `must be a text or a list of texts, got ${show(given)}`);
  return undefined;
}

/**
 * A moment: ISO text, a Date, ms since the epoch, `now`, or a time before now as a negative duration (`-1h30m`).
 * `now` in ms since the epoch.
 */
export function readTime(reader: FieldReader, name: string, now: number): Date | undefined {
  const given = reader.given(name);
  if (given === undefined) return undefined;
  const time = toTime(given, now);
  if (time !== undefined) return time;
  reader.fail(name, `must be a time such as "2026-05-01T08:00:00Z", "now" or "-1h", got ${show(given)}`);
  return undefined;
}

function toTime(given: unknown, now: number): Date | undefined {
  if (given instanceof Date || typeof given === 'number') return validTime(new Date(given));
  if (typeof given !== 'string') return undefined;
  const text = given.trim();
  if (text === 'now') return new Date(now);
  if (text.startsWith('-')) {
    const ago = parseDuration(text.slice(1));
    return ago.ok ? validTime(new Date(now - ago.ms)) : undefined;
  }
  return /^\d{4}-/.test(text) ? validTime(new Date(text)) : undefined;
}

const validTime = (time: Date): Date | undefined => (Number.isNaN(time.getTime()) ? undefined : time);
