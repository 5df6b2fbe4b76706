import type { ValueType } from '../../../base/values/type-names';
import type { Endianness } from '../../../base/values/codec';

/**
 * The names that manuals, PLCs and other programs have for the type of a value. Pure: also runs in the editor.
 *
 * Sources: IEC 61131-3 table 10 (SINT, INT, DINT, WORD, REAL ...), telegraf inputs.modbus (`UINT16`, `FLOAT32-IEEE`, `INT8L`), evcc and mbmd
 * (`uint32s`, `int32nan`, `bool16`), ioBroker.modbus 8 (`floatbe`, `uint32sw`), SMA (`U32`, `STR32`), SunSpec (`enum16`, `bitfield32`, `acc32`).
 */
export interface TypeWord {
  readonly type: ValueType;
  /** How the registers of the value and the bytes in each follow one another, where the word says it. */
  readonly order?: WordOrder;
  /** Registers, where the word says it of a text. */
  readonly quantity?: number;
  /** Values that mean "not there", where the word says that it has some. */
  readonly notAvailable?: readonly string[];
}

/** What is exchanged against big endian: the two bytes of each register, the registers. */
export interface WordOrder {
  readonly bytes: boolean;
  readonly words: boolean;
}

export type TypeResult =
  | { readonly ok: true; readonly value: TypeWord }
  /** The word means two things: a size of 16 or 32 bits, or an order. */
  | { readonly ok: false; readonly ambiguous: 'int' | 'sb' }
  | { readonly ok: false; readonly message: string };

/** The one of `Endianness` that lies so; in a single register there is only the order of its bytes, and in a text no order of words. */
export function endiannessOf({ bytes, words }: WordOrder, type: ValueType, quantity: number | undefined): Endianness {
  if (/string$/i.test(type)) return bytes ? 'BigEndianSwap' : 'BigEndian';
  if (quantity === 1) return bytes ? 'LittleEndian' : 'BigEndian';
  if (words) return bytes ? 'LittleEndian' : 'LittleEndianSwap';
  return bytes ? 'BigEndianSwap' : 'BigEndian';
}

const ORDERS: Readonly<Record<string, WordOrder>> = {
  ABCD: { bytes: false, words: false },
  AB: { bytes: false, words: false },
  BE: { bytes: false, words: false },
  BIG: { bytes: false, words: false },
  BIGENDIAN: { bytes: false, words: false },
  MOTOROLA: { bytes: false, words: false },
  NONE: { bytes: false, words: false },
  MSWFIRST: { bytes: false, words: false },
  HIGHWORDFIRST: { bytes: false, words: false },
  DCBA: { bytes: true, words: true },
  BA: { bytes: true, words: false },
  LE: { bytes: true, words: true },
  LITTLE: { bytes: true, words: true },
  LITTLEENDIAN: { bytes: true, words: true },
  INTEL: { bytes: true, words: true },
  WORDBYTE: { bytes: true, words: true },
  BADC: { bytes: true, words: false },
  BYTE: { bytes: true, words: false },
  BYTESWAP: { bytes: true, words: false },
  BIGENDIANSWAP: { bytes: true, words: false },
  BIGENDIANBYTESWAP: { bytes: true, words: false },
  MIDBIGENDIAN: { bytes: true, words: false },
  CDAB: { bytes: false, words: true },
  SW: { bytes: false, words: true },
  WORD: { bytes: false, words: true },
  WORDSWAP: { bytes: false, words: true },
  LITTLEENDIANSWAP: { bytes: false, words: true },
  BIGENDIANWORDSWAP: { bytes: false, words: true },
  LITTLEENDIANBYTESWAP: { bytes: false, words: true },
  MIDLITTLEENDIAN: { bytes: false, words: true },
  LSWFIRST: { bytes: false, words: true },
  LOWWORDFIRST: { bytes: false, words: true },
};

/** `CDAB`, `word swap`, `LittleEndianSwap`, `GHEFCDAB`; undefined for what is no order. */
export function orderOf(text: string): WordOrder | undefined {
  const word = compact(text).replace(/^(SWAP|SWAPPED)(?=BYTE|WORD)/, '');
  if (word === 'ABCDEFGH') return ORDERS['ABCD'];
  if (word === 'HGFEDCBA') return ORDERS['DCBA'];
  if (word === 'BADCFEHG') return ORDERS['BADC'];
  if (word === 'GHEFCDAB') return ORDERS['CDAB'];
  return Object.hasOwn(ORDERS, word) ? ORDERS[word] : undefined;
}

const compact = (text: string): string => text.toUpperCase().replaceAll(/[\s_\-()[\]/.,:+]/g, '');

const NAMES: Readonly<Record<string, ValueType>> = {
  INT8: 'int8',
  SINT8: 'int8',
  I8: 'int8',
  S8: 'int8',
  SINT: 'int8',
  UINT8: 'uint8',
  U8: 'uint8',
  USINT: 'uint8',
  BYTE: 'uint8',
  INT16: 'int16',
  SINT16: 'int16',
  I16: 'int16',
  S16: 'int16',
  SHORT: 'int16',
  SIGNED16: 'int16',
  SIGNEDINT16: 'int16',
  SSF: 'int16',
  SUNSSF: 'int16',
  UINT16: 'uint16',
  U16: 'uint16',
  WORD: 'uint16',
  USHORT: 'uint16',
  UNSIGNED16: 'uint16',
  UNSIGNEDINT16: 'uint16',
  ENUM16: 'uint16',
  BITFIELD16: 'uint16',
  ACC16: 'uint16',
  COUNT: 'uint16',
  INT32: 'int32',
  SINT32: 'int32',
  I32: 'int32',
  S32: 'int32',
  DINT: 'int32',
  LONG: 'int32',
  SIGNED32: 'int32',
  SIGNEDINT32: 'int32',
  SIGNEDLONG: 'int32',
  UINT32: 'uint32',
  U32: 'uint32',
  UDINT: 'uint32',
  DWORD: 'uint32',
  ULONG: 'uint32',
  UNSIGNED32: 'uint32',
  UNSIGNEDINT32: 'uint32',
  UNSIGNEDLONG: 'uint32',
  ENUM32: 'uint32',
  BITFIELD32: 'uint32',
  ACC32: 'uint32',
  INT64: 'int64',
  SINT64: 'int64',
  I64: 'int64',
  S64: 'int64',
  LINT: 'int64',
  SIGNED64: 'int64',
  UINT64: 'uint64',
  U64: 'uint64',
  ULINT: 'uint64',
  LWORD: 'uint64',
  QWORD: 'uint64',
  UNSIGNED64: 'uint64',
  ACC64: 'uint64',
  BITFIELD64: 'uint64',
  FLOAT: 'float',
  FLOAT32: 'float32',
  F32: 'float32',
  FLOAT32IEEE: 'float32',
  FLOATIEEE: 'float32',
  IEEE754: 'float32',
  REAL: 'float32',
  REAL32: 'float32',
  SINGLE: 'float32',
  DOUBLE: 'double',
  FLOAT64: 'float64',
  F64: 'float64',
  FLOAT64IEEE: 'float64',
  LREAL: 'float64',
  REAL64: 'float64',
  BOOL: 'boolean',
  BOOLEAN: 'boolean',
  BIT: 'boolean',
  BOOL8: 'boolean',
  BOOL16: 'boolean',
  STRING: 'string',
  STR: 'string',
  ASCII: 'string',
  TEXT: 'string',
  UTF8: 'string',
  HEXSTRING: 'hexString',
  HEX: 'hexString',
  RAW: 'hexString',
  RAWHEX: 'hexString',
  BINARYSTRING: 'binaryString',
  BASE64STRING: 'base64String',
};

/** evcc's `...nan`: what its decoders take for "not a number". */
const SENTINELS: Readonly<Record<string, readonly string[]>> = {
  int16: ['0x8000', '0x7fff'],
  uint16: ['0xffff'],
  int32: ['0x80000000', '0x7fffffff'],
  uint32: ['0xffffffff'],
  int64: ['0x8000000000000000', '0x7fffffffffffffff'],
  uint64: ['0xffffffffffffffff'],
};

/** `16 bit unsigned`, `unsigned 16-bit integer`, `32-bit float` and the like. */
function describedType(text: string): ValueType | undefined {
  const words = text.toLowerCase();
  const [, bits] = /\b(8|16|32|64)[\s-]*bits?\b/.exec(words) ?? [];
  if (bits === undefined) return undefined;
  if (/float|real|gleitkomma|ieee/.test(words))
    return bits === '32' ? 'float32' : bits === '64' ? 'float64' : undefined;
  const unsigned = /unsigned|uint|ohne vorzeichen|vorzeichenlos/.test(words);
  const signed = /\bsigned|\bint|mit vorzeichen|vorzeichenbehaftet/.test(words);
  return unsigned || signed ? (`${unsigned ? 'uint' : 'int'}${bits}` as ValueType) : undefined;
}

/** `STRING(8)`, `STR32`: characters, two a register. */
function sizedText(word: string): TypeWord | undefined {
  const [, digits] = /^(?:STRING|STR|ASCII|CHAR|UTF8)(\d{1,3})$/.exec(word) ?? [];
  const characters = Number(digits ?? 0);
  return characters > 0 ? { type: 'string', quantity: Math.ceil(characters / 2) } : undefined;
}

/** The type that a word means; `registers`: as many as the list says the value takes, which settles what INT is. */
export function typeOf(text: string, registers?: number): TypeResult {
  const word = compact(text);
  if (word === 'INT' || word === 'INTEGER' || word === 'UINT' || word === 'SIGNED' || word === 'UNSIGNED') {
    return sizedInteger(text.trim(), word.startsWith('U') ? 'uint' : 'int', registers);
  }
  const named = Object.hasOwn(NAMES, word) ? NAMES[word] : undefined;
  if (named !== undefined) return { ok: true, value: { type: named } };
  const sized = sizedText(word);
  if (sized !== undefined) return { ok: true, value: sized };
  const [, base = '', suffix = ''] = /^(.+?)(BE|LE|SWAPPED|SW|SB|S|NAN|L|H|ABCD|CDAB|BADC|DCBA)$/.exec(word) ?? [];
  const type = Object.hasOwn(NAMES, base) ? NAMES[base] : undefined;
  if (type !== undefined) return suffixed(text, type, suffix);
  const described = describedType(text);
  if (described !== undefined) return { ok: true, value: { type: described } };
  return { ok: false, message: `"${text.trim()}" is no type that is known here, such as UINT16, INT32, FLOAT or BOOL` };
}

/** The short names of our own configuration are `int` and `uint` with two registers. */
function sizedInteger(text: string, type: 'int' | 'uint', registers: number | undefined): TypeResult {
  if (registers === 2) return { ok: true, value: { type: text === type ? type : `${type}32` } };
  if (registers === 1) return { ok: true, value: { type: `${type}16` } };
  if (registers === 4) return { ok: true, value: { type: `${type}64` } };
  return { ok: false, ambiguous: 'int' };
}

function suffixed(text: string, type: ValueType, suffix: string): TypeResult {
  switch (suffix) {
    case 'BE':
    case 'ABCD':
      return { ok: true, value: { type, order: { bytes: false, words: false } } };
    case 'LE':
    case 'DCBA':
      return { ok: true, value: { type, order: { bytes: true, words: true } } };
    case 'BADC':
      return { ok: true, value: { type, order: { bytes: true, words: false } } };
    case 'SB':
      return { ok: false, ambiguous: 'sb' };
    case 'SW':
    case 'S':
    case 'SWAPPED':
    case 'CDAB':
      return { ok: true, value: { type, order: { bytes: false, words: true } } };
    case 'NAN': {
      const notAvailable = SENTINELS[type];
      return { ok: true, value: { type, ...(notAvailable === undefined ? {} : { notAvailable }) } };
    }
    default:
      // L and H: the low or the high byte of a register, which telegraf has for 8-bit types only.
      if (type !== 'int8' && type !== 'uint8')
        return { ok: false, message: `"${text.trim()}" is no type that is known here` };
      return { ok: true, value: { type, order: { bytes: suffix === 'H', words: false } } };
  }
}
