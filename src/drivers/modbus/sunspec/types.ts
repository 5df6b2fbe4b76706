import type { ValueType } from '../../../base/values/type-names';

/** Of the SunSpec Device Information Model Specification. */
export type SunSpecType =
  | 'int16'
  | 'uint16'
  | 'acc16'
  | 'enum16'
  | 'bitfield16'
  | 'count'
  | 'sunssf'
  | 'pad'
  | 'int32'
  | 'uint32'
  | 'acc32'
  | 'enum32'
  | 'bitfield32'
  | 'float32'
  | 'ipaddr'
  | 'int64'
  | 'uint64'
  | 'acc64'
  | 'bitfield64'
  | 'float64'
  | 'eui48'
  | 'ipv6addr'
  | 'string';

/** Registers of each type; of texts and pads the model says it. */
export const SIZES: Readonly<Record<SunSpecType, number>> = {
  int16: 1,
  uint16: 1,
  acc16: 1,
  enum16: 1,
  bitfield16: 1,
  count: 1,
  sunssf: 1,
  pad: 1,
  int32: 2,
  uint32: 2,
  acc32: 2,
  enum32: 2,
  bitfield32: 2,
  float32: 2,
  ipaddr: 2,
  int64: 4,
  uint64: 4,
  acc64: 4,
  bitfield64: 4,
  float64: 4,
  eui48: 4,
  ipv6addr: 8,
  string: 1,
};

/** Types of properties. */
export const VALUE_TYPES: Readonly<Record<SunSpecType, ValueType>> = {
  int16: 'int16',
  uint16: 'uint16',
  acc16: 'uint16',
  enum16: 'uint16',
  bitfield16: 'uint16',
  count: 'uint16',
  sunssf: 'int16',
  pad: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  acc32: 'uint32',
  enum32: 'uint32',
  bitfield32: 'uint32',
  float32: 'float32',
  ipaddr: 'hexString',
  int64: 'int64',
  uint64: 'uint64',
  acc64: 'uint64',
  bitfield64: 'uint64',
  float64: 'float64',
  eui48: 'hexString',
  ipv6addr: 'hexString',
  string: 'string',
};

/**
 * Raw values that mean "not implemented", as hexadecimal text. Accumulators have 0 for it, which is also what a new meter has counted: they are taken as
 * values. A float that is not a number is bad by itself.
 */
export const NOT_IMPLEMENTED: Readonly<Partial<Record<SunSpecType, string>>> = {
  int16: '0x8000',
  sunssf: '0x8000',
  uint16: '0xffff',
  enum16: '0xffff',
  bitfield16: '0xffff',
  count: '0xffff',
  int32: '0x80000000',
  uint32: '0xffffffff',
  enum32: '0xffffffff',
  bitfield32: '0xffffffff',
  int64: '0x8000000000000000',
  uint64: '0xffffffffffffffff',
  bitfield64: '0xffffffffffffffff',
};

/** Whether these registers say that the device does not have the point. */
export function isNotImplemented(type: SunSpecType, registers: readonly number[]): boolean {
  const [first = 0] = registers;
  const all = (word: number): boolean => registers.every((register) => register === word);
  switch (type) {
    case 'pad':
    case 'acc16':
    case 'acc32':
    case 'acc64':
      return false;
    case 'int16':
    case 'sunssf':
    case 'int32':
    case 'int64':
      return first === 0x8000 && registers.slice(1).every((register) => register === 0);
    case 'uint16':
    case 'enum16':
    case 'bitfield16':
    case 'count':
    case 'uint32':
    case 'enum32':
    case 'uint64':
      return all(0xffff);
    case 'bitfield32':
    case 'bitfield64':
      // With the top bit set the others mean nothing.
      return first >= 0x8000;
    case 'float32':
      return (first & 0x7f80) === 0x7f80 && ((first & 0x7f) !== 0 || (registers[1] ?? 0) !== 0);
    case 'float64':
      return (
        (first & 0x7ff0) === 0x7ff0 && ((first & 0xf) !== 0 || registers.slice(1).some((register) => register !== 0))
      );
    case 'string':
      return first >> 8 === 0;
    case 'ipaddr':
    case 'ipv6addr':
      return all(0);
    case 'eui48':
      return all(0) || registers.slice(1).every((register) => register === 0xffff);
  }
}

/** Units have many spellings in the models; a percentage of something stays as it is. */
const UNITS: Readonly<Record<string, string>> = {
  Pct: '%',
  C: '°C',
  Var: 'var',
  VAr: 'var',
  Varh: 'varh',
  VArh: 'varh',
  WH: 'Wh',
  AH: 'Ah',
  Secs: 's',
  Sec: 's',
  Tms: 's',
  Degrees: '°',
  deg: '°',
  'W/m2': 'W/m²',
  'W/m^2': 'W/m²',
  cos: '',
  PF: '',
  Mins: 'min',
};

/** The unit as others spell it; '' where there is none. */
export const unitOf = (unit = ''): string => (Object.hasOwn(UNITS, unit) ? (UNITS[unit] ?? '') : unit);
