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
 * `msg.status`: `state`, `lastError`, `lastSync`, `missedBeats` and per property `name`, `type`, `unit`, `value`, `raw`,
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
const valuesJson = ({ properties }: DeviceSnapshot): object =>
  Object.fromEntries(
    properties.filter(({ value }) => value !== undefined).map((property) => [property.name, valueJson(property)]),
  );

/** `msg.payload`: the last good value of every property that was ever read, in its true type. */
export function valuesOf(snapshot: DeviceSnapshot): Record<string, unknown> {
  return Object.fromEntries(
    snapshot.properties.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value]),
  );
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
  return {
    name,
    ...(type === undefined ? {} : { type }),
    ...(value === undefined ? {} : { value: valueToText(raw ?? value, type) }),
    ...(raw === undefined || raw === null ? {} : { operatedValue: sixDecimals(value) }),
    ...(updatedAt === undefined ? {} : { updatedAt: wholeSeconds(updatedAt) }),
  };
}

function statusProperty(state: PropertyState, integer: typeof integerToJson): object {
  const { name, type, unit, value, raw, quality, error, updatedAt, sourceTimestamp, serverTimestamp } = state;
  return {
    name,
    ...(type === undefined ? {} : { type }),
    ...(unit === undefined ? {} : { unit }),
    ...(value === undefined ? {} : { value: valueToJson(value, raw === undefined ? type : undefined, integer) }),
    ...(raw === undefined ? {} : { raw: valueToJson(raw, type, integer) }),
    ...(quality === undefined ? {} : { quality }),
    ...(error === undefined ? {} : { error: { ...error } }),
    ...(updatedAt === undefined ? {} : { updatedAt: isoTime(updatedAt) }),
    ...(sourceTimestamp === undefined ? {} : { sourceTimestamp: isoTime(sourceTimestamp) }),
    ...(serverTimestamp === undefined ? {} : { serverTimestamp: isoTime(serverTimestamp) }),
  };
}

let lastTime = { ms: 0, text: new Date(0).toISOString() };

/** Mostly asked for the same time over and over: all properties of one sync share theirs. */
function isoTime(ms: number): string {
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() };
  return lastTime.text;
}

const wholeSeconds = (ms: number): string => isoTime(ms).replace(/\.\d+Z$/, 'Z');

const sixDecimals = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}.000000` : typeof value === 'number' ? value.toFixed(6) : valueToText(value);
