import { DeviceError, ErrorCode } from '../../../base/errors';
import { base64ToBytes, bitsToBytes, hexToBytes } from '../../../base/values/byte-text';
import { valueToJson, valueToText } from '../../../base/values/index';
import { isDeepStrictEqual } from 'node:util';
import type { Cbor } from './cbor';
import type { ContentType } from './content-type';
import type { ValueFormat } from './decode';
import { emptyObject } from './dotted-path';

/** A property's value for one message; already of its type. */
export interface OutgoingValue {
  readonly format: ValueFormat;
  readonly value: unknown;
}

/**
 * The payload that carries the values: one of them as it is, or all at their paths in one object (a SenML pack: a record each). All
 * have the same content type. Throws a DeviceError BAD_VALUE.
 */
export function encodeValues(values: readonly OutgoingValue[], cbor: Cbor | undefined): string | Buffer {
  const [first] = values;
  if (first === undefined) throw new DeviceError(ErrorCode.BAD_VALUE, 'there is no value to send');
  const { contentType, path } = first.format;
  if (contentType === 'application/senml+json') return toJson(values.map(senmlRecord));
  if (contentType === 'application/senml+cbor') return requireCbor(cbor).encode(values.map(senmlCborRecord));
  const isPart = path !== undefined;
  const whole = isPart ? put(values) : deviceValue(first);
  if (contentType === 'application/cbor') return requireCbor(cbor).encode(cborValue(whole));
  if (isPart || contentType === 'application/json') return toJson(whole);
  return contentType === 'application/octet-stream' ? toBytes(first, whole) : toText(whole, first, contentType);
}

function put(values: readonly OutgoingValue[]): unknown {
  const target = emptyObject();
  for (const one of values) {
    const { compiledPath, path } = one.format;
    try {
      if (compiledPath?.write === undefined) throw new RangeError('the path has no single place to write to');
      compiledPath.write(target, deviceValue(one));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DeviceError(ErrorCode.BAD_VALUE, `nothing can be put at ${path ?? ''}: ${why}`, { cause });
    }
  }
  return target;
}

/** What the device calls it. */
function deviceValue({ format: { map, contentType }, value }: OutgoingValue): unknown {
  if (map === undefined) return value;
  for (const [raw, meaning] of map) {
    if (isDeepStrictEqual(meaning, value)) return contentType === 'text/plain' ? raw : rawOf(raw);
  }
  const known = [...map.values()].slice(0, 10).map((meaning) => valueToText(meaning));
  throw new DeviceError(ErrorCode.BAD_VALUE, `must be one of ${known.join(', ')}, got ${valueToText(value)}`);
}

/** The keys of a map are text: those that read as a number, true or false are meant so where the payload tells them apart. */
function rawOf(key: string): unknown {
  if (key === 'true' || key === 'false') return key === 'true';
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?$/.test(key) ? Number(key) : key;
}

/** 64-bit integers with all their digits, as a device reads numbers; not as text, which is our own rule for readers in JavaScript. */
function toJson(value: unknown): string {
  return JSON.stringify(valueToJson(value, undefined, digits));
}

const digits = (value: bigint): unknown => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJson(String(value));
};

/** ECMAScript's way to write digits that no number holds; the compiler's library does not know it yet. */
const rawJson = (text: string): unknown =>
  (JSON as unknown as { readonly rawJSON: (text: string) => unknown }).rawJSON(text);

function toText(value: unknown, { format: { type } }: OutgoingValue, contentType: ContentType | undefined): string {
  const isStructure = typeof value === 'object' && value !== null && !(value instanceof Date);
  return isStructure && !(value instanceof Uint8Array) && contentType === undefined
    ? toJson(value)
    : valueToText(value, type);
}

function toBytes({ format: { type } }: OutgoingValue, value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  const text = valueToText(value);
  const bytes =
    type === 'hexString'
      ? hexToBytes(text)
      : type === 'binaryString'
        ? bitsToBytes(text)
        : type === 'base64String'
          ? base64ToBytes(text)
          : undefined;
  return Buffer.from(bytes ?? text);
}

/** Bytes and dates as text, as in JSON: few devices know the tags. */
const cborValue = (value: unknown): unknown =>
  value instanceof Uint8Array ? value : valueToJson(value, undefined, (n) => n);

function senmlRecord(one: OutgoingValue): object {
  const value = deviceValue(one);
  const n = one.format.path ?? '';
  if (typeof value === 'number' || typeof value === 'bigint') return { n, v: value };
  if (typeof value === 'boolean') return { n, vb: value };
  return { n, vs: valueToText(value, one.format.type) };
}

function senmlCborRecord(one: OutgoingValue): unknown {
  const labels: Readonly<Record<string, number>> = { n: 0, v: 2, vs: 3, vb: 4 };
  return new Map(Object.entries(senmlRecord(one)).map(([name, value]) => [labels[name] ?? name, value as unknown]));
}

function requireCbor(cbor: Cbor | undefined): Cbor {
  if (cbor === undefined) throw new DeviceError(ErrorCode.PACKAGE_MISSING, 'CBOR payloads need the package cbor-x');
  return cbor;
}
