import { DeviceError, ErrorCode } from '../../../base/errors';
import { show } from '../../../base/show';
import { coerce, valueToText, type ValueType } from '../../../base/values/index';
import type { Content } from './content';
import type { ContentType } from './content-type';
import type { ValuePath } from './value-path';

/** How the value of a property lies in a message. */
export interface ValueFormat {
  readonly type: ValueType | undefined;
  /** Absent: what the payload looks like and the type ask for. */
  readonly contentType: ContentType | undefined;
  /** Where in a JSON or CBOR value it is; of a SenML pack the name of the record. */
  readonly path: string | undefined;
  readonly compiledPath: ValuePath | undefined;
  /** What the device says, and what it means in the flow. */
  readonly map: ReadonlyMap<string, unknown> | undefined;
}

export interface Decoded {
  readonly value: unknown;
  /** When it arose, where the message says so; ms since the epoch. */
  readonly sourceTimestamp?: number;
}

/**
 * The value in a message in its true type; undefined where the message says nothing of it (there is nothing at the path). Throws a
 * DeviceError: BAD_RESPONSE where the payload is not of the form it should have, BAD_VALUE where the value is not of the type.
 */
export function decodeValue(format: ValueFormat, content: Content): Decoded | undefined {
  const { contentType, path } = format;
  if (contentType === 'application/senml+json' || contentType === 'application/senml+cbor') {
    const pack = content.senml(contentType === 'application/senml+json' ? 'json' : 'cbor');
    const found = pack.get(path ?? '');
    if (found === undefined) return undefined;
    const { time } = found;
    return { value: typed(format, found.value), ...(time !== undefined && { sourceTimestamp: time }) };
  }
  const raw = rawValue(format, content);
  return raw === undefined ? undefined : { value: typed(format, raw) };
}

function rawValue({ contentType, compiledPath, type }: ValueFormat, content: Content): unknown {
  switch (contentType) {
    case 'application/json':
      return at(compiledPath, content.json);
    case 'application/cbor':
      return at(compiledPath, content.cborValue);
    case 'text/plain':
      return content.text;
    case 'application/octet-stream':
      return type === 'string' ? content.text : content.payload;
    // A SenML pack is read elsewhere.
    case 'application/senml+json':
    case 'application/senml+cbor':
    case undefined:
      return compiledPath === undefined ? plainPayload(type, content) : compiledPath.read(content.json);
  }
}

const at = (path: ValuePath | undefined, value: unknown): unknown => (path === undefined ? value : path.read(value));

/**
 * A payload of which nothing is said but the type of its value: text stays as it is unless it is JSON in quotes (as Octopus sends it),
 * so that neither `007` nor `1.0` becomes a number on its way to being text.
 */
function plainPayload(type: ValueType | undefined, content: Content): unknown {
  const { text } = content;
  if (type === undefined || type === 'array' || type === 'object') {
    const json = content.jsonIfAny;
    return json === undefined ? text : json;
  }
  if (!text.startsWith('"')) return text;
  const unquoted = content.jsonIfAny;
  return typeof unquoted === 'string' ? unquoted : text;
}

function typed({ type, map }: ValueFormat, raw: unknown): unknown {
  if (raw === null) return null;
  if (map !== undefined) return mapped(map, raw);
  if (type === undefined) return raw;
  const coerced = coerce(type, type === 'boolean' ? switchWord(raw) : raw);
  if (coerced.ok) return coerced.value;
  throw new DeviceError(ErrorCode.BAD_VALUE, `what the device sent ${coerced.message}`);
}

function mapped(map: ReadonlyMap<string, unknown>, raw: unknown): unknown {
  const key = typeof raw === 'string' ? raw.trim() : keyOf(raw);
  if (map.has(key)) return map.get(key);
  const known = [...map.keys()].slice(0, 10).join(', ');
  throw new DeviceError(ErrorCode.BAD_VALUE, `what the device sent must be one of ${known}, got ${show(raw)}`);
}

const keyOf = (raw: unknown): string =>
  raw instanceof Uint8Array ? Buffer.from(raw).toString().trim() : valueToText(raw);

/** Most switches say so. */
function switchWord(raw: unknown): unknown {
  if (typeof raw !== 'string') return raw;
  const word = raw.trim().toLowerCase();
  return word === 'on' ? true : word === 'off' ? false : raw;
}
