import { isRecord } from '../../../base/records';
import type { Reading, Write, WriteResult } from '../../../device/driver';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { describeProblems, show } from '../../../base/fields/fields';
import type { Problem } from '../../../base/fields/problems';
import { toDeviceValue } from '../../../device/config/property-value';
import { toUserReading } from '../../../device/engine/requests';
import { parseOpcUaProperty, type OpcUaProperty } from '../config/property';

/** A node with its value, as the action `readNodes` answers it. */
export interface NodeReading extends Omit<
  Reading,
  'error' | 'sourceTimestamp' | 'serverTimestamp' | 'updatedAt' | 'raw'
> {
  readonly sourceTimestamp?: string;
  readonly serverTimestamp?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * The nodes of a message: one or a list, each as text (its NodeId) or as an object with the members of a visitor
 * (`nodeID`, `browsePath`, `attribute`, `indexRange`) and of a property (`name`, `type`, `orderOfOperations`).
 * Without a name a node is named as it is addressed.
 */
export function readNodeProperties(payload: unknown): OpcUaProperty[] {
  const items: unknown[] = Array.isArray(payload) ? payload : [payload];
  if (items.length === 0) throw badMessage([{ field: 'msg.payload', message: 'names no node' }]);
  const parsed = items.map((item, index) => parseNode(item, fieldOf(payload, index)));
  const problems = parsed.flatMap((result) => (result.ok ? [] : result.problems));
  if (problems.length > 0) throw badMessage(problems);
  return parsed.flatMap((result) => (result.ok ? [result.value] : []));
}

/** As for reading, each with a `value`; checked against its type and range. */
export function readNodeWrites(payload: unknown): Write<OpcUaProperty>[] {
  const items: unknown[] = Array.isArray(payload) ? payload : [payload];
  const problems: Problem[] = [];
  const writes = readNodeProperties(payload).flatMap((property, index): Write<OpcUaProperty>[] => {
    const item = items[index];
    const field = `${fieldOf(payload, index)}.value`;
    if (typeof item !== 'object' || item === null || !Object.hasOwn(item, 'value')) {
      problems.push({ field, message: 'is required' });
      return [];
    }
    const converted = toDeviceValue(property, (item as { value: unknown }).value);
    if (converted.ok) return [{ property, value: converted.value }];
    problems.push({ field, message: converted.message });
    return [];
  });
  if (problems.length > 0) throw badMessage(problems);
  return writes;
}

/** @throws DeviceError when none of the nodes could be read */
export function nodeReadings(properties: readonly OpcUaProperty[], readings: readonly Reading[]): NodeReading[] {
  if (readings.every(({ quality }) => quality === 'bad')) throw joinErrors(readings);
  return readings.map((reading, index) => {
    const property = properties[index];
    const { name, value, quality, type, sourceTimestamp, serverTimestamp, error } =
      property === undefined ? reading : toUserReading(property, reading);
    return {
      name,
      value,
      quality,
      ...(type === undefined ? {} : { type }),
      ...(sourceTimestamp === undefined ? {} : { sourceTimestamp: new Date(sourceTimestamp).toISOString() }),
      ...(serverTimestamp === undefined ? {} : { serverTimestamp: new Date(serverTimestamp).toISOString() }),
      ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
    };
  });
}

/** @throws DeviceError when the server refused any of the writes, naming each */
export function nodeWrites(results: readonly WriteResult[]): { readonly name: string; readonly status: 'Good' }[] {
  if (results.some(({ error }) => error !== undefined)) throw joinErrors(results);
  return results.map(({ name }) => ({ name, status: 'Good' }));
}

function parseNode(item: unknown, field: string): ReturnType<typeof parseOpcUaProperty> {
  if (typeof item === 'string') return parseOpcUaProperty({ name: item, visitor: { nodeID: item } }, field);
  if (!isRecord(item)) {
    return { ok: false, problems: [{ field, message: `must be a NodeId or an object with one, got ${show(item)}` }] };
  }
  const { name, type, orderOfOperations, ...address } = item;
  const visitor = (address['visitor'] ?? address) as Record<string, unknown>;
  const addressed = [visitor['nodeID'] ?? visitor['nodeId'], visitor['browsePath']].filter(Boolean).join(' ');
  const property = { name: name ?? addressed, type, orderOfOperations, visitor };
  const checked = parseOpcUaProperty(property, field);
  if (checked.ok) return checked;
  // The message has the members of the visitor beside the name, not below it.
  return {
    ok: false,
    problems: checked.problems.map((each) => ({ ...each, field: each.field.replace('.visitor', '') })),
  };
}

const fieldOf = (payload: unknown, index: number): string =>
  Array.isArray(payload) ? `msg.payload[${index}]` : 'msg.payload';

const badMessage = (problems: readonly Problem[]): DeviceError =>
  new DeviceError(ErrorCode.BAD_MESSAGE, describeProblems(problems));

/** One error for several nodes; its code is theirs where they agree. */
function joinErrors(
  results: readonly { readonly name: string; readonly error?: DeviceError | undefined }[],
): DeviceError {
  const failed = results.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, error }]));
  const [first] = failed;
  if (first === undefined) return new DeviceError(ErrorCode.BAD_RESPONSE, 'no good value');
  const isSame = failed.every(({ error }) => error.code === first.error.code);
  const text = failed
    .map(({ name, error }) => (error.message.startsWith(`${name}: `) ? error.message : `${name}: ${error.message}`))
    .join('; ');
  return new DeviceError(isSame ? first.error.code : 'SEVERAL', text);
}
