import type { DeviceKind } from '../../device/kind';
import { ACTIONS } from './actions';
import { parseOpcUaConfig, type OpcUaConfig } from './config/config';
import { OPCUA_MIGRATIONS } from './config/migrations';
import { OpcUaDriver } from './driver';
import { parseOpcUaProperty, type OpcUaProperty } from './config/property';
import { pkiDirectoryIn } from './security/pki-directory';

/** The `opcua-device` node's kind of device. */
export const opcuaKind: DeviceKind<OpcUaProperty, OpcUaConfig> = {
  protocol: 'opcua',
  migrations: OPCUA_MIGRATIONS,
  actions: ACTIONS,
  parse: parseOpcUaConfig,
  parseProperty: (raw, field) => parseOpcUaProperty(raw, field),
  destination: ({ session }) => [session.endpoint, session.securityPolicy, session.securityMode],
  createDriver: (config, surroundings) =>
    new OpcUaDriver(config, pkiDirectoryIn(surroundings.userDirectory), surroundings),
};
