import type { PropertyState, DeviceSnapshot } from '../snapshot';
import { valueJson } from './property-json';
import { senmlPack } from './senml';
import { integerInJson, type Int64Form } from '../../base/values/int64-form';
import { integerToJson } from '../../base/values/int64-json';
import { valueToJson, valueToText } from '../../base/values/value-text';

/**
 * A device's state as documents: what goes to the flow as `msg.status` and what is published. All are JSON-safe, and all
 * but `valuesOf` are copies that the receiver may change.
 */

export const PAYLOAD_SHAPES = ['octopus', 'values', 'senml'] as const;

export type PayloadShape = (typeof PAYLOAD_SHAPES)[number];

/**
 * `msg.status`: `state`, `lastError`, `lastSync`, `missedBeats`, `link` and per property `name`, `type`, `unit`, `value`, `raw`,
 * `quality`, `error`, `updatedAt`, `sourceTimestamp`, `serverTimestamp`. Times are ISO 8601 UTC with milliseconds. What is not known is absent.
 * `int64`: how 64-bit integers are told, in text where that would be a BigInt; by default as `integerToJson` has them.
 */
export function statusDocument(snapshot: DeviceSnapshot, int64?: Int64Form): object {
  const integer = int64 === undefined ? integerToJson : (value: bigint) => integerInJson(int64, value);
  return {
    ...statusSummary(snapshot),
    properties: snapshot.properties.map((state) => statusProperty(state, integer)),
  };
}

/** The status document without the properties. */
export function statusSummary(snapshot: DeviceSnapshot): object {
  return {
    state: snapshot.state,
    ...(snapshot.lastError === undefined ? {} : { lastError: { ...snapshot.lastError } }),
    ...(snapshot.lastSync === undefined ? {} : { lastSync: isoTime(snapshot.lastSync) }),
    missedBeats: snapshot.missedBeats,
    ...(snapshot.link === undefined ? {} : { link: { ...snapshot.link } }),
  };
}

/**
 * What is published, in one of the shapes:
 *
 * - `octopus`: the specification's status JSON, values as text; `octopusStatus` replaces it where a kind of device has a
 *   shape of its own.
 * - `values`: `{ name: value }` with typed values, as far as they were ever read.
 * - `senml`: a SenML pack (RFC 8428, JSON).
 */
export function payloadDocument(
  snapshot: DeviceSnapshot,
  shape: PayloadShape,
  octopusStatus: (snapshot: DeviceSnapshot) => unknown = octopusDocument,
): unknown {
  switch (shape) {
    case 'octopus':
      return octopusStatus(snapshot);
    case 'values':
      return valuesJson(snapshot);
    case 'senml':
      return senmlPack(snapshot);
  }
}

/** `values`, property by property: each by its own type. */
function valuesJson({ properties }: DeviceSnapshot): object {
  const values: Record<string, unknown> = {};
  for (const property of properties)
    if (property.value !== undefined) setOwn(values, property.name, valueJson(property));
  return values;
}

/** `msg.payload`: the last good value of every property that was ever read, in its true type. */
export function valuesOf(snapshot: DeviceSnapshot): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, value } of snapshot.properties) if (value !== undefined) setOwn(values, name, value);
  return values;
}

/** As a member of its own also where the name is `__proto__`, which would set the prototype. */
function setOwn(values: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(values, name, { value, enumerable: true, writable: true, configurable: true });
  else values[name] = value;
}

/**
 * The specification's status (Octopus, third generation): `value` as the device gave it, `operatedValue` with the
 * operations applied and always six decimals, `updatedAt` in RFC 3339 UTC, whole seconds. A property whose read failed
 * keeps its last good value with that value's time; one never read has neither.
 */
function octopusDocument(snapshot: DeviceSnapshot): object {
  return { properties: snapshot.properties.map(octopusProperty) };
}

function octopusProperty({ name, type, value, raw, updatedAt }: PropertyState): object {
  const told: Record<string, unknown> = { name };
  if (type !== undefined) told['type'] = type;
  if (value !== undefined) told['value'] = valueToText(raw ?? value, type);
  if (raw !== undefined && raw !== null) told['operatedValue'] = sixDecimals(value);
  if (updatedAt !== undefined) told['updatedAt'] = wholeSeconds(updatedAt);
  return told;
}

/** Member by member: this is made for each property of each message, and a spread an optional member takes three times as long. */
function statusProperty(state: PropertyState, integer: typeof integerToJson): object {
  const { name, type, unit, value, raw, quality, error, updatedAt, sourceTimestamp, serverTimestamp } = state;
  const told: Record<string, unknown> = { name };
  if (type !== undefined) told['type'] = type;
  if (unit !== undefined) told['unit'] = unit;
  if (value !== undefined) told['value'] = valueToJson(value, raw === undefined ? type : undefined, integer);
  if (raw !== undefined) told['raw'] = valueToJson(raw, type, integer);
  if (quality !== undefined) told['quality'] = quality;
  if (error !== undefined) told['error'] = { ...error };
  if (updatedAt !== undefined) told['updatedAt'] = isoTime(updatedAt);
  if (sourceTimestamp !== undefined) told['sourceTimestamp'] = isoTime(sourceTimestamp);
  if (serverTimestamp !== undefined) told['serverTimestamp'] = isoTime(serverTimestamp);
  return told;
}

let lastTime = { ms: 0, text: new Date(0).toISOString() };

/** Mostly asked for the same time over and over: all properties of one sync share theirs. */
function isoTime(ms: number): string {
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() };
  return lastTime.text;
}

const wholeSeconds = (ms: number): string => `${isoTime(ms).slice(0, -'.000Z'.length)}Z`;

const sixDecimals = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}.000000` : typeof value === 'number' ? value.toFixed(6) : valueToText(value);
