import { DeviceError, ErrorCode } from '../../base/errors';
import { integerToJson } from '../../base/values/index';
import { checkBase64 } from './base64';

export type PayloadEncode = 'raw' | 'base64';

/**
 * What goes over the wire: text and bytes as they are, anything else as JSON; then Base64 of that if so wished.
 * 64-bit integers become what `integerToJson` makes of their value; bytes inside a document become Base64;
 * a Map becomes an object with sorted keys, as Go writes maps.
 * Throws a DeviceError BAD_VALUE for what JSON cannot hold (undefined, functions, circular references).
 */
export function encodePayload(payload: unknown, encode: PayloadEncode): string | Buffer {
  const bytes =
    typeof payload === 'string' ? payload : payload instanceof Uint8Array ? asBuffer(payload) : toJson(payload);
  if (encode === 'raw') return bytes;
  return (typeof bytes === 'string' ? Buffer.from(bytes) : bytes).toString('base64');
}

/** A received payload decoded. Throws a DeviceError BAD_VALUE if it should be Base64 and is not. */
export function decodePayload(payload: Buffer, encode: PayloadEncode): Buffer {
  return encode === 'raw' ? payload : decodeBase64(payload.toString('latin1').trim());
}

/** Bytes of a Base64 text, tolerant as checkBase64 says. Throws a DeviceError BAD_VALUE. */
export function decodeBase64(text: string): Buffer {
  const problem = checkBase64(text);
  if (problem !== undefined) throw new DeviceError(ErrorCode.BAD_VALUE, problem);
  return Buffer.from(text, 'base64');
}

function toJson(value: unknown): string {
  try {
    const text: unknown = JSON.stringify(value, jsonSafe);
    if (typeof text === 'string') return text;
  } catch (error) {
    throw new DeviceError(ErrorCode.BAD_VALUE, 'the payload cannot be written as JSON', { cause: error });
  }
  throw new DeviceError(ErrorCode.BAD_VALUE, `there is nothing to publish, got ${typeof value}`);
}

/** `this` holds the value before its toJSON was called: a Buffer would come as a list of numbers. */
function jsonSafe(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return integerToJson(value);
  if (typeof value !== 'object' || value === null) return value;
  const original = (this as Record<string, unknown>)[key];
  if (original instanceof Uint8Array) return asBuffer(original).toString('base64');
  if (value instanceof Map) {
    const entries = [...value].map(([name, item]): [string, unknown] => [String(name), item]);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }
  return value;
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
