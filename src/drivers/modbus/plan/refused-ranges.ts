import type { AddressRange, RegisterKind } from '../pdu/registers';

/** Addresses `from` up to but not including `to`; empty (`from === to`): a place that no request may cross. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * What one unit has taught about its address map: ranges that make a request fail when it covers them whole. The planner
 * keeps clear of them, so that a hole in the map costs extra requests once and not in every cycle.
 */
export class RefusedRanges {
  private readonly ranges = new Map<RegisterKind, readonly Range[]>();
  private changes = 0;

  /** Another number whenever something was learned or forgotten: a plan holds as long as this is the same. */
  get version(): number {
    return this.changes;
  }

  /** Would a request for `start` up to `end` (exclusive) cover something refused? */
  isWithin(register: RegisterKind, start: number, end: number): boolean {
    return (this.ranges.get(register) ?? []).some(({ from, to }) =>
      from === to ? start < from && to < end : start <= from && to <= end,
    );
  }

  /** A block of one property was refused: from now on it is read alone, so that it spoils no other. */
  addProperty(block: AddressRange): void {
    this.add(block.register, { from: block.offset, to: block.offset + block.quantity });
  }

  /** Both halves of a block were answered, the whole was not: something between them is missing, or the device's limit is lower. */
  addBetween(left: AddressRange, right: AddressRange): void {
    const from = Math.min(left.offset + left.quantity, right.offset);
    this.add(left.register, { from, to: right.offset });
  }

  /** A property that was refused alone is answered again. */
  forgetProperty(block: AddressRange): void {
    const list = this.ranges.get(block.register);
    const end = block.offset + block.quantity;
    const left = list?.filter(({ from, to }) => from !== block.offset || to !== end);
    if (left !== undefined && left.length !== list?.length) this.set(block.register, left);
  }

  private add(register: RegisterKind, range: Range): void {
    const list = this.ranges.get(register) ?? [];
    const known = list.some(({ from, to }) => from === range.from && to === range.to);
    if (!known) this.set(register, [...list, range]);
  }

  private set(register: RegisterKind, list: readonly Range[]): void {
    this.ranges.set(register, list);
    this.changes += 1;
  }
}
