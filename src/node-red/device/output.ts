import type { NodeAPI } from 'node-red';
import { integersAs, type Int64Form } from '../../base/values/int64-form';
import type { DeviceSnapshot } from '../../device/snapshot';
import { copyOfStatus } from '../../mqtt/extension/observed-status';
import { statusDocument, statusSummary } from '../../device/documents/status-document';
import type { DeviceTopic } from '../../mqtt/extension/device-topic';

/** What `msg.status` holds: all, without the properties and the extension, or nothing at all. */
export const OUTPUT_STATUS = ['full', 'summary', 'none'] as const;

interface OutputOptions {
  readonly util: Pick<NodeAPI['util'], 'cloneMessage'>;
  readonly int64: Int64Form;
  readonly status: (typeof OUTPUT_STATUS)[number];
}

/** The members of every outgoing message of a device node that tells property values (docs/contract.md#messages-of-a-device-node). */
export interface OutputMembers {
  /** `{name: value}` in true types: bytes are a Buffer, 64-bit integers as `output.int64` has them. */
  readonly payload: unknown;
  /** The device's MQTT topic, else `<namespace>/<name>`. */
  readonly topic: string;
  readonly device: Readonly<Record<string, string>>;
  /** The status document, or a part of it; `extension.mqtt` is the observed status of the MQTT extension. */
  readonly status?: object;
  /** The properties of the payload that changed since this node's last message that held them. */
  readonly changed: readonly string[];
}

/**
 * Builds the members from what is known of a device. Everything is a copy: the first wire of a node gets its message
 * uncloned, and a flow that changes it must not change what the device remembers.
 */
export function outputMembers(
  { util, int64, status }: OutputOptions,
  snapshot: DeviceSnapshot,
  payload: Readonly<Record<string, unknown>>,
  changed: readonly string[],
  deviceTopic?: DeviceTopic,
): OutputMembers {
  const own = (value: unknown): unknown => copyOf(util, integersAs(int64, value));
  return {
    payload: Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, own(value)])),
    ...senderMembers(snapshot, deviceTopic),
    ...(status === 'none' ? {} : { status: statusOf(snapshot, { int64, status }, deviceTopic) }),
    changed,
  };
}

function statusOf(
  snapshot: DeviceSnapshot,
  { int64, status }: Pick<OutputOptions, 'int64' | 'status'>,
  deviceTopic: DeviceTopic | undefined,
): object {
  if (status === 'summary') return statusSummary(snapshot);
  const document = statusDocument(snapshot, int64);
  if (deviceTopic === undefined) return document;
  return { ...document, extension: { mqtt: copyOfStatus(deviceTopic.status()) } };
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

  /** `count`: how many names there are. */
  constructor(private readonly count: number) {}

  add(names: readonly string[]): void {
    if (this.names.size === this.count) return; // as where nobody is told anything
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
