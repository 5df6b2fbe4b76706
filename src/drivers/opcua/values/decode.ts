import { DeviceError, ErrorCode } from '../../../base/errors';
import { show } from '../../../base/show';
import { coerce, isFloatType, valueToText, type ValueType } from '../../../base/values/index';
import {
  type LocalizedTextLike,
  naturalVariant,
  type QualifiedNameLike,
  SCALAR,
  type StatusLike,
  toNatural,
  type VariantValue,
} from './natural';
import { builtInName, type BuiltInName, valueTypeOf } from './types';

/**
 * What a Variant of the server is for a flow. Without a declared type each built-in type has one natural form:
 *
 * | built-in type | value |
 * |---|---|
 * | integers to 32 bit, Float, Double | number (a Float as the shortest decimal that means it) |
 * | Int64, UInt64 | bigint |
 * | Boolean; String, XmlElement, Guid | boolean; string |
 * | DateTime | Date (to the ms) |
 * | ByteString | Buffer; as `string`: UTF-8 text; as `base64String`, `hexString`, `binaryString`: text in that notation |
 * | LocalizedText | its text; as `object`: `{ text, locale }` |
 * | QualifiedName | `2:name`; as `object`: `{ namespaceIndex, name }` |
 * | StatusCode | its name; as `object`: `{ name, value }`; as an integer: its number |
 * | enumerations | the number; as `string`: the name; as `object`: `{ value, name }` |
 * | NodeId, ExpandedNodeId | `ns=2;s=name` |
 * | structures | plain object |
 * | arrays, matrices | array, nested arrays |
 */

/** Names of an enumeration's values. */
export type Enumeration = ReadonlyMap<number, string>;

export interface DecodeOptions {
  /** What the flow wants; absent: the natural form. */
  readonly type?: ValueType | undefined;
  /** Where the number belongs to an enumeration. */
  readonly enumeration?: Enumeration | undefined;
}

/**
 * A Variant as a value for the flow; undefined where it holds nothing.
 * @throws DeviceError BAD_VALUE when the declared type cannot hold it
 */
export function decodeVariant(variant: VariantValue, { type, enumeration }: DecodeOptions = {}): unknown {
  const natural = naturalVariant(variant);
  if (type === undefined || natural === undefined) return natural;
  const builtIn = builtInName(variant.dataType);
  if (variant.arrayType !== SCALAR) {
    if (type === 'array') return natural;
    if (builtIn === 'Byte' && BYTE_NOTATIONS.has(type)) {
      return declared(type, 'ByteString', Buffer.from(variant.value as Uint8Array));
    }
    throw badValue(`the server holds an array of ${builtIn}; set the type to array or leave it empty`);
  }
  // Some servers have only the one of the two (gopcua 0.8.0).
  if (type === 'array' && builtIn === 'ByteString') return [...(variant.value as Uint8Array)];
  if (type === 'object') return membersOf(builtIn, variant.value, enumeration) ?? declared(type, builtIn, natural);
  if (type === 'string') return toText(builtIn, variant.value, enumeration);
  return declared(type, builtIn, builtIn === 'StatusCode' ? (variant.value as StatusLike).value : natural);
}

const BYTE_NOTATIONS: ReadonlySet<ValueType> = new Set(['hexString', 'binaryString', 'base64String'] as const);

/** The type of what `decodeVariant` answers where the property declares none. */
export function learnedType({ dataType, arrayType }: VariantValue): ValueType | undefined {
  return arrayType === SCALAR ? valueTypeOf(builtInName(dataType)) : 'array';
}

/** Whether the names of an enumeration would change what `decodeVariant` answers. */
export function wantsEnumeration({ dataType, arrayType }: VariantValue, type: ValueType | undefined): boolean {
  return builtInName(dataType) === 'Int32' && arrayType === SCALAR && (type === 'string' || type === 'object');
}

function declared(type: ValueType, builtIn: BuiltInName, natural: unknown): unknown {
  // A flow may not write NaN, but a server may hold it.
  if (isFloatType(type) && typeof natural === 'number') return natural;
  const coerced = coerce(type, natural);
  if (coerced.ok) return coerced.value;
  throw badValue(`the server holds the ${builtIn} ${show(natural)}, which is no ${type}`);
}

function toText(builtIn: BuiltInName, value: unknown, enumeration: Enumeration | undefined): string {
  const name = typeof value === 'number' ? enumeration?.get(value) : undefined;
  if (name !== undefined) return name;
  return builtIn === 'ByteString' ? utf8(value as Uint8Array) : valueToText(toNatural(builtIn, value));
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badValue('the bytes are no UTF-8 text; set the type to base64String or hexString');
  }
}

/** All that a value of more than one part consists of. */
function membersOf(builtIn: BuiltInName, value: unknown, enumeration: Enumeration | undefined): object | undefined {
  if (typeof value === 'number' && enumeration !== undefined) return { value, name: enumeration.get(value) ?? null };
  if (builtIn === 'LocalizedText') {
    const { text, locale } = value as LocalizedTextLike;
    return { text: text ?? '', locale: locale ?? '' };
  }
  if (builtIn === 'QualifiedName') {
    const { namespaceIndex, name } = value as QualifiedNameLike;
    return { namespaceIndex, name: name ?? '' };
  }
  if (builtIn === 'StatusCode') {
    const { name, value: code } = value as StatusLike;
    return { name, value: code };
  }
  return undefined;
}

const badValue = (message: string): DeviceError => new DeviceError(ErrorCode.BAD_VALUE, message);
