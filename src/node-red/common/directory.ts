import type { ErrorInfo } from '../../base/errors';
import type { DeviceIdentity } from '../../base/identity';
import type { DeviceSnapshot } from '../../device/snapshot';
import type { DeviceKind } from '../../device/kind';
import type { DeviceTopic } from '../../mqtt/extension/device-topic';

/** A deployed device node as the admin endpoints see it. */
export interface ListedDevice {
  readonly id: string;
  readonly type: string;
  readonly identity: DeviceIdentity;
  /** Absent while the node is misconfigured. */
  snapshot(): DeviceSnapshot | undefined;
  /** What is wrong with the configuration, if anything. */
  readonly configError?: ErrorInfo | undefined;
  readonly deviceTopic: DeviceTopic | undefined;
  /** Writes property values as a message would; rejects with all that was refused. */
  write(values: Readonly<Record<string, unknown>>): Promise<void>;
  /** Tries at once to get a lost link back, where one is wished for: what stood in the way may be gone. */
  retry(): void;
}

/**
 * Who is deployed in this Node-RED: nodes enter themselves when made and leave when closed. Subflow instances are here
 * too, which Node-RED's own list of nodes lacks.
 */
export class Directory {
  private readonly listed = new Map<string, ListedDevice>();
  private readonly kindsByType = new Map<string, () => DeviceKind | undefined>();

  devices(): ListedDevice[] {
    return [...this.listed.values()];
  }

  enter(device: ListedDevice): void {
    this.listed.set(device.id, device);
  }

  /** Only the one that entered: after a redeploy a new node may already stand there under the same id. */
  leave(device: ListedDevice): void {
    if (this.listed.get(device.id) === device) this.listed.delete(device.id);
  }

  /** `load`: a kind is loaded when it is asked for. */
  addKind(type: string, load: () => DeviceKind | undefined): void {
    this.kindsByType.set(type, load);
  }

  kind(type: string): DeviceKind | undefined {
    return this.kindsByType.get(type)?.();
  }
}

/** The one of this process: Node-RED loads each node type by itself, and the endpoints speak for all of them. */
export const directory = new Directory();
