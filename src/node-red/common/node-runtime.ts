import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { DeviceKind } from '../../device/kind';

/** What a node type consists of beyond its registration: loaded with the first node of the type, not at the start of Node-RED. */
export interface NodeRuntime {
  /** Gives a new node, which Node-RED has made, its working parts. */
  readonly run: (RED: NodeAPI, node: Node, definition: NodeDef) => void;
  /** Of a device. */
  readonly kind?: DeviceKind;
}
