import type { NodeAPI } from 'node-red';
import { integersAs, type Int64Form } from '../../base/values/int64-form';
import type { DeviceSnapshot } from '../../device/snapshot';
import { statusDocument } from '../../device/documents/status-document';
import type { DeviceTopic } from '../../mqtt/extension/device-topic';

/** The members of every outgoing message of a device node that tells property values (docs/contract.md#messages-of-a-device-node). */
export interface OutputMembers {
  /** `{name: value}` in true types: bytes are a Buffer, 64-bit integers as `output.int64` has them. */
  readonly payload: unknown;
  /** The device's MQTT topic, else `<namespace>/<name>`. */
  readonly topic: string;
  readonly device: Readonly<Record<string, string>>;
  /** The status document; `extension.mqtt` is the observed status of the MQTT extension. */
  readonly status: unknown;
  /** The properties of the payload that changed since this node's last message that held them. */
  readonly changed: readonly string[];
}

/**
 * Builds the members from what is known of a device. Everything is a copy: the first wire of a node gets its message
 * uncloned, and a flow that changes it must not change what the device remembers.
 */
export function outputMembers(
  { util, int64 }: { readonly util: Pick<NodeAPI['util'], 'cloneMessage'>; readonly int64: Int64Form },
  snapshot: DeviceSnapshot,
  payload: Readonly<Record<string, unknown>>,
  changed: readonly string[],
  deviceTopic?: DeviceTopic,
): OutputMembers {
  const own = (value: unknown): unknown => copyOf(util, integersAs(int64, value));
  return {
    payload: Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, own(value)])),
    ...senderMembers(snapshot, deviceTopic),
    status: {
      ...statusDocument(snapshot, int64),
      ...(deviceTopic === undefined ? {} : { extension: { mqtt: copyOf(util, deviceTopic.status()) } }),
    },
    changed,
  };
}

/** Most values are no objects; to clone the whole message for the few that are took more time than all the rest of a sync. */
function copyOf(util: Pick<NodeAPI['util'], 'cloneMessage'>, value: unknown): unknown {
  return typeof value === 'object' && value !== null ? util.cloneMessage({ payload: value }).payload : value;
}

/** Who a message comes from. */
export function senderMembers(
  snapshot: DeviceSnapshot,
  deviceTopic?: DeviceTopic,
): Pick<OutputMembers, 'topic' | 'device'> {
  const { device, state } = snapshot;
  return { topic: deviceTopic?.topic ?? `${device.namespace}/${device.name}`, device: { ...device, state } };
}

/** Names that changed and were not yet told in a message. */
export class UntoldChanges {
  private readonly names = new Set<string>();

  add(names: readonly string[]): void {
    for (const name of names) this.names.add(name);
  }

  get isEmpty(): boolean {
    return this.names.size === 0;
  }

  /** The untold ones among these names, which are told from now on. */
  take(names: readonly string[]): string[] {
    return names.filter((name) => this.names.delete(name));
  }
}
