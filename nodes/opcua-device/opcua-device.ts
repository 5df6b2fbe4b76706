import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { makeOpcUaKind } from '../../src/drivers/opcua';
import { registerDeviceNode } from '../../src/node-red/device/device-node';
import { registerOpcUaAdmin } from '../../src/node-red/opcua/admin';

const CREDENTIALS = {
  username: { type: 'text' },
  password: { type: 'password' },
  certFilePEM: { type: 'password' },
  keyFilePEM: { type: 'password' },
} as const;

export = (RED: NodeAPI): void => {
  const pkiDirectory = join(RED.settings.userDir ?? '.', 'devicelink', 'opcua', 'pki');
  registerDeviceNode(RED, 'opcua-device', makeOpcUaKind({ pkiDirectory }), CREDENTIALS);
  registerOpcUaAdmin(RED, pkiDirectory);
};
