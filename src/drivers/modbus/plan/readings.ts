import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Reading } from '../../../device/driver';
import type { ModbusProperty } from '../config/property';

/** The readings of one cycle, each in the place of its property among those that were asked for. */
export class Readings {
  private readonly list: (Reading | undefined)[];
  /** Found only where something else than whole blocks of the plan is read. */
  private places: ReadonlyMap<ModbusProperty, number> | undefined;

  constructor(private readonly properties: readonly ModbusProperty[]) {
    this.list = properties.map(() => undefined);
  }

  /** Throws RangeError for a property that was not asked for. */
  placeOf(property: ModbusProperty): number {
    this.places ??= new Map(this.properties.map((one, place) => [one, place]));
    const place = this.places.get(property);
    if (place === undefined) throw new RangeError(`${property.name} was not asked for`);
    return place;
  }

  get(property: ModbusProperty): Reading | undefined {
    return this.list[this.placeOf(property)];
  }

  set(property: ModbusProperty, reading: Reading): void {
    this.put(this.placeOf(property), reading);
  }

  put(place: number, reading: Reading): void {
    this.list[place] = reading;
  }

  /** All, in order; a property that has none gets a bad one. `now` in ms. */
  complete(now: () => number): Reading[] {
    const { list, properties } = this;
    properties.forEach((property, place) => (list[place] ??= notRead(property, now())));
    return list as Reading[];
  }
}

/**
 * Of a class and not a literal: V8 takes note that the first literals of a place outlive its collections, as they do while
 * Node-RED starts, and has all later ones live until the whole heap is collected.
 */
export class GoodReading implements Reading {
  readonly quality = 'good';

  constructor(
    readonly name: string,
    readonly value: unknown,
    readonly updatedAt: number,
  ) {}
}

export const badReading = ({ name }: ModbusProperty, error: DeviceError, updatedAt: number): Reading => ({
  name,
  value: undefined,
  quality: 'bad',
  error,
  updatedAt,
});

const notRead = (property: ModbusProperty, updatedAt: number): Reading =>
  badReading(property, new DeviceError(ErrorCode.BAD_RESPONSE, `${property.name}: not read`), updatedAt);
