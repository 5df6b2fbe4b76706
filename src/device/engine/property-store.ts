import { valueChanged } from './changes';
import { Column } from './column';
import type { Quality, Reading } from '../driver';
import type { DeviceError } from '../../base/errors';
import { isReadable, type Property } from '../property';
import type { ErrorInfo } from '../../base/errors';
import type { PropertyColumns, PropertyState } from '../snapshot';
import type { ValueType } from '../../base/values/index';

/** A property that could not be read lately. */
export interface BadProperty {
  readonly name: string;
  readonly error?: ErrorInfo | undefined;
}

/** The states of all properties at one moment; objects are made of them when they are first looked at. */
export interface KnownStates extends PropertyColumns {
  readonly list: readonly PropertyState[];
}

const NONE: readonly BadProperty[] = [];
/** Times are kept as numbers and nothing else, which take half the memory. */
const NO_TIME = NaN;

/**
 * The last known state of each property of a device, in the order of the configuration. It is kept by columns and changed in
 * place: an object a property and sync was most of a device's garbage, and what of it outlived a collection cost more than all
 * the rest of a sync.
 */
export class PropertyStore {
  private readonly names: readonly string[];
  private readonly indexes: ReadonlyMap<string, number>;
  private readonly columns: Columns;
  /** What was last reported as changed: what a deadband is measured from. */
  private readonly reportedValues: unknown[];
  private readonly reportedQualities: (Quality | undefined)[];
  private known: KnownStates | undefined;
  private badCount = 0;

  constructor(private readonly properties: readonly Property[]) {
    const none = <T>(): Column<T | undefined> => new Column<T | undefined>(properties.map(() => undefined));
    const noTime = (): Column<number> => new Column(properties.map(() => NO_TIME));
    this.names = properties.map(({ name }) => name);
    this.indexes = new Map(this.names.map((name, index) => [name, index]));
    this.columns = {
      type: new Column(properties.map(({ type }) => type)),
      value: none(),
      raw: none(),
      quality: none(),
      error: none(),
      updatedAt: noTime(),
      sourceTimestamp: noTime(),
      serverTimestamp: noTime(),
    };
    this.reportedValues = properties.map(() => undefined);
    this.reportedQualities = properties.map(() => undefined);
  }

  /** As they are now; what is answered stays as it is. */
  get states(): KnownStates {
    return (this.known ??= new GivenStates(this.names, this.properties, this.columns));
  }

  stateOf(name: string): PropertyState | undefined {
    return this.states.list[this.indexes.get(name) ?? -1];
  }

  get bad(): readonly BadProperty[] {
    if (this.badCount === 0) return NONE;
    const { quality, error } = this.columns;
    return this.names.flatMap((name, index) => (quality.at(index) === 'bad' ? [{ name, error: error.at(index) }] : []));
  }

  get hasBad(): boolean {
    return this.badCount > 0;
  }

  /**
   * Takes readings over, most often of all properties in their order. A bad one keeps the last good value and its times, with
   * quality `bad` and the error, unless its value is null. Readings of unknown properties are ignored. Answers the names of
   * those that changed.
   */
  merge(readings: readonly Reading[]): string[] {
    this.known = undefined;
    const changed: string[] = [];
    let expected = 0;
    for (const reading of readings) {
      const { name } = reading;
      const index = this.names[expected] === name ? expected : this.indexes.get(name);
      if (index === undefined) continue;
      expected = index + 1;
      this.take(index, reading);
      if (this.isChanged(index)) changed.push(name);
    }
    return changed;
  }

  /** The link is gone: no value can be trusted any more, so each becomes bad for this reason. */
  markBad(error: ErrorInfo): void {
    this.known = undefined;
    this.properties.forEach((property, index) => {
      if (!isReadable(property)) return;
      this.setQuality(index, 'bad');
      this.columns.error.set(index, error);
    });
  }

  private take(index: number, reading: Reading): void {
    const { columns } = this;
    const { quality, error, value } = reading;
    if (quality !== 'bad' || value === null) {
      columns.value.set(index, value);
      columns.raw.set(index, reading.raw);
      columns.updatedAt.set(index, reading.updatedAt);
      columns.sourceTimestamp.set(index, reading.sourceTimestamp ?? NO_TIME);
      columns.serverTimestamp.set(index, reading.serverTimestamp ?? NO_TIME);
    }
    this.setQuality(index, quality);
    columns.error.set(index, error === undefined ? undefined : errorInfo(error));
    if (reading.type !== undefined && columns.type.at(index) === undefined) columns.type.set(index, reading.type);
  }

  private setQuality(index: number, quality: Quality): void {
    const column = this.columns.quality;
    const before = column.at(index);
    if (before === quality) return;
    if (before === 'bad') this.badCount -= 1;
    if (quality === 'bad') this.badCount += 1;
    column.set(index, quality);
  }

  /** Whether it differs from what was last reported, and takes note of it if so. */
  private isChanged(index: number): boolean {
    const value = this.columns.value.at(index);
    const quality = this.columns.quality.at(index);
    const isSame =
      quality === this.reportedQualities[index] &&
      !valueChanged(this.reportedValues[index], value, this.properties[index]?.deadband);
    if (isSame) return false;
    this.reportedValues[index] = value;
    this.reportedQualities[index] = quality;
    return true;
  }
}

/** An error as flows and editors may see it. */
export function errorInfo(error: DeviceError): ErrorInfo {
  const advice = error.advice === undefined ? '' : `; ${error.advice}`;
  return { code: error.code, message: `${error.message}${advice}` };
}

interface Columns {
  readonly type: Column<ValueType | undefined>;
  readonly value: Column<unknown>;
  readonly raw: Column<unknown>;
  readonly quality: Column<Quality | undefined>;
  readonly error: Column<ErrorInfo | undefined>;
  readonly updatedAt: Column<number>;
  readonly sourceTimestamp: Column<number>;
  readonly serverTimestamp: Column<number>;
}

class GivenStates implements KnownStates {
  readonly types: readonly (ValueType | undefined)[];
  readonly values: readonly unknown[];
  readonly raws: readonly unknown[];
  private readonly qualities: readonly (Quality | undefined)[];
  private readonly errors: readonly (ErrorInfo | undefined)[];
  private readonly updatedAt: readonly number[];
  private readonly sourceTimestamps: readonly number[];
  private readonly serverTimestamps: readonly number[];
  private made: readonly PropertyState[] | undefined;

  constructor(
    readonly names: readonly string[],
    private readonly properties: readonly Property[],
    columns: Columns,
  ) {
    this.types = columns.type.giveOut();
    this.values = columns.value.giveOut();
    this.raws = columns.raw.giveOut();
    this.qualities = columns.quality.giveOut();
    this.errors = columns.error.giveOut();
    this.updatedAt = columns.updatedAt.giveOut();
    this.sourceTimestamps = columns.sourceTimestamp.giveOut();
    this.serverTimestamps = columns.serverTimestamp.giveOut();
  }

  get list(): readonly PropertyState[] {
    return (this.made ??= this.make());
  }

  private make(): PropertyState[] {
    return this.properties.map(({ name, unit, accessMode }, index) => ({
      name,
      type: this.types[index],
      unit,
      accessMode,
      value: this.values[index],
      raw: this.raws[index],
      quality: this.qualities[index],
      error: this.errors[index],
      updatedAt: timeOf(this.updatedAt[index]),
      sourceTimestamp: timeOf(this.sourceTimestamps[index]),
      serverTimestamp: timeOf(this.serverTimestamps[index]),
    }));
  }
}

const timeOf = (time: number | undefined): number | undefined =>
  time === undefined || Number.isNaN(time) ? undefined : time;
