import type { NodeAPI } from 'node-red';
import { registerExtensionNode } from '../../src/node-red/mqtt/extension-node';

export = (RED: NodeAPI): void => registerExtensionNode(RED);
