import type { NodeAPI } from 'node-red';
import { dummyKind } from '../../src/drivers/dummy';
import { registerDeviceNode } from '../../src/node-red/device/device-node';

export = (RED: NodeAPI): void => registerDeviceNode(RED, 'dummy-device', dummyKind);
