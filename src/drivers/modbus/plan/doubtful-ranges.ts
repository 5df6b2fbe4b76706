import type { DeviceError } from '../../../base/errors';
import type { ModbusProperty } from '../config/property';
import type { AddressRange, RegisterKind } from '../pdu/registers';

/** Addresses `from` up to but not including `to` that a unit did not answer for, or answered with exception 1 or 4. */
export interface Doubt {
  readonly register: RegisterKind;
  readonly from: number;
  readonly to: number;
  /** What came of it. */
  readonly error: DeviceError;
  /** Set where it lies between properties that were answered apart and not in one request: what that request asked for. */
  readonly span?: AddressRange;
  /** The next one, should it fail again; ms. */
  readonly pauseMs: number;
  /** When it may be tried again; ms. */
  readonly until: number;
}

/** There was no time yet to find out what in it is to blame. */
export const isUnsolved = ({ until }: Doubt): boolean => until === 0;

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 300_000;

/**
 * What one unit seems not to have. Silence and exceptions 1 and 4 may be the unit's state and not its address map, so such a
 * range is tried again: after 1 s, and after pauses that double up to five minutes. Until then no request touches it. All
 * times in ms.
 */
export class DoubtfulRanges {
  private doubts: readonly Doubt[] = [];

  get isEmpty(): boolean {
    return this.doubts.length === 0;
  }

  /** The doubt that the property is under. */
  about(property: ModbusProperty): Doubt | undefined {
    return this.doubts.find((doubt) => doubt.span === undefined && meets(doubt, property.visitor));
  }

  /** The doubts that keep the property from being read in one request with others. */
  beside(property: ModbusProperty): readonly Doubt[] {
    return this.doubts.filter(({ span }) => span !== undefined && meets(rangeOf(span), property.visitor));
  }

  /** Would a request for `start` up to `end` (exclusive) meet something that is in doubt? */
  isWithin(register: RegisterKind, start: number, end: number): boolean {
    return this.doubts.some((doubt) => {
      if (doubt.register !== register) return false;
      const { from, to, span } = doubt;
      if (span === undefined) return from < end && start < to;
      return from === to ? start < from && to < end : start <= from && to <= end;
    });
  }

  /** `range` failed with `error`, and nothing in it can be told apart. */
  add(range: AddressRange, error: DeviceError, now: number): void {
    this.put({ ...rangeOf(range), error, ...this.pauseFrom(now, range) });
  }

  /** Both halves of a block were answered, the whole failed with `error`. */
  addBetween(left: AddressRange, right: AddressRange, error: DeviceError, now: number): void {
    const { register } = left;
    const end = Math.max(left.offset + left.quantity, right.offset + right.quantity);
    const span = { register, offset: left.offset, quantity: end - left.offset };
    const offset = Math.min(left.offset + left.quantity, right.offset);
    const between = { register, offset, quantity: right.offset - offset };
    this.put({ ...rangeOf(between), error, span, ...this.pauseFrom(now, between) });
  }

  /** It was tried again and has failed again. */
  confirm(doubt: Doubt, now: number): void {
    this.put({ ...doubt, until: now + doubt.pauseMs, pauseMs: Math.min(MAX_PAUSE_MS, doubt.pauseMs * 2) });
  }

  /** `range` failed with `error`, and there was no time to find out what in it is to blame. */
  addUnsolved(range: AddressRange, error: DeviceError): void {
    this.put({ ...rangeOf(range), error, until: 0, pauseMs: FIRST_PAUSE_MS });
  }

  /** What lies in `range` is told as one error from now on. */
  tellAsOne(range: AddressRange, error: DeviceError): void {
    const { from, to, register } = rangeOf(range);
    this.doubts = this.doubts.map((doubt) => {
      const isInside = doubt.register === register && from <= doubt.from && doubt.to <= to;
      return isInside ? { ...doubt, error } : doubt;
    });
  }

  remove(doubt: Doubt): void {
    this.doubts = this.doubts.filter((one) => one !== doubt);
  }

  /** `block` was answered as a whole: there is no doubt about anything in it any more. */
  clear({ register, offset, quantity }: AddressRange): void {
    if (this.isEmpty) return;
    this.doubts = this.doubts.filter(
      (doubt) => doubt.register !== register || doubt.from < offset || doubt.to > offset + quantity,
    );
  }

  private pauseFrom(now: number, range: AddressRange): Pick<Doubt, 'until' | 'pauseMs'> {
    const pauseMs = this.doubts.find((one) => isSame(one, rangeOf(range)))?.pauseMs ?? FIRST_PAUSE_MS;
    return { until: now + pauseMs, pauseMs: Math.min(MAX_PAUSE_MS, pauseMs * 2) };
  }

  private put(doubt: Doubt): void {
    this.doubts = [...this.doubts.filter((one) => !isSame(one, doubt)), doubt];
  }
}

type Range = Pick<Doubt, 'register' | 'from' | 'to'>;

const rangeOf = ({ register, offset, quantity }: AddressRange): Range => ({
  register,
  from: offset,
  to: offset + quantity,
});

const isSame = (one: Range, other: Range): boolean =>
  one.register === other.register && one.from === other.from && one.to === other.to;

const meets = ({ register, from, to }: Range, range: AddressRange): boolean =>
  register === range.register && from < range.offset + range.quantity && range.offset < to;
