import { DeviceError, ErrorCode } from '../../base/errors';
import { loadPackage } from '../../base/optional-package';
import { integerFromJson } from '../../base/values/index';
import { withWholeStrings } from '../../base/values/cbor-strings';
import type { Codec } from './codec';
import { guarded, MAX_DEPTH, toPlain } from './plain-content';

/** Every item takes at least one byte; only references make more of them, and those are refused. */
interface Budget {
  items: number;
}

/**
 * CBOR (RFC 8949) as TS-0004 8.4 has it: plain maps with short names, no extensions of the library. Decoding needs the build
 * without `eval`: the other one compiles readers from names that the peer chooses.
 */
export async function loadCborCodec(): Promise<Codec> {
  const { Encoder, Decoder } = await loadPackage('cbor-x', 'CBOR messages', () => import('cbor-x/index-no-eval'));
  const options = { useRecords: false, mapsAsObjects: true, variableMapSize: true, tagUint8Array: false };
  const encoder = new Encoder(options);
  const decoder = new Decoder(options);
  return {
    serialization: 'cbor',
    encode(content) {
      const plain = toPlain(content);
      if (plain === undefined) throw new DeviceError(ErrorCode.BAD_VALUE, 'there is no content to send');
      return encoder.encode(encodable(plain));
    },
    decode(payload) {
      const bytes = cborBytes(payload);
      let value: unknown;
      try {
        value = decoder.decode(withWholeStrings(bytes));
      } catch (cause) {
        throw new DeviceError(ErrorCode.BAD_RESPONSE, `the payload is no CBOR: ${textOf(cause)}`, { cause });
      }
      return guarded(jsonLike(value, { items: bytes.length + 1 }, 0));
    },
  };
}

/**
 * Mobius 2.x sends CBOR as hexadecimal text. That of a map begins with `a` or `b`; bytes which begin so are the CBOR of a text of one or
 * two characters, and end sooner.
 */
function cborBytes(payload: Buffer | string): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const mayBeHex = bytes.length >= 6 && bytes.length % 2 === 0 && /^[ab]$/i.test(String.fromCharCode(bytes[0] ?? 0));
  if (!mayBeHex) return bytes;
  const text = bytes.toString('latin1');
  return /^[0-9a-f]+$/i.test(text) ? Buffer.from(text, 'hex') : bytes;
}

/** Integers of more than 32 bits would be written as floats, and halves of surrogate pairs as broken UTF-8. */
function encodable(value: unknown): unknown {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && Math.abs(value) > 0x7fff_ffff ? BigInt(value) : value;
  }
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value) ? Buffer.from(value).toString() : value;
  if (Array.isArray(value)) return value.map(encodable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [encodable(name), encodable(member)]));
}

function jsonLike(value: unknown, budget: Budget, depth: number): unknown {
  budget.items -= 1;
  if (budget.items < 0) throw unexpected('refers to parts of itself');
  if (depth >= MAX_DEPTH) throw unexpected(`is nested deeper than ${MAX_DEPTH} levels`);
  switch (typeof value) {
    case 'bigint':
      return integer(value);
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : jsonLikeObject(value, budget, depth);
    case 'string':
    case 'boolean':
      return value;
    case 'symbol':
    case 'function':
      throw unexpected('holds something that is no data');
  }
}

function jsonLikeObject(value: object, budget: Budget, depth: number): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value) || value instanceof Set) {
    return Array.from(value as Iterable<unknown>, (item) => jsonLike(item, budget, depth + 1));
  }
  if (value instanceof Map) return jsonLikeMembers([...(value as Map<unknown, unknown>)], budget, depth);
  if (Object.getPrototypeOf(value) !== Object.prototype)
    throw unexpected('holds a kind of data that JSON does not know');
  return jsonLikeMembers(Object.entries(value), budget, depth);
}

function jsonLikeMembers(entries: readonly (readonly [unknown, unknown])[], budget: Budget, depth: number): object {
  const members: Record<string, unknown> = {};
  for (const [key, member] of entries) {
    const name = typeof key === 'string' || typeof key === 'number' ? String(key) : undefined;
    if (name === undefined) throw unexpected('has a member whose name is no text');
    if (name !== '__proto__') members[name] = jsonLike(member, budget, depth + 1);
  }
  return members;
}

/** Longer ones than 64 bits are refused: to write them takes a time that grows with the square of their length. */
function integer(value: bigint): number | string {
  if (BigInt.asIntN(65, value) !== value) throw unexpected('holds an integer of more than 64 bits');
  return integerFromJson(String(value));
}

const unexpected = (problem: string): DeviceError =>
  new DeviceError(ErrorCode.BAD_RESPONSE, `the CBOR payload ${problem}`);

const textOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 100) : 'cannot be decoded');
