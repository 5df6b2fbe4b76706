import type { Clock } from '../../base/ports';
import type { DeviceSnapshot, PropertyState } from '../snapshot';
import { valueJson } from './property-json';
import { payloadDocument, type PayloadShape } from './status-document';

/**
 * What is published, as JSON text (`payloadDocument`). The names of the properties are written once: a device publishes the
 * same ones for as long as it lives.
 */
export class PayloadWriter {
  private readonly keys = new Map<string, string>();

  /** `time`: the name of a member of `values` that has the time of the message, in ISO 8601 UTC with milliseconds. */
  constructor(private readonly time?: { readonly member: string; readonly clock: Pick<Clock, 'now'> }) {}

  /** The text, or what a kind of device has in the place of the specification's status. */
  write(snapshot: DeviceSnapshot, shape: PayloadShape, octopusStatus?: (snapshot: DeviceSnapshot) => unknown): unknown {
    if (shape === 'values') return this.values(snapshot.properties);
    if (shape === 'octopus' && octopusStatus !== undefined) return octopusStatus(snapshot);
    return JSON.stringify(payloadDocument(snapshot, shape));
  }

  private values(properties: readonly PropertyState[]): string {
    const { time } = this;
    let text = time === undefined ? '{' : `{${this.keyOf(time.member)}"${new Date(time.clock.now()).toISOString()}"`;
    for (const property of properties) {
      if (property.value === undefined) continue;
      if (text.length > 1) text += ',';
      text += this.keyOf(property.name) + memberText(property);
    }
    return `${text}}`;
  }

  private keyOf(name: string): string {
    const known = this.keys.get(name);
    if (known !== undefined) return known;
    const key = `${JSON.stringify(name)}:`;
    this.keys.set(name, key);
    return key;
  }
}

/** Most values are numbers, whose text is that of JSON; those that JSON has none for are told as `valueJson` has them. */
function memberText(property: PropertyState): string {
  const { value } = property;
  if ((typeof value === 'number' && Number.isFinite(value)) || typeof value === 'boolean') return String(value);
  return JSON.stringify(valueJson(property));
}
