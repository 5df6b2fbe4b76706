import { scaled } from '../../../base/lists/decimals';
import { SPECIAL_VALUES } from '../lists/special-values';
import type { Chain, ChainModel } from './chain';
import { layOut, type PlacedPoint } from './layout';
import { modelOf } from './models';
import { isNotImplemented, NOT_IMPLEMENTED, unitOf, VALUE_TYPES } from './types';

/** A model as a device has it, and what of it becomes properties. */
export interface FoundModel {
  readonly id: number;
  /** `inverter`; `model-64001` for one that is not known here. */
  readonly name: string;
  readonly known: boolean;
  /** Zero-based holding register of its id, and how many registers follow id and length. */
  readonly offset: number;
  readonly length: number;
  /** As they would be in a flow. */
  readonly properties: readonly Record<string, unknown>[];
  /** Points that the model defines and the device does not have. */
  readonly notImplemented: readonly string[];
  /** Points whose scale factor the device does not have: their registers mean nothing. */
  readonly withoutScale: readonly string[];
}

/** The models of a chain with their properties, whose names are unique in the device. */
export function describeChain({ models }: Chain): FoundModel[] {
  const names = new Map<string, number>();
  return models.map((found) => {
    const model = modelOf(found.id);
    const plain = model?.name ?? `model-${found.id}`;
    const times = (names.get(plain) ?? 0) + 1;
    names.set(plain, times);
    const name = times === 1 ? plain : `${plain}-${times}`;
    const { id, offset, registers } = found;
    const facts = { id, name, known: model !== undefined, offset, length: registers.length };
    return model === undefined
      ? { ...facts, properties: rawProperties(name, found), notImplemented: [], withoutScale: [] }
      : { ...facts, ...propertiesOf(name, found, layOut(model.root, registers)) };
  });
}

/** Behind id and length. */
const HEADER = 2;
/** Registers of one property of an unknown model. */
const MOST_RAW = 100;

/** The registers as they are, since nobody says what they mean. */
function rawProperties(name: string, { offset, registers }: ChainModel): Record<string, unknown>[] {
  const count = Math.ceil(registers.length / MOST_RAW);
  return Array.from({ length: count }, (_, part) => {
    const begin = part * MOST_RAW;
    return {
      name: count === 1 ? name : `${name}.${part + 1}`,
      type: 'hexString',
      accessMode: 'ReadOnly',
      visitor: {
        register: 'HoldingRegister',
        offset: offset + HEADER + begin,
        quantity: Math.min(MOST_RAW, registers.length - begin),
        endianness: 'BigEndian',
      },
    };
  });
}

type Described = Pick<FoundModel, 'properties' | 'notImplemented' | 'withoutScale'>;

function propertiesOf(name: string, { offset, registers }: ChainModel, points: readonly PlacedPoint[]): Described {
  const properties: Record<string, unknown>[] = [];
  const notImplemented: string[] = [];
  const withoutScale: string[] = [];
  for (const placed of points) {
    const { point, at, path } = placed;
    // A scale factor is a part of other values, and a pad is nothing.
    if (point.type === 'pad' || point.type === 'sunssf') continue;
    const power = powerOf(placed, registers);
    if (isNotImplemented(point.type, registers.slice(at, at + point.size))) notImplemented.push(path);
    else if (power === undefined) withoutScale.push(path);
    else properties.push(propertyOf(`${name}.${path}`, placed, offset + HEADER, power));
  }
  return { properties, notImplemented, withoutScale };
}

/** 0 without a scale factor; undefined where the device does not have it, or has one that is none (-10 to 10). */
function powerOf({ scale }: PlacedPoint, registers: readonly number[]): number | undefined {
  if (scale === undefined) return 0;
  const power = 'power' in scale ? scale.power : ((registers[scale.at] ?? 0x8000) << 16) >> 16;
  return Math.abs(power) <= 10 ? power : undefined;
}

function propertyOf(name: string, placed: PlacedPoint, begin: number, power: number): Record<string, unknown> {
  const { point, at, scale } = placed;
  const unit = unitOf(point.unit);
  const sentinel = NOT_IMPLEMENTED[point.type];
  const scaleRegister = scale !== undefined && 'at' in scale ? { offset: begin + scale.at } : undefined;
  const special = SPECIAL_VALUES && {
    ...(sentinel === undefined ? {} : { notAvailable: [sentinel] }),
    ...(point.symbols === undefined ? {} : { map: point.symbols }),
    ...(scaleRegister === undefined ? {} : { scaleRegister }),
  };
  // Devices may change a scale factor; until it is read along with the value, it is what it was when the device was asked.
  const operations = SPECIAL_VALUES && scaleRegister !== undefined ? [] : scaled(power);
  return {
    name,
    type: VALUE_TYPES[point.type],
    accessMode: point.writable ? 'ReadWrite' : 'ReadOnly',
    visitor: {
      register: 'HoldingRegister',
      offset: begin + at,
      quantity: point.size,
      endianness: 'BigEndian',
      ...special,
    },
    ...(unit === '' ? {} : { unit }),
    ...(operations.length === 0 ? {} : { orderOfOperations: operations }),
  };
}
