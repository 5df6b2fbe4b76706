import type { ModbusProperty } from '../config/property';
import { REGISTER_KINDS, REGISTERS, type AddressRange, type RegisterKind } from '../pdu/registers';

/** One read request, within the limits of one, and the properties it serves. */
export interface ReadBlock extends AddressRange {
  /** By offset; at least one. */
  readonly properties: readonly ModbusProperty[];
}

export interface PlanRules {
  /** Unused registers that may be read along to save a request; in the bit tables 16 times as many bits. */
  readonly maxGap: number;
  /** Registers and bits that one request may ask for, where that is less than the protocol allows; a longer property goes alone. */
  readonly maxRegisters?: number;
  readonly maxBits?: number;
}

/** What one request must not cover. */
export interface Obstacles {
  /** Would a request for `start` up to `end` (exclusive) cover one? */
  isWithin(register: RegisterKind, start: number, end: number): boolean;
}

export const endOf = ({ visitor }: ModbusProperty): number => visitor.offset + visitor.quantity;

/**
 * Merges properties of one unit into the fewest blocks that keep to the limits of a request, bridge no gap above `maxGap` and
 * cover no range the device refused. Taking properties by offset and closing a block only when the next one does not fit is
 * optimal, because a block that starts later never reaches less far. Every property is in exactly one block.
 */
export function planReads(
  properties: readonly ModbusProperty[],
  { maxGap, maxRegisters = Infinity, maxBits = Infinity }: PlanRules,
  refused?: Obstacles,
): ReadBlock[] {
  const blocks: ReadBlock[] = [];
  for (const register of REGISTER_KINDS) {
    const facts = REGISTERS[register];
    const gap = facts.bits ? maxGap * 16 : maxGap;
    const most = Math.min(facts.maxRead, facts.bits ? maxBits : maxRegisters);
    let open: ModbusProperty[] = [];
    let start = 0;
    let end = 0;
    for (const property of sortByOffset(properties.filter(({ visitor }) => visitor.register === register))) {
      const reach = Math.max(end, endOf(property));
      const fits =
        open.length > 0 &&
        property.visitor.offset - end <= gap &&
        reach - start <= most &&
        (reach === end || refused?.isWithin(register, start, reach) !== true);
      if (!fits) {
        if (open.length > 0) blocks.push(blockOf(open));
        open = [];
        start = property.visitor.offset;
      }
      end = fits ? reach : endOf(property);
      open.push(property);
    }
    if (open.length > 0) blocks.push(blockOf(open));
  }
  return blocks;
}

/** Whether a part of the block can be read without the rest: not where all its properties are the same addresses. */
export const isSplittable = (block: ReadBlock): boolean =>
  block.properties.some(({ visitor }) => visitor.offset !== block.offset || visitor.quantity !== block.quantity);

/**
 * Two halves of a block that is splittable: cut at the widest gap near the middle, where a hole is likeliest, and between two
 * properties that are the same addresses only where there is no other place.
 */
export function splitBlock(block: ReadBlock): [ReadBlock, ReadBlock] {
  const { properties } = block;
  const middle = properties.length / 2;
  const reach = Math.floor(properties.length / 4);
  let cut = Math.ceil(middle);
  let widest = gapBefore(properties, cut);
  for (let index = Math.max(1, Math.ceil(middle) - reach); index <= Math.floor(middle) + reach; index++) {
    if (index >= properties.length) break;
    const gap = gapBefore(properties, index);
    const nearer = gap === widest && Math.abs(index - middle) < Math.abs(cut - middle);
    if (gap > widest || nearer) {
      cut = index;
      widest = gap;
    }
  }
  if (widest < 0) cut = nearestSeam(properties, middle) ?? cut;
  return [blockOf(properties.slice(0, cut)), blockOf(properties.slice(cut))];
}

/** The place nearest to `middle` where no property overlaps the ones before it. */
function nearestSeam(properties: readonly ModbusProperty[], middle: number): number | undefined {
  const seams = [...properties.keys()].filter((index) => index > 0 && gapBefore(properties, index) >= 0);
  return seams.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0];
}

/** Unused addresses between the properties before `index` and the one at it; negative where they overlap. */
function gapBefore(properties: readonly ModbusProperty[], index: number): number {
  const next = properties[index];
  return next === undefined ? 0 : next.visitor.offset - Math.max(...properties.slice(0, index).map(endOf));
}

/** One block of properties in any order: at least one, all in one table, within the limits of a request. */
export const blockFor = (properties: readonly ModbusProperty[]): ReadBlock => blockOf(sortByOffset(properties));

function blockOf(properties: readonly ModbusProperty[]): ReadBlock {
  const register = properties[0]?.visitor.register ?? 'HoldingRegister';
  const offset = Math.min(...properties.map(({ visitor }) => visitor.offset));
  return { register, offset, quantity: Math.max(...properties.map(endOf)) - offset, properties };
}

const sortByOffset = (properties: readonly ModbusProperty[]): ModbusProperty[] =>
  [...properties].sort((a, b) => a.visitor.offset - b.visitor.offset || endOf(a) - endOf(b));
