import type { NodeAPI } from 'node-red';
import { modbusKind } from '../../src/drivers/modbus';
import { registerDeviceNode } from '../../src/node-red/device/device-node';

export = (RED: NodeAPI): void => registerDeviceNode(RED, 'modbus-device', modbusKind);
