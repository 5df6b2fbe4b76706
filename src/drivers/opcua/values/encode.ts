import { isPlainRecord } from '../../../base/records';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { show } from '../../../base/show';
import { coerce, type ValueType } from '../../../base/values/index';
import { base64ToBytes, bitsToBytes, hexToBytes } from '../../../base/values/byte-text';
import type { OpcUaLibrary } from '../library/load';
import { toLibraryNodeId } from '../address/node-address-ids';
import { parseNodeId } from '../address/node-address';
import type { Enumeration } from './decode';
import { isSendable } from './times';
import { type BuiltInName, valueTypeOf } from './types';

/** What is known when a value for the server is made. */
export interface EncodeContext {
  readonly library: OpcUaLibrary;
  /** The server's namespace array, for `nsu=` in NodeIds. */
  readonly namespaces: readonly string[];
  /** As declared by the property: says how text stands for bytes. */
  readonly type?: ValueType | undefined;
  readonly enumeration?: Enumeration | undefined;
}

/**
 * One value from a flow as node-opcua wants it for a built-in type; the inverse of every form of `values.ts`. Structures
 * are not made here.
 * @throws DeviceError BAD_VALUE that says what is expected
 */
export function encodeScalar(builtIn: BuiltInName, value: unknown, context: EncodeContext): unknown {
  const encode = ENCODERS[builtIn];
  if (encode === undefined) throw badValue(`values of type ${builtIn} cannot be written`);
  return encode(value, context);
}

type Encode = (value: unknown, context: EncodeContext) => unknown;

const plain =
  (builtIn: BuiltInName): Encode =>
  (value) =>
    required(builtIn, value);
/** NaN and the infinities have a place in OPC UA, although `coerce` refuses them. */
const real =
  (builtIn: BuiltInName): Encode =>
  (value) =>
    typeof value === 'number' && !Number.isFinite(value) ? value : required(builtIn, value);
const wide =
  (builtIn: BuiltInName): Encode =>
  (value) =>
    toHighLow(required(builtIn, value) as bigint);
const text: Encode = (value) => (value === null ? null : required('String', value));

const ENCODERS: Partial<Readonly<Record<BuiltInName, Encode>>> = {
  Boolean: plain('Boolean'),
  SByte: plain('SByte'),
  Byte: plain('Byte'),
  Int16: plain('Int16'),
  UInt16: plain('UInt16'),
  Int32: (value, { enumeration }) =>
    required('Int32', enumeration === undefined ? value : enumValue(enumeration, value)),
  UInt32: plain('UInt32'),
  Int64: wide('Int64'),
  UInt64: wide('UInt64'),
  Float: real('Float'),
  Double: real('Double'),
  String: text,
  XmlElement: text,
  DateTime: toDateTime,
  Guid: toGuid,
  ByteString: (value, { type }) => (value === null ? null : toBytes(value, type)),
  NodeId: toNodeId,
  ExpandedNodeId: toNodeId,
  StatusCode: toStatusCode,
  QualifiedName: toQualifiedName,
  LocalizedText: toLocalizedText,
};

function required(builtIn: BuiltInName, value: unknown): unknown {
  const coerced = coerce(valueTypeOf(builtIn) ?? 'object', value);
  if (coerced.ok) return coerced.value;
  throw badValue(coerced.message);
}

/** node-opcua's 64-bit integers are [high, low], both unsigned. */
function toHighLow(value: bigint): [number, number] {
  const bits = BigInt.asUintN(64, value);
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
}

/** By name, by number, or as `{ value }` or `{ name }`. */
function enumValue(enumeration: Enumeration, value: unknown): unknown {
  const given = isPlainRecord(value) ? (value['value'] ?? value['name']) : value;
  const named = [...enumeration].find(([, name]) => name === given)?.[0];
  if (named !== undefined) return named;
  const number = coerce('int32', given);
  if (number.ok && enumeration.has(number.value as number)) return number.value;
  const names = [...enumeration].map(([code, name]) => `${name} (${code})`);
  const shown = names.length > 20 ? [...names.slice(0, 20), '...'] : names;
  throw badValue(`must be one of ${shown.join(', ')}, got ${show(given)}`);
}

function toDateTime(value: unknown): unknown {
  const date = required('DateTime', value) as Date;
  if (isSendable(date)) return date;
  throw badValue(`must be a time from 1601-01-01 to 9999-12-31, got ${date.toISOString()}`);
}

const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

function toGuid(value: unknown): string {
  const guid = typeof value === 'string' ? GUID.exec(value.trim())?.[1] : undefined;
  if (guid === undefined)
    throw badValue(`must be a GUID such as 09087e75-8e5e-499b-954f-f2a9603db28a, got ${show(value)}`);
  return guid.toUpperCase();
}

/** Text stands for bytes as the declared type says; without one it is Base64, as bytes appear in JSON. */
export function toBytes(value: unknown, type: ValueType | undefined): Buffer {
  const bytes = typeof value === 'string' ? bytesOfText(value, type) : bytesOf(value);
  if (bytes === undefined)
    throw badValue(`must be bytes: a Buffer or ${NOTATIONS[type ?? ''] ?? 'Base64'}, got ${show(value)}`);
  return Buffer.from(bytes);
}

const NOTATIONS: Readonly<Record<string, string>> = {
  string: 'text',
  hexString: 'hexadecimal digits',
  binaryString: 'binary digits',
};

function bytesOfText(text: string, type: ValueType | undefined): Uint8Array | undefined {
  if (type === 'string') return new TextEncoder().encode(text);
  if (type === 'hexString') return hexToBytes(text);
  return type === 'binaryString' ? bitsToBytes(text) : base64ToBytes(text);
}

/** Bytes as such, as numbers from 0 to 255, or as JSON makes them of a Buffer. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  const list = isPlainRecord(value) && value['type'] === 'Buffer' ? value['data'] : value;
  const isByte = (item: unknown): boolean => coerce('uint8', item).ok && typeof item === 'number';
  return Array.isArray(list) && list.every(isByte) ? Uint8Array.from(list as number[]) : undefined;
}

function toNodeId(value: unknown, { library, namespaces }: EncodeContext): unknown {
  const parsed = parseNodeId(typeof value === 'string' ? value : '');
  if (!parsed.ok) throw badValue(`must be a NodeId such as "ns=2;s=name", got ${show(value)}`);
  return toLibraryNodeId(library, parsed.value, namespaces);
}

function toStatusCode(value: unknown, { library }: EncodeContext): unknown {
  const given = isPlainRecord(value) ? (value['name'] ?? value['value']) : value;
  const codes = library.StatusCodes as unknown as Readonly<Record<string, { readonly value: number }>>;
  const found =
    typeof given === 'string' && Object.hasOwn(codes, given)
      ? codes[given]
      : Object.values(codes).find((code) => code.value === Number(given));
  if (found === undefined) throw badValue(`must be the name or number of a status code, got ${show(given)}`);
  return found;
}

/** `2:name`, `name` (namespace 0), or `{ namespaceIndex, name }`. */
function toQualifiedName(value: unknown): { namespaceIndex: number; name: string } {
  if (typeof value === 'string') {
    const [, index, name = value] = /^(\d{1,5}):(.*)$/s.exec(value) ?? [];
    return { namespaceIndex: required('UInt16', index ?? 0) as number, name };
  }
  if (isPlainRecord(value) && typeof value['name'] === 'string') {
    return { namespaceIndex: required('UInt16', value['namespaceIndex'] ?? 0) as number, name: value['name'] };
  }
  throw badValue(
    `must be a qualified name such as "2:name" or { "namespaceIndex": 2, "name": "name" }, got ${show(value)}`,
  );
}

/** Text, or `{ text, locale }`. */
function toLocalizedText(value: unknown): { text: string; locale: string | null } {
  if (isPlainRecord(value)) {
    const { text, locale } = value;
    const isLocale = locale === undefined || locale === null || typeof locale === 'string';
    if (typeof text === 'string' && isLocale) return { text, locale: locale === '' ? null : (locale ?? null) };
  } else if (typeof value !== 'object') {
    return { text: required('String', value) as string, locale: null };
  }
  throw badValue(`must be text or { "text": "...", "locale": "en" }, got ${show(value)}`);
}

const badValue = (message: string): DeviceError => new DeviceError(ErrorCode.BAD_VALUE, message);
