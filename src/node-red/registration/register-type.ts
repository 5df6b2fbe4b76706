import type { Node, NodeAPI, NodeDef } from 'node-red';
import { directory } from '../common/directory';
import type { NodeRuntime } from '../common/node-runtime';
import { registerAdmin } from './admin-routes';
import { registerModbusAdmin } from './modbus-routes';
import { registerOnem2mAdmin } from './onem2m-routes';
import { registerOpcUaAdmin } from './opcua-routes';

export interface NodeType {
  /** `modbus-device`; the name of a device ends so. */
  readonly type: string;
  /** By name; those of type `text` are shown in the dialog. */
  readonly credentials?: Readonly<Record<string, { readonly type: 'text' | 'password' }>>;
  /**
   * Answers what the nodes of the type run with; called for each node, and where a dialog asks about a device. Not a promise: a node
   * that others refer to (an extension) must work when those are made.
   */
  readonly load: () => NodeRuntime;
}

/** The endpoints behind the dialog of one type. */
const OWN_ADMIN: Readonly<Record<string, (RED: NodeAPI) => void>> = {
  'modbus-device': registerModbusAdmin,
  'opcua-device': registerOpcUaAdmin,
  'onem2m-ae': registerOnem2mAdmin,
};

/**
 * Registers a node type of this package and the admin endpoints that it needs. Called once for each type, by the file that
 * Node-RED loads for it at its start. What runs is loaded later: this is all that a type costs where no flow has a node of it.
 */
export function registerType(RED: NodeAPI, { type, credentials = {}, load }: NodeType): void {
  if (type.endsWith('-device')) directory.addKind(type, () => load().kind);
  registerAdmin(RED);
  OWN_ADMIN[type]?.(RED);
  RED.nodes.registerType(
    type,
    function (this: Node, definition: NodeDef) {
      RED.nodes.createNode(this, definition);
      load().run(RED, this, definition);
    },
    { credentials: { ...credentials } },
  );
}
