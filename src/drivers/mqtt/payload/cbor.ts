import { DeviceError, ErrorCode } from '../../../base/errors';
import { loadedOnce, loadPackage } from '../../../base/optional-package';
import { withWholeStrings } from '../../../base/values/cbor-strings';

/** CBOR (RFC 8949) to and from plain values: bytes are Buffers, maps are objects, integers beyond 2^53 - 1 are bigints. */
export interface Cbor {
  /** Throws a DeviceError BAD_VALUE. */
  encode(value: unknown): Buffer;
  /** Throws a DeviceError BAD_RESPONSE. */
  decode(payload: Buffer): unknown;
}

const MAX_DEPTH = 100;

/** Decoding needs the build without `eval`: the other one compiles readers from names that the sender chooses. */
export const loadCbor: () => Promise<Cbor> = loadedOnce(async () => {
  const { Encoder, Decoder } = await loadPackage('cbor-x', 'CBOR payloads', () => import('cbor-x/index-no-eval'));
  const options = {
    useRecords: false,
    mapsAsObjects: true,
    variableMapSize: true,
    tagUint8Array: false,
    useTag259ForMaps: false,
  };
  const encoder = new Encoder(options);
  const decoder = new Decoder(options);
  return {
    encode: (value) => Buffer.from(encoder.encode(encodable(value))),
    decode(payload) {
      try {
        return plain(decoder.decode(withWholeStrings(payload)), { items: payload.length + 1 }, 0);
      } catch (cause) {
        if (cause instanceof DeviceError) throw cause;
        throw new DeviceError(ErrorCode.BAD_RESPONSE, 'the payload is no CBOR', { cause });
      }
    },
  };
});

/** cbor-x writes integers of more than 32 bits as floats. */
function encodable(value: unknown): unknown {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && Math.abs(value) > 0x7fff_ffff ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map(encodable);
  if (value instanceof Map)
    return new Map([...(value as Map<unknown, unknown>)].map(([key, member]) => [key, encodable(member)]));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, encodable(member)]));
}

/** Every item takes a byte at least; only references make more of them. */
function plain(value: unknown, budget: { items: number }, depth: number): unknown {
  budget.items -= 1;
  if (budget.items < 0 || depth > MAX_DEPTH) throw unexpected();
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) return Buffer.from(value);
  const next = depth + 1;
  if (Array.isArray(value) || value instanceof Set) {
    return Array.from(value as Iterable<unknown>, (item) => plain(item, budget, next));
  }
  const entries = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
  const members: (readonly [string, unknown])[] = [];
  for (const [key, member] of entries) {
    if (typeof key !== 'string' && typeof key !== 'number') throw unexpected();
    members.push([String(key), plain(member, budget, next)]);
  }
  // fromEntries defines members: `__proto__` is one like any other.
  return Object.fromEntries(members);
}

const unexpected = (): DeviceError =>
  new DeviceError(ErrorCode.BAD_RESPONSE, 'the CBOR payload holds what JSON does not know, or is nested too deeply');
