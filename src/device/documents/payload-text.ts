import type { Clock } from '../../base/ports';
import type { DeviceSnapshot, PropertyColumns, PropertyState } from '../snapshot';
import { valueJson } from './property-json';
import { payloadDocument, type PayloadShape } from './status-document';

/**
 * What is published, as JSON text (`payloadDocument`). The names of the properties are written once: a device publishes the
 * same ones for as long as it lives.
 */
export class PayloadWriter {
  private names: readonly string[] = [];
  /** `"name":`, in the places of `names`. */
  private keys: readonly string[] = [];

  /** `time`: the name of a member of `values` that has the time of the message, in ISO 8601 UTC with milliseconds. */
  constructor(private readonly time?: { readonly member: string; readonly clock: Pick<Clock, 'now'> }) {}

  /** The text, or what a kind of device has in the place of the specification's status. */
  write(snapshot: DeviceSnapshot, shape: PayloadShape, octopusStatus?: (snapshot: DeviceSnapshot) => unknown): unknown {
    if (shape === 'values') return this.values(snapshot.columns ?? columnsOf(snapshot.properties));
    if (shape === 'octopus' && octopusStatus !== undefined) return octopusStatus(snapshot);
    return JSON.stringify(payloadDocument(snapshot, shape));
  }

  private values(columns: PropertyColumns): string {
    const { time } = this;
    const { values } = columns;
    const keys = this.keysOf(columns.names);
    let text = time === undefined ? '' : `${keyOf(time.member)}"${new Date(time.clock.now()).toISOString()}"`;
    for (let index = 0; index < keys.length; index += 1) {
      if (values[index] === undefined) continue;
      text += (text === '' ? '' : ',') + (keys[index] ?? '') + valueText(columns, index);
    }
    return `{${text}}`;
  }

  private keysOf(names: readonly string[]): readonly string[] {
    if (names === this.names) return this.keys;
    this.names = names;
    this.keys = names.map(keyOf);
    return this.keys;
  }
}

const keyOf = (name: string): string => `${JSON.stringify(name)}:`;

/** Most values are numbers, whose text is that of JSON; those that JSON has none for are told as `valueJson` has them. */
function valueText({ types, values, raws }: PropertyColumns, index: number): string {
  const value = values[index];
  if ((typeof value === 'number' && Number.isFinite(value)) || typeof value === 'boolean') return String(value);
  return JSON.stringify(valueJson({ type: types[index], value, raw: raws[index] }));
}

const columnsOf = (properties: readonly PropertyState[]): PropertyColumns => ({
  names: properties.map(({ name }) => name),
  types: properties.map(({ type }) => type),
  values: properties.map(({ value }) => value),
  raws: properties.map(({ raw }) => raw),
});
