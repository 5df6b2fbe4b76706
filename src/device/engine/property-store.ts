import { hasChanged } from './changes';
import type { Reading } from '../driver';
import type { DeviceError } from '../../base/errors';
import { isReadable, type Property } from '../property';
import type { ErrorInfo } from '../../base/errors';
import type { PropertyState } from '../snapshot';

const NONE: readonly PropertyState[] = [];

/** The last known state of each property of a device. States are immutable; a list once handed out stays as it was. */
export class PropertyStore {
  private list: readonly PropertyState[];
  private readonly indexes: ReadonlyMap<string, number>;
  /** The states last reported as changed: what a deadband is measured from. */
  private readonly reported: PropertyState[];
  private badCount = 0;

  constructor(private readonly properties: readonly Property[]) {
    this.list = properties.map(({ name, type, unit, accessMode }) => ({
      name,
      type,
      unit,
      accessMode,
      value: undefined,
      raw: undefined,
      quality: undefined,
      error: undefined,
      updatedAt: undefined,
      sourceTimestamp: undefined,
      serverTimestamp: undefined,
    }));
    this.reported = [...this.list];
    this.indexes = new Map(properties.map(({ name }, index) => [name, index]));
  }

  get states(): readonly PropertyState[] {
    return this.list;
  }

  stateOf(name: string): PropertyState | undefined {
    return this.list[this.indexes.get(name) ?? -1];
  }

  /** The properties that could not be read lately. */
  get bad(): readonly PropertyState[] {
    return this.badCount === 0 ? NONE : this.list.filter((state) => state.quality === 'bad');
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
    const next = [...this.list];
    const changed: string[] = [];
    let expected = 0;
    for (const reading of readings) {
      const index = next[expected]?.name === reading.name ? expected : this.indexes.get(reading.name);
      const before = index === undefined ? undefined : next[index];
      if (index === undefined || before === undefined) continue;
      expected = index + 1;
      const after = stateAfter(before, reading);
      next[index] = after;
      if (before.quality === 'bad') this.badCount -= 1;
      if (after.quality === 'bad') this.badCount += 1;
      const reported = this.reported[index] ?? before;
      if (!hasChanged(reported, after, this.properties[index]?.deadband)) continue;
      this.reported[index] = after;
      changed.push(reading.name);
    }
    this.list = next;
    return changed;
  }

  /** The link is gone: no value can be trusted any more, so each becomes bad for this reason. */
  markBad(error: ErrorInfo): void {
    this.list = this.list.map((state, index) => {
      const property = this.properties[index];
      return property === undefined || !isReadable(property) ? state : { ...state, quality: 'bad', error };
    });
    this.badCount = this.list.filter(({ quality }) => quality === 'bad').length;
  }
}

/** An error as flows and editors may see it. */
export function errorInfo(error: DeviceError): ErrorInfo {
  const advice = error.advice === undefined ? '' : `; ${error.advice}`;
  return { code: error.code, message: `${error.message}${advice}` };
}

function stateAfter(before: PropertyState, reading: Reading): PropertyState {
  const last = reading.quality === 'bad' && reading.value !== null ? before : reading;
  return {
    name: before.name,
    type: before.type ?? reading.type,
    unit: before.unit,
    accessMode: before.accessMode,
    value: last.value,
    raw: last.raw,
    quality: reading.quality,
    error: reading.error === undefined ? undefined : errorInfo(reading.error),
    updatedAt: last.updatedAt,
    sourceTimestamp: last.sourceTimestamp,
    serverTimestamp: last.serverTimestamp,
  };
}
