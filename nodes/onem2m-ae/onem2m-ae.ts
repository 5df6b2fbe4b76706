import type { NodeAPI } from 'node-red';
import { registerOnem2mAeNode } from '../../src/node-red/onem2m/ae-node';

export = (RED: NodeAPI): void => registerOnem2mAeNode(RED);
