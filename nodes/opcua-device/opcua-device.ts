import type { NodeAPI } from 'node-red';
import { opcuaKind } from '../../src/drivers/opcua';
import { pkiDirectoryIn } from '../../src/drivers/opcua/security/pki-directory';
import { userDirectoryOf } from '../../src/node-red/common/user-directory';
import { registerDeviceNode } from '../../src/node-red/device/device-node';
import { registerOpcUaAdmin } from '../../src/node-red/opcua/admin';

const CREDENTIALS = {
  username: { type: 'text' },
  password: { type: 'password' },
  certFilePEM: { type: 'password' },
  keyFilePEM: { type: 'password' },
} as const;

export = (RED: NodeAPI): void => {
  registerDeviceNode(RED, 'opcua-device', opcuaKind, CREDENTIALS);
  registerOpcUaAdmin(RED, pkiDirectoryIn(userDirectoryOf(RED)));
};
