import type { Node, NodeAPI } from 'node-red';
import type { ConnectionUser } from '../../base/broker-connection';
import type { ExtensionConnection } from '../../mqtt/client/extension-connection';
import type { MqttExtension } from '../../mqtt/extension/extension';
import type { DeviceTopic, MqttUser } from '../../mqtt/extension/device-topic';

/** What an `mqtt-extension` config node offers to device nodes. */
export interface ExtensionNode extends Node {
  /** Node-RED tells the errors and states of a config node to the Catch and Status nodes of these. */
  readonly users: Record<string, Node>;
  /** The `publish` block of the config node: defaults for its devices. */
  readonly publishDefaults: Readonly<Record<string, unknown>>;
  /** While the files it names are being read; nothing else can be asked before. Never rejects. */
  readonly ready: Promise<void> | undefined;
  /** False: it has said what is wrong with it, and `attach` throws. */
  readonly isConfigured: boolean;
  /** Enters a node as user. Call `leave` when the node closes. */
  join(node: Node): void;
  leave(node: Node): void;
  /** A device's end of the connection; throws a DeviceError (CONFIG) that names the field where it cannot be. */
  attach(user: MqttUser): DeviceTopic;
  /** A share in the connection for a node that chooses topics itself; throws as `attach` does. */
  openConnection(user: ConnectionUser): ExtensionConnection;
  /** The observed status (docs/contract.md#observed-status); never a secret. */
  observedStatus(): object;
  /** The topics that went through its connections, by broker. */
  seenTopics(): ReturnType<MqttExtension['seenTopics']>;
}

export const EXTENSION_TYPE = 'mqtt-extension';

export function isExtensionNode(node: unknown): node is ExtensionNode {
  return (
    typeof node === 'object' && node !== null && 'type' in node && node.type === EXTENSION_TYPE && 'attach' in node
  );
}

/** Why there is no running extension of this id, in words. */
export function whyMissing(RED: NodeAPI, id: unknown): string {
  let definition: Readonly<Record<string, unknown>> | undefined;
  RED.nodes.eachNode((node) => {
    if (node.id === id && node.type === EXTENSION_TYPE) definition = { ...node };
  });
  if (definition === undefined || definition['d'] === true) return 'this MQTT extension does not exist or is disabled';
  // Node-RED takes any member that is the id of a config node for a reference, and waits for that one first.
  const reference = Object.entries(definition).find(([name, value]) => name !== 'id' && value === id);
  const why =
    reference === undefined
      ? 'the log of Node-RED says why'
      : `its ${reference[0]} is the same as its id, which counts as a circular dependency: give it another one`;
  return `Node-RED has not started this MQTT extension; ${why}`;
}
